/** Signatures in every form that is taken, and secrets, at the webhook endpoint of a real n8n. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import Stripe from 'stripe';
import { Webhook as SvixWebhook } from 'svix';
import { beforeAll, describe, expect, it } from 'vitest';

import type { N8nClient } from '../../scripts/n8n/rest.mts';
import {
	ACCEPTED,
	DUPLICATE,
	SECRET,
	type AuditEvent,
	type Delivery,
	type HeaderLine,
	delivery,
	finding,
	hmac,
	refusedWith,
	signed,
} from './deliveries.mts';
import { connect } from './fixture.mts';
import { TriggerWorkflow } from './triggerWorkflow.mts';

const HEADER = 'X-Auditdex-Signature';
const WRONG = hmac('another body');
const OTHER_SECRET = 'another-secret-24-chars';
const REFUSED = refusedWith(401);

let client: N8nClient;

beforeAll(async () => {
	client = await connect();
});

/** A trigger with these options, for as long as the tests of this suite run. */
function triggerWith(options: IDataObject, secrets?: IDataObject): () => TriggerWorkflow {
	let trigger: TriggerWorkflow;
	beforeAll(async () => {
		trigger = await TriggerWorkflow.start(client, { parameters: { options }, secrets });
		return async () => await trigger.deactivate();
	});
	return () => trigger;
}

/** Expects one run, and none for the same event again. */
async function expectRun(
	trigger: TriggerWorkflow,
	event: AuditEvent,
	message: Delivery,
): Promise<void> {
	expect(await trigger.send(message)).toEqual(ACCEPTED);
	expect(await trigger.newRuns(1)).toEqual([[event]]);
	expect(await trigger.send(message)).toEqual(DUPLICATE);
	expect(await trigger.newRuns()).toEqual([]);
}

/** Expects a refusal, and no run. */
async function expectRefusal(trigger: TriggerWorkflow, message: Delivery): Promise<void> {
	expect(await trigger.send(message)).toEqual(REFUSED);
	expect(await trigger.newRuns()).toEqual([]);
}

describe('the header, unless one is pinned', () => {
	const trigger = triggerWith({});

	it.each([
		HEADER,
		'x-augixsys-signature',
		'X-WEBHOOK-SIGNATURE',
		'X-Signature',
		'X-Hub-Signature-256',
		'Signature',
		'X-Auditdex-Signature-256',
		'X-Hub-Signature',
		'X-Acme-Hmac-Sha256',
		'x-sig',
	])('may be %s', async (name) => {
		const event = finding();
		const body = JSON.stringify(event);
		await expectRun(trigger(), event, delivery(body, [name, hmac(body)]));
		await expectRefusal(trigger(), delivery(body, [name, WRONG]));
	});

	it.each(['X-Auditdex-Proof', 'Digest', 'X-Design', 'Authorization'])(
		"can't be %s",
		async (name) => {
			const body = JSON.stringify(finding());
			await expectRefusal(trigger(), delivery(body, [name, hmac(body)]));
		},
	);

	it('may be any of several', async () => {
		const [right, wrong] = [(body: string) => hmac(body), () => WRONG];
		const pairs = [
			[right, wrong],
			[wrong, right],
			[() => '', right],
		] as const;
		for (const [first, second] of pairs) {
			const event = finding();
			const body = JSON.stringify(event);
			const headers: HeaderLine[] = [
				['X-Acme-Signature', second(body)],
				[HEADER, first(body)],
			];
			await expectRun(trigger(), event, { headers, body });
		}
		const body = JSON.stringify(finding());
		const headers: HeaderLine[] = [
			['X-Acme-Signature', WRONG],
			[HEADER, WRONG],
		];
		await expectRefusal(trigger(), { headers, body });
	});
});

