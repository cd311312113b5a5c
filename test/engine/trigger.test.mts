/** What a delivery gets, line by line, over HTTP and in n8n's webhook context. */
import { randomBytes } from 'node:crypto';
import { request as openRequest } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { deflateSync, gzipSync } from 'node:zlib';
import type { IDataObject } from 'n8n-workflow';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { afterEach, describe, expect, test } from 'vitest';

import {
	ACCEPTED,
	type AuditEvent,
	type Delivery,
	delivery,
	DUPLICATE,
	finding,
	hmac,
	IGNORED,
	refusedWith,
	SECRET,
	secondsFromNow,
	send,
	signed,
} from '../n8n/deliveries.mts';
import { CredentialsHelper } from './harness/credentials.mts';
import { loggedText } from './harness/n8n.mts';
import { WebhookEndpoint } from './harness/webhook.mts';

const MIB = 1024 * 1024;
const OTHER_SECRET = 'another-secret-24-chars';

const open: WebhookEndpoint[] = [];

async function endpoint(
	parameters: IDataObject = {},
	secrets: IDataObject | undefined = { signingSecret: SECRET },
): Promise<WebhookEndpoint> {
	const credentialsHelper = new CredentialsHelper();
	const credentials = await credentialsHelper.save(
		'auditdexWebhookApi',
		secrets as Record<string, string>,
	);
	const opened = await WebhookEndpoint.open({ parameters, credentials, credentialsHelper });
	open.push(opened);
	return opened;
}

/** Whatever a test did, n8n must not have started a run for what was thrown. */
afterEach(async () => {
	for (const opened of open.splice(0)) {
		await opened.close();
		expect(opened.failedRuns).toBe(0);
	}
});

/** Expects one run with the event as it came, and none when it comes again. */
async function expectRun(at: WebhookEndpoint, message: Delivery, event: AuditEvent): Promise<void> {
	const before = at.runs.length;
	expect(await send(at.url, message)).toEqual(ACCEPTED);
	expect(at.runs.slice(before)).toEqual([[event]]);
	expect(await send(at.url, message)).toEqual(DUPLICATE);
	expect(at.runs).toHaveLength(before + 1);
}

async function expectNoRun(at: WebhookEndpoint, message: Delivery, answer: object): Promise<void> {
	const before = at.runs.length;
	expect(await send(at.url, message)).toEqual(answer);
	expect(at.runs).toHaveLength(before);
}

describe('the table', () => {
	test('a signed, subscribed event runs once; again it is a duplicate', async () => {
		const at = await endpoint({ events: ['finding.raised'] });
		const event = { ...finding({}, { nested: [1, null, 'ü'] }), attempt: 1 };
		await expectRun(at, signed(event), event);
	});

	test('an event or filter not subscribed is ignored, each time', async () => {
		const at = await endpoint({
			events: ['finding.raised'],
			options: { engagementIds: 'eng_xyz789', severities: 'significant' },
		});
		for (const event of [
			finding({ event: 'control.concluded' }),
			finding({}, { engagement_id: 'eng_other' }),
			finding({}, { severity: 'minor' }),
		]) {
			await expectNoRun(at, signed(event), IGNORED);
			await expectNoRun(at, signed(event), IGNORED);
		}
		await expectRun(at, signed(finding()), expect.anything() as unknown as AuditEvent);
	});

	test('a signature that is missing, malformed, wrong or of another secret gets 401', async () => {
		const at = await endpoint();
		const body = JSON.stringify(finding());
		for (const message of [
			delivery(body),
			delivery(body, ['X-Auditdex-Signature', '']),
			delivery(body, ['X-Auditdex-Signature', 'sha256=zz']),
			delivery(body, ['X-Auditdex-Signature', hmac(`${body} `)]),
			delivery(body, ['X-Auditdex-Signature', '0'.repeat(5000)]),
			signed(body, OTHER_SECRET),
			signed(body, ''),
		]) {
			await expectNoRun(at, message, refusedWith(401));
		}
	});

	test('an event too old or from the future gets 401', async () => {
		const at = await endpoint();
		for (const seconds of [-259_260, 360]) {
			const event = finding({ timestamp: secondsFromNow(seconds) });
			await expectNoRun(at, signed(event), refusedWith(401));
		}
		for (const seconds of [-259_100, 240]) {
			const event = finding({ timestamp: secondsFromNow(seconds) });
			await expectRun(at, signed(event), event);
		}
	});

	test('a signed body that is no event gets 400', async () => {
		const at = await endpoint();
		for (const body of ['', 'text', '[]', '{}', JSON.stringify({ event: 'x', data: {} })]) {
			await expectNoRun(at, signed(body, SECRET, 'text/plain'), refusedWith(400));
			await expectNoRun(at, signed(body, OTHER_SECRET, 'text/plain'), refusedWith(401));
		}
	});

	test.each<[string, IDataObject]>([
		['missing', {}],
		['empty', { signingSecret: '' }],
		['blank', { signingSecret: '  ' }],
		['missing but for the previous one', { previousSigningSecret: SECRET }],
	])('a secret that is %s gets 500', async (_name, secrets) => {
		const at = await endpoint({}, secrets);
		for (const secret of [SECRET, '', '  ', 'undefined']) {
			await expectNoRun(at, signed(finding(), secret), refusedWith(500));
		}
	});

	test('a credential that is gone gets 500', async () => {
		const at = await WebhookEndpoint.open({ credentialsHelper: new CredentialsHelper() });
		open.push(at);
		await expectNoRun(at, signed(finding()), refusedWith(500));
	});

	test("a body whose bytes can't be had gets 500 if it claims a signature", async () => {
		const at = await endpoint();
		const body = JSON.stringify(finding());
		const type = 'multipart/form-data; boundary=x';
		await expectNoRun(at, signed(body, SECRET, type), refusedWith(500));
		await expectNoRun(at, delivery(body, undefined, type), refusedWith(401));
	});

	test.each<[string, IDataObject]>([
		['no event chosen', { events: [] }],
		['an unknown form', { options: { signedContent: 'nothing' } }],
		['an expression that fails', { events: '={{ unknownFunction() }}' }],
		['a filter that fails', { options: { severities: '={{ undefined.x }}' } }],
		['a filter that is nothing', { options: { engagementIds: '={{ undefined }}' } }],
	])('parameters with %s get 500', async (_name, parameters) => {
		const at = await endpoint(parameters);
		await expectNoRun(at, signed(finding()), refusedWith(500));
	});
});

