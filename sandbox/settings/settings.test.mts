import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { startSandbox, type Sandbox } from '../server.mts';
import { call, CONTROL, ENGAGEMENT, FORM, type Reply } from '../testing/api.mts';
import { startReceiver, type Receiver } from '../testing/receiver.mts';
import { SETTINGS_PATH } from './paths.mts';

let sandbox: Sandbox;
let receiver: Receiver;

beforeAll(async () => {
	sandbox = await startSandbox();
	receiver = await startReceiver();
});
afterAll(async () => {
	await sandbox.close();
	await receiver.close();
});
beforeEach(async () => {
	for (const { id } of await sandbox.admin.listWebhooks()) await sandbox.admin.removeWebhook(id);
});

const SIGNATURE = { signedContent: 'body', header: 'X-Sig', encoding: 'base64', prefix: '' };

/** A request as a browser makes it from the page itself. */
async function browse(path: string, form?: Record<string, string>, changes = {}): Promise<Reply> {
	return await call({ origin: sandbox.adminUrl }, path, {
		method: form ? 'POST' : 'GET',
		headers: {
			...(form && {
				'content-type': FORM,
				origin: sandbox.adminUrl,
				'sec-fetch-site': 'same-origin',
			}),
			...changes,
		},
		body: form && new URLSearchParams(form).toString(),
	});
}

const secretIn = ({ text }: Reply) =>
	/<output[^>]*>([^<]+)<\/output>/.exec(text)?.[1]?.replace('&#61;', '=');

async function addWebhook(
	form: Record<string, string> = {},
): Promise<{ path: string; shown: Reply }> {
	const { status, headers } = await browse(SETTINGS_PATH, {
		url: receiver.url,
		events: 'finding.raised',
		...SIGNATURE,
		...form,
	});
	expect(status).toBe(303);
	const shown = await browse(headers.location!);
	return { path: headers.location!.replace(/\?.*/, ''), shown };
}

test('a webhook is added, its secret shown once, and everything chosen is kept', async () => {
	const { path, shown } = await addWebhook();
	expect(secretIn(shown)).toMatch(/^whsec_[\w+/]{43}=$/);
	expect((await sandbox.admin.listWebhooks())[0]).toMatchObject({
		url: receiver.url,
		events: ['finding.raised'],
		signature: SIGNATURE,
		enabled: true,
	});
	const again = await browse(path);
	expect(again.status).toBe(200);
	expect(secretIn(again)).toBeUndefined();
	expect(again.text).not.toContain('whsec_');
	expect((await browse(SETTINGS_PATH)).text).toContain(receiver.url);
});

test('the page that showed the secret does not show it when reloaded', async () => {
	const { headers } = await browse(SETTINGS_PATH, {
		url: receiver.url,
		events: '*',
		...SIGNATURE,
	});
	expect(secretIn(await browse(headers.location!))).toBeDefined();
	expect(secretIn(await browse(headers.location!))).toBeUndefined();
});

describe('a form that cannot be saved', () => {
	test.each([
		[
			'a URL on a public host without TLS',
			{ url: 'http://n8n.example.com/' },
			'must start with https',
		],
		['no URL', { url: '' }, 'The URL must be a whole one'],
		['an unknown event', { events: 'finding.closed' }, 'can&#39;t be chosen'],
		['a header that is none', { header: 'X Sig' }, 'must be the name of a header'],
		['an unknown encoding', { encoding: 'base32' }, 'can&#39;t be chosen'],
		['an unknown field', { retries: '5' }, 'There is no field retries'],
	])('%s: says so, and keeps what was entered', async (_what, changes, complaint) => {
		const form = { url: receiver.url, events: 'finding.raised', ...SIGNATURE, ...changes };
		const { status, text } = await browse(SETTINGS_PATH, form);
		expect(status).toBe(400);
		expect(text).toContain(complaint);
		expect(text).toContain(`value="${form.url.replaceAll('=', '&#61;')}"`);
		expect(await sandbox.admin.listWebhooks()).toEqual([]);
	});

	test('no event', async () => {
		const { status, text } = await browse(SETTINGS_PATH, { url: receiver.url, ...SIGNATURE });
		expect(status).toBe(400);
		expect(text).toContain('Choose at least one event');
	});
});

test('a webhook is changed, disabled, enabled and removed', async () => {
	const { path } = await addWebhook();
	const changes = { url: `${receiver.url}/2`, events: '*', ...SIGNATURE, encoding: 'hex' };
	expect((await browse(path, changes)).status).toBe(303);
	expect(await sandbox.admin.listWebhooks()).toMatchObject([
		{ url: `${receiver.url}/2`, events: ['*'], signature: { encoding: 'hex' } },
	]);
	expect((await browse(path, { ...changes, url: 'nonsense' })).status).toBe(400);
	await browse(`${path}/disable`, {});
	expect((await browse(path)).text).toContain('Disabled');
	await browse(`${path}/enable`, {});
	expect((await sandbox.admin.listWebhooks())[0]!.enabled).toBe(true);
	expect((await browse(`${path}/remove`, {})).headers.location).toBe(SETTINGS_PATH);
	expect((await browse(path)).status).toBe(404);
});