describe('the value', () => {
	const trigger = triggerWith({});
	const hex = (body: string) => hmac(body);
	const base64 = (body: string) => hmac(body, SECRET, 'base64');

	it.each<[string, (body: string) => string]>([
		['hex', hex],
		['hex in capitals', (body) => hex(body).toUpperCase()],
		['base64', base64],
		['sha256=hex', (body) => `sha256=${hex(body)}`],
		['sha256=base64', (body) => `sha256=${base64(body)}`],
		['v1=hex', (body) => `v1=${hex(body)}`],
		['v1=base64', (body) => `v1=${base64(body)}`],
		['v0=hex', (body) => `v0=${hex(body)}`],
		['SHA256=hex', (body) => `SHA256=${hex(body)}`],
		['the second of two, after a comma', (body) => `${WRONG},${hex(body)}`],
		['the first of two, before a blank', (body) => `${hex(body)} ${WRONG}`],
		['one of several, of any form', (body) => `v1=${WRONG}, junk, sha256=${base64(body)}, v0=x`],
	])('may be %s', async (_name, sign) => {
		const event = finding();
		const body = JSON.stringify(event);
		await expectRun(trigger(), event, delivery(body, [HEADER, sign(body)]));
	});

	it('may be on a line of its own among several', async () => {
		const event = finding();
		const body = JSON.stringify(event);
		const headers: HeaderLine[] = [
			[HEADER, WRONG],
			[HEADER, hmac(body)],
		];
		await expectRun(trigger(), event, { headers, body });
	});

	it.each<[string, (body: string) => string]>([
		['several wrong ones', () => `${WRONG},${WRONG} ${WRONG}`],
		['another scheme', (body) => `sha512=${hex(body)}`],
		['a part of it', (body) => hex(body).slice(0, 32)],
		['more than it', (body) => `${hex(body)}00`],
		['base64url', (body) => base64(body).replace('=', '')],
		['hex of the base64', (body) => Buffer.from(base64(body)).toString('hex')],
		['one digit altered', (body) => hex(body).replace(/.$/, (d) => (d === '0' ? '1' : '0'))],
		['quotes around it', (body) => `"${hex(body)}"`],
		[
			'SHA-256 without a key',
			() => 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
		],
	])("can't be %s", async (_name, sign) => {
		const body = JSON.stringify(finding());
		await expectRefusal(trigger(), delivery(body, [HEADER, sign(body)]));
	});
});

describe('a pinned header', () => {
	const trigger = triggerWith({ signatureHeader: 'X-Acme-Proof' });

	it('is the only one that counts', async () => {
		const event = finding();
		const body = JSON.stringify(event);
		const pinned = (value: string): HeaderLine => ['x-acme-proof', value];
		await expectRefusal(trigger(), signed(event));
		await expectRefusal(trigger(), {
			headers: [pinned(WRONG), [HEADER, hmac(body)]],
			body,
		});
		await expectRun(trigger(), event, { headers: [pinned(hmac(body)), [HEADER, WRONG]], body });
	});
});

describe('a timestamp and the body, signed together', () => {
	const trigger = triggerWith({ signedContent: 'timestampBody' });
	const epoch = (offset = 0) => Math.floor(Date.now() / 1000) + offset;
	const message = (
		body: string,
		t: number | string,
		header = `t=${t},v1=${hmac(`${t}.${body}`)}`,
	) => delivery(body, [HEADER, header]);

	it('runs once, also when it comes again with a new timestamp', async () => {
		const event = finding();
		const body = JSON.stringify(event);
		await expectRun(trigger(), event, message(body, epoch()));
		expect(await trigger().send(message(body, epoch(1)))).toEqual(DUPLICATE);
	});

	it.each([-240, 240])('runs with a timestamp %d s from now', async (offset) => {
		const event = finding();
		await expectRun(trigger(), event, message(JSON.stringify(event), epoch(offset)));
	});

	const body = JSON.stringify(finding());
	it.each<[string, () => Delivery]>([
		['six minutes old', () => message(body, epoch(-360))],
		['six minutes ahead', () => message(body, epoch(360))],
		['in microseconds', () => message(body, Date.now() * 1000)],
		['in milliseconds, six minutes old', () => message(body, Date.now() - 360_000)],
		['missing', () => message(body, '', `v1=${hmac(body)}`)],
		[
			'not the signed one',
			() => {
				const now = epoch();
				return message(body, now, `t=${now + 1},v1=${hmac(`${now}.${body}`)}`);
			},
		],
		[
			'there twice',
			() => {
				const now = epoch();
				return message(body, now, `t=1,t=${now},v1=${hmac(`${now}.${body}`)}`);
			},
		],
		['left out of what is signed', () => message(body, epoch(), `t=${epoch()},v1=${hmac(body)}`)],
	])('is refused with a timestamp %s', async (_name, make) => {
		await expectRefusal(trigger(), make());
	});
});