describe('a run that could not be started', () => {
	test('gets a 5xx, and its retry runs', async () => {
		const at = await endpoint();
		const event = finding();
		at.beforeRun = async () => {
			throw new Error('database is locked');
		};
		for (const _again of [1, 2]) {
			expect((await send(at.url, signed(event))).status).toBe(500);
		}
		expect(at.staticData).toBe('{}');
		at.beforeRun = async () => {};
		await expectRun(at, signed(event), event);
	});

	test('lets one of its waiting copies run', async () => {
		const at = await endpoint();
		let starts = 0;
		at.beforeRun = async () => {
			starts++;
			await new Promise((resolve) => setTimeout(resolve, 100));
			if (starts === 1) throw new Error('database is locked');
		};
		const message = signed(finding());
		const answers = await Promise.all(
			Array.from({ length: 100 }, async () => await send(at.url, message)),
		);
		expect(starts).toBe(2);
		expect(at.runs).toHaveLength(1);
		expect(answers.filter(({ status }) => status === 500)).toHaveLength(1);
		expect(answers.filter(({ body }) => JSON.stringify(body) === '{"received":true}')).toHaveLength(
			1,
		);
	});

	test('whose sender hung up meanwhile leaves its retry to run', async () => {
		const at = await endpoint();
		const event = finding();
		let fail = (_reason: Error) => {};
		let begun = () => {};
		const isBegun = new Promise<void>((resolve) => {
			begun = resolve;
		});
		at.beforeRun = async () => {
			begun();
			await new Promise<void>((_resolve, reject) => {
				fail = reject;
			});
		};
		const { headers, body } = signed(event);
		const hangingUp = openRequest(at.url, {
			method: 'POST',
			headers: Object.fromEntries(headers),
		});
		hangingUp.on('error', () => {});
		hangingUp.end(body);
		await isBegun;
		hangingUp.destroy();
		await expect.poll(async () => await at.openConnections()).toBe(0);
		const retry = send(at.url, signed(event));
		at.beforeRun = async () => {};
		fail(new Error('database is locked'));
		expect(await retry).toEqual(ACCEPTED);
		expect(at.runs).toEqual([[event]]);
	});
});