test('a secret is rotated and the new one shown once', async () => {
	const { path, shown } = await addWebhook();
	const { headers } = await browse(`${path}/rotate`, { grace: '86400' });
	const rotated = await browse(headers.location!);
	expect(secretIn(rotated)).toMatch(/^whsec_/);
	expect(secretIn(rotated)).not.toBe(secretIn(shown));
	expect(rotated.text).toContain('A rotation is under way');
	await browse(`${path}/end-rotation`, {});
	expect((await browse(path)).text).not.toContain('A rotation is under way');
	expect((await browse(`${path}/rotate`, { grace: '5' })).status).toBe(400);
});

test('a delivery is shown with request, answer and attempts, and can be sent again', async () => {
	const { path } = await addWebhook();
	receiver.answers = [200];
	const sent = await browse(`${path}/test`, { event: 'control.concluded' });
	await sandbox.admin.waitForDeliveries();
	const page = await browse(sent.headers.location!);
	expect(page.text).toContain('control.concluded');
	expect(page.text).toContain('Test event from the webhook settings');
	const { headers } = receiver.received.at(-1)!;
	expect(page.text).toContain(String(headers['x-sig']).replaceAll('=', '&#61;'));
	expect(page.text).toContain('HTTP status 200');
	expect((await browse(path)).text).toContain(sent.headers.location!);

	const before = receiver.received.length;
	await browse(`${sent.headers.location!}/redeliver`, {});
	await expect.poll(() => receiver.received.length).toBe(before + 1);
	await sandbox.admin.waitForDeliveries();
	expect((await browse(sent.headers.location!)).text).toContain('Attempt 2');
});

test('deliveries are shown a page at a time, the newest first', async () => {
	const { path } = await addWebhook();
	for (let count = 0; count < 25; count++) {
		await sandbox.admin.raiseFinding(ENGAGEMENT, CONTROL);
	}
	await sandbox.admin.waitForDeliveries();
	const rows = ({ text }: Reply) => text.match(/\/deliveries\/dlv_/g)?.length;
	const first = await browse(path);
	expect(rows(first)).toBe(20);
	const older = new RegExp(`${path}\\?offset=\\d+`).exec(first.text.replaceAll('&#61;', '='))![0];
	expect(rows(await browse(older))).toBe(5);
});

test('nothing that came from elsewhere becomes HTML', async () => {
	const evil = '<script>alert("x")</script>';
	const { path } = await addWebhook({ url: `${receiver.url}?a="><script>` });
	await sandbox.admin.raiseFinding(ENGAGEMENT, CONTROL, { title: evil });
	await sandbox.admin.waitForDeliveries();
	const [delivery] = await sandbox.admin.listDeliveries();
	const pages = [
		SETTINGS_PATH,
		path,
		`${path}/deliveries/${delivery!.id}`,
		`${SETTINGS_PATH}/${encodeURIComponent(evil)}`,
	];
	for (const page of pages) {
		const { text, headers } = await browse(page);
		expect(text).not.toContain('<script');
		expect(headers['content-type']).toMatch(/^text\/html/);
		expect(headers['content-security-policy']).toContain("default-src 'none'");
		expect(headers['cache-control']).toBe('no-store');
	}
	const form = { url: evil, events: evil, ...SIGNATURE, [evil]: evil };
	expect((await browse(SETTINGS_PATH, form)).text).not.toContain('<script');
});

test.each([
	['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example.com' }],
	['another port of this computer', { 'sec-fetch-site': 'same-site' }],
	[
		'an old browser on another site',
		{ 'sec-fetch-site': undefined, origin: 'https://evil.example.com' },
	],
	['a page without an origin', { 'sec-fetch-site': undefined, origin: 'null' }],
	['nobody knows where', { 'sec-fetch-site': undefined, origin: undefined }],
])('a form from %s is refused', async (_where, headers) => {
	const form = { url: receiver.url, events: '*', ...SIGNATURE };
	const { status } = await browse(SETTINGS_PATH, form, headers);
	expect(status).toBe(403);
	expect(await sandbox.admin.listWebhooks()).toEqual([]);
});

test('a name that another site has made its own for this computer is refused', async () => {
	for (const path of [SETTINGS_PATH, '/stats', '/webhooks']) {
		expect((await browse(path, undefined, { host: 'evil.example.com' })).status).toBe(403);
	}
});