describe('Standard Webhooks', () => {
	const secret = `whsec_${randomBytes(24).toString('base64')}`;
	const trigger = triggerWith({ signedContent: 'standardWebhooks' }, { signingSecret: secret });
	const withHeaders = (id: string, at: Date, signature: string, body: string): Delivery => ({
		headers: [
			['content-type', 'application/json'],
			['webhook-id', id],
			['webhook-timestamp', String(Math.floor(at.getTime() / 1000))],
			['webhook-signature', signature],
		],
		body,
	});
	const sign = (id: string, at: Date, body: string, key = secret) =>
		new StandardWebhook(key).sign(id, at, body);

	it("runs for what the specification's own library signs", async () => {
		const event = finding();
		const [id, at, body] = [`msg_${randomUUID()}`, new Date(), JSON.stringify(event)];
		await expectRun(trigger(), event, withHeaders(id, at, sign(id, at, body), body));
		const later = new Date(Date.now() + 1000);
		expect(await trigger().send(withHeaders(id, later, sign(id, later, body), body))).toEqual(
			DUPLICATE,
		);
	});

	it('takes any of several signatures, and only those of version 1', async () => {
		const event = finding();
		const [id, at, body] = [`msg_${randomUUID()}`, new Date(), JSON.stringify(event)];
		const right = sign(id, at, body);
		const asymmetric = right.replace('v1,', 'v1a,');
		const wrong = sign(id, at, body, `whsec_${randomBytes(24).toString('base64')}`);
		await expectRefusal(trigger(), withHeaders(id, at, `${wrong} ${asymmetric}`, body));
		await expectRun(trigger(), event, withHeaders(id, at, `${wrong} ${right}`, body));
	});

	it('refuses another id, an old timestamp, and the body signed alone', async () => {
		const body = JSON.stringify(finding());
		const [id, now, old] = ['msg_1', new Date(), new Date(Date.now() - 360_000)];
		for (const message of [
			withHeaders('msg_2', now, sign(id, now, body), body),
			withHeaders(id, old, sign(id, old, body), body),
			withHeaders(id, now, `v1,${hmac(body, secret, 'base64')}`, body),
			delivery(body, ['webhook-signature', sign(id, now, body)]),
			signed(body, secret),
		]) {
			await expectRefusal(trigger(), message);
		}
	});
});

describe('while a secret is being rotated', () => {
	const trigger = triggerWith(
		{},
		{ signingSecret: SECRET, previousSigningSecret: 'the-old-secret-of-24-chr' },
	);

	it.each([SECRET, 'the-old-secret-of-24-chr'])('both are valid: %s', async (secret) => {
		const event = finding();
		await expectRun(trigger(), event, signed(event, secret));
	});

	it('a retry signed with the other one is the same delivery', async () => {
		const event = finding();
		await expectRun(trigger(), event, signed(event, 'the-old-secret-of-24-chr'));
		expect(await trigger().send(signed(event))).toEqual(DUPLICATE);
	});

	it('no other one is', async () => {
		await expectRefusal(trigger(), signed(finding(), OTHER_SECRET));
		await expectRefusal(trigger(), signed(finding(), ''));
		await expectRefusal(trigger(), signed(finding(), `${SECRET} `));
	});
});

describe('a secret with blanks around it', () => {
	const trigger = triggerWith({}, { signingSecret: `${SECRET}\r\n`, previousSigningSecret: ' \t' });

	it('counts without them', async () => {
		const event = finding();
		await expectRun(trigger(), event, signed(event));
		await expectRefusal(trigger(), signed(finding(), `${SECRET}\r\n`));
		await expectRefusal(trigger(), signed(finding(), ' \t'));
		await expectRefusal(trigger(), signed(finding(), ''));
	});
});

describe('without any option', () => {
	const whsec = `whsec_${randomBytes(24).toString('base64')}`;
	const trigger = triggerWith({}, { signingSecret: whsec, previousSigningSecret: SECRET });
	const epoch = () => Math.floor(Date.now() / 1000);

	it.each<[string, (body: string) => HeaderLine[]]>([
		['body', (body) => [[HEADER, hmac(body)]]],
		[
			't= in the signature header (stripe)',
			(payload) => [
				['Stripe-Signature', Stripe.webhooks.generateTestHeaderString({ payload, secret: whsec })],
			],
		],
		[
			'a header of its own for the timestamp',
			(body) => {
				const now = epoch();
				return [
					['X-Auditdex-Timestamp', String(now)],
					[HEADER, `v0=${hmac(`${now}.${body}`)}`],
				];
			},
		],
		[
			'milliseconds',
			(body) => {
				const now = Date.now();
				return [
					['X-Timestamp', String(now)],
					['X-Acme-Hmac', hmac(`${now}.${body}`, SECRET, 'base64')],
				];
			},
		],
		[
			'Standard Webhooks (svix)',
			(body) => {
				const [id, at] = [`msg_${randomUUID()}`, new Date()];
				return [
					['svix-id', id],
					['svix-timestamp', String(Math.floor(at.getTime() / 1000))],
					['svix-signature', new SvixWebhook(whsec).sign(id, at, body)],
				];
			},
		],
	])('what is signed may be: %s', async (_name, sign) => {
		const event = finding();
		const body = JSON.stringify(event);
		const message = { headers: sign(body), body };
		await expectRun(trigger(), event, message);
		await expectRefusal(trigger(), { ...message, body: `${body} ` });
	});
});

describe('a secret of any characters', () => {
	const secret = 'Schlüssel-№-😀-with "quotes" {{ $json }} =1+1';
	const trigger = triggerWith({}, { signingSecret: secret });

	it('is used as its UTF-8 bytes', async () => {
		const event = finding();
		await expectRun(trigger(), event, signed(event, secret));
	});
});