describe('many at once', () => {
	test('100 events in 3 copies each, 100 at a time, run once each and are all stored', async () => {
		const at = await endpoint();
		at.beforeRun = async () =>
			await new Promise((resolve) => setTimeout(resolve, Math.random() * 9));
		const events = Array.from({ length: 100 }, () => finding());
		const queue = Array.from({ length: 3 }, () => events).flat();
		const counts = { accepted: 0, duplicates: 0 };
		await Promise.all(
			Array.from({ length: 100 }, async () => {
				for (let event = queue.shift(); event; event = queue.shift()) {
					const { body } = await send(at.url, signed(event));
					if (JSON.stringify(body) === '{"received":true}') counts.accepted++;
					else if ((body as IDataObject).duplicate) counts.duplicates++;
				}
			}),
		);
		expect(counts).toEqual({ accepted: 100, duplicates: 200 });
		expect(at.runs).toHaveLength(100);

		// Whatever the order in which the copies of static data were saved, none is missing.
		const { global } = JSON.parse(at.staticData) as {
			global: { auditdexDeliveries: { nodes: Record<string, { deliveries: string }> } };
		};
		const [stored] = Object.values(global.auditdexDeliveries.nodes);
		expect(stored?.deliveries).toHaveLength(100 * 16);
	});
});

describe('after a restart', () => {
	test('what was accepted before is known, also after another restart', async () => {
		const at = await endpoint();
		const [first, second] = [signed(finding()), signed(finding())];
		expect(await send(at.url, first)).toEqual(ACCEPTED);
		at.restart();
		expect(await send(at.url, first)).toEqual(DUPLICATE);
		expect(await send(at.url, second)).toEqual(ACCEPTED);
		at.restart();
		for (const message of [first, second]) expect(await send(at.url, message)).toEqual(DUPLICATE);
		expect(at.runs).toHaveLength(2);
	});
});

describe('when the workflow succeeded', () => {
	const succeeded = { responseMode: 'lastNode' };

	test('the sender is told that, and nothing of what the workflow put out', async () => {
		const at = await endpoint(succeeded);
		at.lastNodeOutput = [{ internal: 'of no concern to the sender' }];
		const event = finding();
		await expectRun(at, signed(event), event);
	});

	test('a failed run gets a 5xx, is not remembered, and runs again', async () => {
		const at = await endpoint(succeeded);
		const message = signed(finding());
		at.beforeRun = async () => {
			throw new Error('Jira is down');
		};
		for (const _again of [1, 2]) expect(await send(at.url, message)).toEqual(refusedWith(500));
		at.beforeRun = async () => {};
		expect(await send(at.url, message)).toEqual(ACCEPTED);
		expect(await send(at.url, message)).toEqual(DUPLICATE);
		expect(at.runs).toHaveLength(1);
	});

	test('a copy that comes while the first runs waits a few seconds, then gets 503', async () => {
		const at = await endpoint(succeeded);
		const waiting: Array<() => void> = [];
		at.beforeRun = async () => await new Promise<void>((resolve) => waiting.push(resolve));
		const message = signed(finding());
		const first = send(at.url, message);
		await expect.poll(() => waiting.length).toBe(1);
		expect(await send(at.url, message)).toEqual(refusedWith(503));
		waiting[0]!();
		expect(await first).toEqual(ACCEPTED);
		expect(await send(at.url, message)).toEqual(DUPLICATE);
		expect(at.runs).toHaveLength(1);
	});

	test('what was accepted is stored with whatever n8n answers next', async () => {
		const at = await endpoint(succeeded);
		// A run takes n8n's database a while, and never less than a timer.
		at.beforeRun = async () => await new Promise((resolve) => setTimeout(resolve, 20));
		const [one, two, three] = [signed(finding()), signed(finding()), signed(finding())];
		expect(await send(at.url, one)).toEqual(ACCEPTED);
		expect(await send(at.url, two)).toEqual(ACCEPTED);
		at.restart();
		expect(await send(at.url, one)).toEqual(DUPLICATE);
		expect(await send(at.url, three)).toEqual(ACCEPTED);
		expect(await send(at.url, three)).toEqual(DUPLICATE);
		at.restart();
		expect(await send(at.url, three)).toEqual(DUPLICATE);
	});

	test('a slow run does not take back what was stored since it began', async () => {
		const at = await endpoint(succeeded);
		const waiting: Array<() => void> = [];
		at.beforeRun = async () => await new Promise<void>((resolve) => waiting.push(resolve));
		const slow = send(at.url, signed(finding()));
		await expect.poll(() => waiting.length).toBe(1);
		at.beforeRun = async () => {};
		const others = Array.from({ length: 3 }, () => signed(finding()));
		for (const other of others) expect(await send(at.url, other)).toEqual(ACCEPTED);
		// The sender has its answer a moment before the trigger knows that it went out.
		expect(await send(at.url, others[2]!)).toEqual(DUPLICATE);
		waiting[0]!();
		expect(await slow).toEqual(ACCEPTED);
		at.restart();
		for (const other of others) expect(await send(at.url, other)).toEqual(DUPLICATE);
	});
});

