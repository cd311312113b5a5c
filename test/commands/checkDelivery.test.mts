import { createHash, createHmac, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { sign as signAsGitHub } from '@octokit/webhooks-methods';
import { stringify as stringifyFlatted } from 'flatted';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import Stripe from 'stripe';
import { Webhook as SvixWebhook } from 'svix';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { readCapture } from '../../scripts/check/delivery/capture.mts';
import { diagnose, type TriggerOptions } from '../../scripts/check/delivery/diagnosis.mts';
import { runCommand } from './command.mts';

const SECRET = `whsec_${randomBytes(24).toString('base64')}`;
const PREVIOUS = 'the-planted-previous-secret-of-a-webhook';
const NOW = Math.floor(Date.parse('2026-04-20T09:15:00Z') / 1_000);
const EVENT = {
	event: 'finding.raised',
	timestamp: '2026-04-20T09:14:32Z',
	data: { engagement_id: 'eng_xyz789', title: 'Ünïcode of Ada Lovelace ✓' },
};
const BODY = JSON.stringify(EVENT);
const ID = 'msg_2Lh9KRb0pzN4LePd3XiA4v12Axj';

const hmac = (
	content: string,
	encoding: 'hex' | 'base64' | 'base64url' = 'hex',
	{ secret = SECRET as string | Buffer, algorithm = 'sha256' } = {},
) => createHmac(algorithm, secret).update(content).digest(encoding);

type Headers = Record<string, string>;

/** What the capture of a delivery is read as and said of, as of `NOW`. */
async function diagnosisOf(
	headers: Headers,
	body: string = BODY,
	options: TriggerOptions = {},
	secrets: object = { signingSecret: SECRET, previousSigningSecret: PREVIOUS },
) {
	const delivery = { headers, body: Buffer.from(body), isExact: true, at: NOW };
	return await diagnose(delivery, secrets, options, NOW);
}

const at = new Date(NOW * 1_000);
const standard = new StandardWebhook(SECRET).sign(ID, at, BODY);

describe('a signature that the trigger accepts', () => {
	test.each<[what: string, form: string, headers: Headers | (() => Promise<Headers>)]>([
		['hex of the body', 'body', { 'x-auditdex-signature': hmac(BODY) }],
		['upper-case hex', 'body', { 'x-auditdex-signature': hmac(BODY).toUpperCase() }],
		['base64 of the body', 'body', { 'x-signature': hmac(BODY, 'base64') }],
		['a scheme before it', 'body', { 'x-webhook-signature': `sha256=${hmac(BODY)}` }],
		['another header of this kind', 'body', { 'x-acme-hmac': hmac(BODY) }],
		['several values', 'body', { 'x-signature': `v1=${hmac('x')}, v1=${hmac(BODY)}` }],
		['the previous secret', 'body', { 'x-sig': hmac(BODY, 'hex', { secret: PREVIOUS }) }],
		[
			'a timestamp inside',
			'timestampBody',
			{ 'x-auditdex-signature': `t=${NOW},v1=${hmac(`${NOW}.${BODY}`)}` },
		],
		[
			'a timestamp beside it, in milliseconds',
			'timestampBody',
			{ 'x-signature': hmac(`${NOW}000.${BODY}`), 'x-signature-timestamp': `${NOW}000` },
		],
		[
			'v0',
			'timestampBody',
			{
				'x-slack-signature': `v0=${hmac(`v0:${NOW}:${BODY}`)}`,
				'x-slack-request-timestamp': `${NOW}`,
			},
		],
		[
			'Standard Webhooks',
			'standardWebhooks',
			{ 'webhook-id': ID, 'webhook-timestamp': `${NOW}`, 'webhook-signature': standard },
		],
		[
			'Svix',
			'standardWebhooks',
			{
				'svix-id': ID,
				'svix-timestamp': `${NOW}`,
				'svix-signature': new SvixWebhook(SECRET).sign(ID, at, BODY),
			},
		],
		[
			'Stripe',
			'timestampBody',
			{
				'stripe-signature': Stripe.webhooks.generateTestHeaderString({
					payload: BODY,
					secret: SECRET,
					timestamp: NOW,
				}),
			},
		],
		['GitHub', 'body', async () => ({ 'x-hub-signature-256': await signAsGitHub(SECRET, BODY) })],
	])('%s: its form is named', async (_what, form, given) => {
		const headers = typeof given === 'function' ? await given() : given;
		const found = await diagnosisOf(headers);
		expect(found).toMatchObject({ accepted: true, form });
		expect(found.says).toContain(`“${found.header}”`);
		expect(Object.keys(headers)).toContain(found.header);
		expect(found.set).toMatch(/^nothing; to pin it, Signature Header to /);
	});
});

describe('a delivery that the trigger refuses', () => {
	const pretty = JSON.stringify(EVENT, null, 2);
	test.each<[what: string, says: RegExp, set: RegExp, of: [Headers, string?, TriggerOptions?]]>([
		[
			'another secret',
			/another secret, or the body was changed/,
			/the secret that belongs/,
			[{ 'x-signature': hmac(BODY, 'hex', { secret: 'another-secret-of-16' }) }],
		],
		[
			'a changed body',
			/another secret, or the body was changed/,
			/look for what changes/,
			[{ 'x-signature': hmac(BODY) }, BODY.replace('raised', 'closed')],
		],
		[
			'a body written anew',
			/as JSON written anew/,
			/pass on the body as it is/,
			[{ 'x-signature': hmac(BODY) }, pretty],
		],
		[
			'a line break more',
			/other line endings/,
			/pass on the body/,
			[{ 'x-signature': hmac(pretty) }, `${pretty}\n`],
		],
		[
			'a clock behind',
			/timestamp is 600 seconds from/,
			/the clocks of sender and n8n/,
			[{ 'x-signature': `t=${NOW - 600},v1=${hmac(`${NOW - 600}.${BODY}`)}` }],
		],
		[
			'a clock ahead',
			/timestamp is 900 seconds from/,
			/the clocks/,
			[
				{
					'webhook-id': ID,
					'webhook-timestamp': `${NOW + 900}`,
					'webhook-signature': new StandardWebhook(SECRET).sign(
						ID,
						new Date((NOW + 900) * 1_000),
						BODY,
					),
				},
			],
		],
		[
			'SHA-1',
			/made with sha1/,
			/HMAC-SHA256 in the service/,
			[{ 'x-hub-signature': `sha1=${hmac(BODY, 'hex', { algorithm: 'sha1' })}` }],
		],
		[
			'SHA-512',
			/made with sha512/,
			/HMAC-SHA256/,
			[{ 'x-signature': hmac(BODY, 'hex', { algorithm: 'sha512' }) }],
		],
		[
			'a header that does not say so',
			/stands in the header 'x-proof'/,
			/Signature Header to x-proof/,
			[{ 'x-proof': hmac(BODY) }],
		],
		[
			'another header than the pinned one',
			/stands in the header 'x-signature'/,
			/Signature Header to x-signature/,
			[{ 'x-signature': hmac(BODY) }, BODY, { signatureHeader: 'X-Other' }],
		],
		[
			'another form than the pinned one',
			/of the form Body/,
			/Signed Content to Automatic or Body/,
			[{ 'x-signature': hmac(BODY) }, BODY, { signedContent: 'timestampBody' }],
		],
		[
			'base64url without padding',
			/neither hex nor base64 with padding/,
			/hex or padded base64/,
			[{ 'x-signature': hmac(BODY, 'base64url') }],
		],
		[
			'the secret decoded',
			/what the base64 in the secret stands for/,
			/the secret as the service uses it/,
			[{ 'x-signature': hmac(BODY, 'hex', { secret: Buffer.from(SECRET.slice(6), 'base64') }) }],
		],
		[
			'the secret without its prefix',
			/without its "whsec_"/,
			/the secret as the service uses it/,
			[{ 'x-signature': hmac(BODY, 'hex', { secret: SECRET.slice(6) }) }],
		],
		[
			'Ed25519',
			/an Ed25519 signature/,
			/HMAC-SHA256/,
			[
				{
					'webhook-id': ID,
					'webhook-timestamp': `${NOW}`,
					'webhook-signature': `v1a,${randomBytes(64).toString('base64')}`,
				},
			],
		],
		[
			'RFC 9421',
			/HTTP Message Signature/,
			/HMAC-SHA256/,
			[
				{
					'signature-input': 'sig1=("@method");created=1',
					signature: `sig1=:${randomBytes(64).toString('base64')}:`,
				},
			],
		],
		['a token', /a JSON Web Token/, /HMAC-SHA256/, [{ 'x-jwt': 'eyJhbGciOiJIUzI1NiJ9.e30.c2ln' }]],
		[
			'nothing',
			/No header is a signature/,
			/Signature Header/,
			[{ 'content-type': 'application/json' }],
		],
		[
			'no event',
			/refuses the delivery with 400/,
			/must be \{event, timestamp, data\}/,
			[{ 'x-signature': hmac('[]') }, '[]'],
		],
		[
			'an old event',
			/event too old/,
			/Max Event Age/,
			[{ 'x-signature': hmac(BODY.replace('2026', '2025')) }, BODY.replace('2026', '2025')],
		],
	])('%s: it says why', async (_what, says, set, [headers, body, options]) => {
		const found = await diagnosisOf(headers, body, options);
		expect(found.accepted).toBe(false);
		expect(found.says).toMatch(says);
		expect(found.set).toMatch(set);
		for (const kept of ['Lovelace', SECRET, SECRET.slice(6)]) {
			expect(JSON.stringify(found)).not.toContain(kept);
		}
	});
});

const headers: Headers = {
	Host: 'n8n.example',
	'Content-Type': 'application/json',
	'X-Auditdex-Signature': `sha256=${hmac(BODY)}`,
};
const lowerCase = Object.fromEntries(
	Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
);
const marked = Object.entries(headers).map(([name, value]) => `> ${name}: ${value}`);
const plain = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
const answer = [
	'< HTTP/1.1 200 OK',
	'< Date: Mon, 20 Apr 2026 09:15:00 GMT',
	'< ',
	'{"received":true}',
];
const item = { headers: lowerCase, params: {}, query: {}, body: EVENT, webhookUrl: 'x' };
const run = (json: object, binary?: object) => ({
	resultData: {
		runData: { Webhook: [{ startTime: NOW * 1_000, data: { main: [[{ json, binary }]] } }] },
	},
});
const har = (postData: object) => ({
	log: {
		entries: [
			{ startedDateTime: '2026-04-20T09:15:00.000Z', request: { method: 'GET', headers: [] } },
			{
				startedDateTime: '2026-04-20T09:15:00.000Z',
				request: {
					method: 'POST',
					headers: Object.entries(headers).map(([name, value]) => ({ name, value })),
					postData,
				},
			},
		],
	},
});

const CAPTURES: Array<[what: string, text: string]> = [
	[
		'curl -v',
		[
			'*   Trying 127.0.0.1:5678...',
			'* Connected to n8n',
			'> POST /webhook/x HTTP/1.1',
			...marked,
			'> ',
			'* upload completely sent off: 190 bytes',
			BODY,
			...answer,
		].join('\n'),
	],
	[
		'curl -v, the body right behind',
		[
			'> POST /webhook/x HTTP/1.1',
			...marked,
			'>',
			BODY,
			'* We are completely uploaded and fine',
			...answer,
		].join('\r\n'),
	],
	['raw HTTP', ['POST /webhook/x HTTP/1.1', ...plain, '', BODY].join('\r\n')],
	[
		'raw HTTP with its length',
		[
			'POST /webhook/x HTTP/1.1',
			...plain,
			`Content-Length: ${Buffer.byteLength(BODY)}`,
			'',
			`${BODY}and the next`,
		].join('\r\n'),
	],
	['HAR', JSON.stringify(har({ mimeType: 'application/json', text: BODY }))],
	[
		'HAR in base64',
		JSON.stringify(har({ text: Buffer.from(BODY).toString('base64'), encoding: 'base64' })),
	],
	["a node's output", JSON.stringify([item])],
	["a node's item", JSON.stringify([{ json: item, pairedItem: { item: 0 } }])],
	[
		"n8n's execution data",
		JSON.stringify({ data: run(item), startedAt: '2026-04-20T09:15:00.000Z' }),
	],
	[
		"n8n's execution data as the database has it",
		JSON.stringify({ id: 1, data: stringifyFlatted(run(item)) }),
	],
	[
		'with Raw Body',
		JSON.stringify({
			data: run({ ...item, body: {} }, { data: { data: Buffer.from(BODY).toString('base64') } }),
		}),
	],
];

test.each(CAPTURES)('a delivery is read from %s', async (_what, text) => {
	const [delivery, ...others] = readCapture(Buffer.from(text));
	expect(others).toEqual([]);
	expect(delivery!.headers['x-auditdex-signature']).toBe(headers['X-Auditdex-Signature']);
	expect(delivery!.body.toString()).toBe(BODY);
	const found = await diagnose(delivery!, { signingSecret: SECRET }, {}, NOW);
	expect(found).toMatchObject({ accepted: true, header: 'x-auditdex-signature', form: 'body' });
});

test('several deliveries in one file are told apart', () => {
	const text = [1, 2, 3].map(
		(number) => `POST / HTTP/1.1\r\nX-N: ${number}\r\n\r\n{"n":${number}}\n`,
	);
	const found = readCapture(Buffer.from(text.join('')));
	expect(found.map(({ headers: { 'x-n': n }, body }) => [n, body.toString()])).toEqual([
		['1', '{"n":1}'],
		['2', '{"n":2}'],
		['3', '{"n":3}'],
	]);
});

test('where n8n kept the body as an object, it says that its bytes are a guess', async () => {
	const signed = { ...lowerCase, 'x-auditdex-signature': hmac(JSON.stringify(EVENT, null, 4)) };
	const [delivery] = readCapture(Buffer.from(JSON.stringify([{ ...item, headers: signed }])));
	const found = await diagnose(delivery!, { signingSecret: SECRET }, {}, NOW);
	expect(found.says).toContain('could only be guessed');
	expect(found.set).toContain('Raw Body');
});

describe('the command', () => {
	let folder: string;
	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), 'auditdex-check-'));
	});
	afterAll(async () => await rm(folder, { recursive: true }));

	async function check(text: string, args: string[] = []) {
		const file = join(folder, createHash('sha256').update(text).digest('hex'));
		await writeFile(file, text);
		return await runCommand(
			'checkDelivery.mts',
			[
				'--secret-from-env',
				'HOOK_SECRET',
				'--previous-secret-from-env',
				'HOOK_BEFORE',
				file,
				...args,
			],
			{ HOOK_SECRET: SECRET, HOOK_BEFORE: PREVIOUS },
		);
	}
	const [, curl] = CAPTURES[0]!;

	test('says what fits, and ends with 0', async () => {
		const { code, stdout, stderr } = await check(curl);
		expect([code, stderr]).toEqual([0, '']);
		expect(stdout).toMatch(
			/^Accepted {2}The signature fits: Body, in the header “x-auditdex-signature”/,
		);
	});

	test('says what does not, and ends with 1', async () => {
		const { code, stdout } = await check(curl, ['--signed-content', 'standardWebhooks']);
		expect(code).toBe(1);
		expect(stdout).toContain('Nearly right');
		const late = await check(curl, ['--at', '2026-04-30T09:15:00Z']);
		expect(late.stdout).toContain('event too old');
	});

	test('shows no secret, and nothing of the body', async () => {
		const leaking = curl
			.replace(
				'> Host: n8n.example',
				`> X-Leak: ${SECRET} ${PREVIOUS}\n> ${SECRET.slice(0, 20)}: 1`,
			)
			.replace('sha256=', `${SECRET} sha256=`);
		for (const args of [[], ['--json'], ['--signed-content', 'timestampBody']]) {
			const { stdout, stderr } = await check(leaking, args);
			expect(stdout).toMatch(/signature fits/);
			for (const planted of [SECRET, PREVIOUS, 'Lovelace', hmac(BODY), 'eng_xyz789']) {
				expect(stdout + stderr).not.toContain(planted);
			}
		}
		const { stdout } = await check(leaking, ['--json']);
		expect(JSON.parse(stdout).deliveries).toMatchObject([{ accepted: true, form: 'body' }]);
	});

	test.each([
		['a file that holds none', [], 'hello', /^There is no delivery in the file/],
		['JSON that holds none', [], '{"a":1}', /^There is no delivery in the file/],
		['an unknown form', ['--signed-content', 'x'], curl, /^'Signed Content' isn't one of/],
		['a time that is none', ['--at', 'x'], curl, /^--at is no time/],
		['a secret as an argument', ['--secret', 'x'], curl, /A secret is never an argument/],
	])('%s gets a sentence', async (_what, args, text, sentence) => {
		const { code, stdout, stderr } = await check(text, args);
		expect([code, stdout]).toEqual([2, '']);
		expect(stderr).toMatch(sentence);
	});

	test('a secret that is no secret gets one, too', async () => {
		const env = { HOOK_SECRET: 'your-webhook-secret' };
		const { code, stderr } = await runCommand(
			'checkDelivery.mts',
			['--secret-from-env', 'HOOK_SECRET', 'x'],
			env,
		);
		expect(code).toBe(2);
		expect(stderr).toContain('looks like a placeholder');
	});
});