describe('Include Delivery', () => {
	test('adds an id that all copies share, and when each was received', async () => {
		const at = await endpoint({ options: { includeDelivery: true } });
		at.mode = 'manual';
		const event = finding();
		for (const message of [signed(event), signed(event), signed(finding())]) {
			expect(await send(at.url, message)).toEqual(ACCEPTED);
		}
		const [first, copy, other] = at.runs.map(([output]) => output as IDataObject);
		const { delivery: added, ...rest } = first!;
		expect(rest).toEqual(event);
		expect(added).toEqual({
			id: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
			receivedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
		});
		expect(copy!.delivery).toMatchObject({ id: (added as IDataObject).id });
		expect((other!.delivery as IDataObject).id).not.toBe((added as IDataObject).id);
	});
});

describe('a run that n8n never starts, nor answers', () => {
	test('leaves nothing waiting after the age limit', async () => {
		const at = await endpoint({ options: { maxEventAgeSeconds: 5 } });
		const timers = () =>
			process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
		await delay(6_000); // What earlier tests left waits for five seconds at most.
		const before = timers();
		let isAsked = false;
		at.beforeRun = async () => {
			isAsked = true;
			await new Promise(() => {});
		};
		const { headers, body } = signed(finding());
		const hangingUp = openRequest(at.url, { method: 'POST', headers: Object.fromEntries(headers) });
		hangingUp.on('error', () => {});
		hangingUp.end(body);
		await expect.poll(() => isAsked).toBe(true);
		hangingUp.destroy();
		await expect.poll(async () => await at.openConnections()).toBe(0);
		expect(await send(at.url, signed(finding({ timestamp: secondsFromNow(-10) })))).toEqual(
			refusedWith(401),
		);
		// Between two waits there is no timer of this test's own.
		for (let tries = 0; timers() > before && tries < 1_000; tries++) await delay(100);
		expect(timers()).toBeLessThanOrEqual(before);
	});
});

describe('test events', () => {
	test('are checked, run each time, and leave nothing in the memory', async () => {
		const at = await endpoint();
		const event = finding();
		at.mode = 'manual';
		expect(await send(at.url, signed(event, OTHER_SECRET))).toEqual(refusedWith(401));
		for (const _again of [1, 2]) expect(await send(at.url, signed(event))).toEqual(ACCEPTED);
		expect(at.runs).toHaveLength(2);
		expect(at.staticData).toBe('{}');
		at.mode = 'webhook';
		await expectRun(at, signed(event), event);
	});
});

describe('signatures', () => {
	test('of both secrets count during a rotation, over the same delivery', async () => {
		const at = await endpoint({}, { signingSecret: SECRET, previousSigningSecret: OTHER_SECRET });
		const event = finding();
		await expectRun(at, signed(event, OTHER_SECRET), event);
		expect(await send(at.url, signed(event))).toEqual(DUPLICATE);
		await expectNoRun(at, signed(finding(), 'a-third-secret-of-24-chr'), refusedWith(401));
	});

	test('with a timestamp, as Stripe makes them', async () => {
		const at = await endpoint({ options: { signedContent: 'timestampBody' } });
		const event = finding();
		const body = JSON.stringify(event);
		const message = (t: number) =>
			delivery(body, ['X-Auditdex-Signature', `t=${t},v1=${hmac(`${t}.${body}`)}`]);
		const now = Math.floor(Date.now() / 1000);
		await expectNoRun(at, message(now - 360), refusedWith(401));
		await expectRun(at, message(now), event);
		expect(await send(at.url, message(now + 1))).toEqual(DUPLICATE);
	});

	test("of Standard Webhooks, as that specification's library makes them", async () => {
		const secret = `whsec_${randomBytes(32).toString('base64')}`;
		const at = await endpoint(
			{ options: { signedContent: 'standardWebhooks' } },
			{ signingSecret: secret },
		);
		const event = finding();
		const body = JSON.stringify(event);
		const message = (id: string, at: Date): Delivery => ({
			headers: [
				['content-type', 'application/json'],
				['webhook-id', id],
				['webhook-timestamp', String(Math.floor(at.getTime() / 1000))],
				['webhook-signature', new StandardWebhook(secret).sign(id, at, body)],
			],
			body,
		});
		await expectNoRun(at, message('msg_1', new Date(Date.now() - 360_000)), refusedWith(401));
		await expectRun(at, message('msg_1', new Date()), event);
		expect(await send(at.url, message('msg_1', new Date(Date.now() + 2000)))).toEqual(DUPLICATE);
		// The sender's own word for another event, even if it says the same.
		await expectRun(at, message('msg_2', new Date()), event);
	});

	test('in a pinned header, and in no other', async () => {
		const at = await endpoint({ options: { signatureHeader: 'X-Acme-Proof' } });
		const event = finding();
		const body = JSON.stringify(event);
		await expectNoRun(at, signed(event), refusedWith(401));
		await expectRun(at, delivery(body, ['x-acme-proof', `sha256=${hmac(body)}`]), event);
	});
});

describe('bodies', () => {
	test.each([
		'application/json; charset=utf-8',
		'application/cloudevents+json',
		'application/octet-stream',
		'application/x-www-form-urlencoded',
		'text/plain; charset=latin1',
		'multipart/mixed; boundary=x',
		'nonsense',
		'',
	])('of the content type "%s" are the bytes as received', async (type) => {
		const at = await endpoint();
		const event = finding({}, { title: 'Prüfung № 7 😀 = 100 % & more + plus' });
		await expectRun(at, signed(event, SECRET, type), event);
	});

	test.each(['gzip', 'deflate'] as const)('with %s are what was compressed', async (encoding) => {
		const at = await endpoint();
		const event = finding();
		const { headers, body } = signed(event);
		const compress = encoding === 'gzip' ? gzipSync : deflateSync;
		const compressed: Delivery = {
			headers: [...headers, ['content-encoding', encoding]],
			body: compress(body),
		};
		await expectRun(at, compressed, event);
		const overCompressed = delivery(compressed.body, [
			'X-Auditdex-Signature',
			hmac(compressed.body),
		]);
		overCompressed.headers.push(['content-encoding', encoding]);
		await expectNoRun(at, overCompressed, refusedWith(401));
	});

	test('of 10 MiB are as good as any other', async () => {
		const at = await endpoint();
		const event = finding({}, { report: 'aü€😀'.repeat(MIB) });
		const message = signed(event);
		expect(Buffer.byteLength(message.body)).toBeGreaterThan(10 * MIB);
		await expectRun(at, message, event);
		const altered = String(message.body).replace('Privileged', 'privileged');
		await expectNoRun(at, { ...message, body: altered }, refusedWith(401));
	});

	test('may begin with a BOM, which is signed like all bytes', async () => {
		const at = await endpoint();
		const event = finding();
		const body = `\uFEFF${JSON.stringify(event)}`;
		await expectRun(at, signed(body), event);
		await expectNoRun(
			at,
			delivery(body, ['X-Auditdex-Signature', hmac(body.slice(1))]),
			refusedWith(401),
		);
	});

	test('with a name twice have the last of them', async () => {
		const at = await endpoint({ events: ['finding.raised'] });
		const event = finding();
		const body = JSON.stringify(event).replace('{', '{"event":"other","data":{"other":1},');
		await expectRun(at, signed(body), event);
	});

	test('may come in pieces that split characters, without their length', async () => {
		const at = await endpoint();
		const event = finding({}, { title: 'ü€😀' });
		const { headers, body } = signed(event);
		const bytes = Buffer.from(body as string);
		const start = bytes.indexOf('ü');
		const ends = [...Array.from({ length: 9 }, (_, index) => start + 1 + index), bytes.length];
		const chunks = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
		expect(await send(at.url, { headers, body }, chunks)).toEqual(ACCEPTED);
		expect(at.runs).toEqual([[event]]);
	});
});

test('the log names the reason once a minute, and never a secret, a signature or a body', async () => {
	const at = await endpoint();
	const body = JSON.stringify(finding({}, { title: 'confidential-title' }));
	const wrong = hmac(body, OTHER_SECRET);
	const lines = async () => (await loggedText()).split('refused a delivery (401)').length - 1;
	const before = await lines();
	for (let n = 0; n < 50; n++) {
		await expectNoRun(at, delivery(body, ['X-Auditdex-Signature', wrong]), refusedWith(401));
	}
	expect(await lines()).toBe(before + 1);
	for (const hidden of [SECRET, OTHER_SECRET, wrong, hmac(body), 'confidential-title']) {
		expect(await loggedText()).not.toContain(hidden);
	}
});
