/** The table "What a delivery gets", line by line, at the webhook endpoint of a real n8n. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { request } from 'undici';

import type { N8nClient } from '../../scripts/n8n/rest.mts';
import {
	ACCEPTED,
	DUPLICATE,
	IGNORED,
	SECRET,
	delivery,
	finding,
	hmac,
	refusedWith,
	secondsFromNow,
	send,
	sendCopies,
	signed,
} from './deliveries.mts';
import { connect } from './fixture.mts';
import { type TriggerOptions, TriggerWorkflow } from './triggerWorkflow.mts';

let client: N8nClient;
const size = (value: unknown) => JSON.stringify(value).length;
const bySize = (one: unknown, other: unknown) => size(one) - size(other);

beforeAll(async () => {
	client = await connect();
});

describe('a trigger on two events, of one engagement and of two severities', () => {
	let trigger: TriggerWorkflow;

	beforeAll(async () => {
		trigger = await TriggerWorkflow.start(client, {
			parameters: {
				events: ['finding.raised', 'engagement.completed'],
				options: { engagementIds: 'eng_xyz789, eng_other', severities: 'Significant,critical' },
			},
		});
	});
	/** Every test has asked for the runs it expects. */
	afterEach(async () => expect(await trigger.newRuns()).toEqual([]));
	afterAll(async () => await trigger.deactivate());

	it('runs once, with the payload as it came, for a signed event', async () => {
		const event = { ...finding({}, { nested: { list: [1, 'ü', null] } }), delivery_attempt: 1 };
		expect(await trigger.send(signed(event))).toEqual(ACCEPTED);
		expect(await trigger.newRuns(1)).toEqual([[event]]);
	});

	it.each([
		['the same bytes', (body: string) => signed(body)],
		[
			'another encoding of the signature',
			(body: string) => delivery(body, ['X-Auditdex-Signature', hmac(body, SECRET, 'base64')]),
		],
		[
			'another content type and header',
			(body: string) => delivery(body, ['X-Signature', hmac(body)], 'text/plain'),
		],
	])('runs nothing for a delivery that comes again as %s', async (_name, again) => {
		const body = JSON.stringify(finding());
		expect(await trigger.send(signed(body))).toEqual(ACCEPTED);
		expect(await trigger.newRuns(1)).toHaveLength(1);
		expect(await trigger.send(again(body))).toEqual(DUPLICATE);
		expect(await trigger.send(again(body))).toEqual(DUPLICATE);
	});

	it('runs once for twenty copies that come at the same time', async () => {
		const message = signed(finding());
		const answers = await sendCopies(trigger.url, message, 20);
		expect(answers.toSorted(bySize)).toEqual([ACCEPTED, ...Array(19).fill(DUPLICATE)]);
		expect(await trigger.newRuns(1)).toHaveLength(1);
	});

	it.each([
		['engagement', finding({ event: 'engagement.completed' }, { engagement_id: 'eng_other' })],
		['severity, in any case', finding({}, { severity: 'CRITICAL' })],
		['event without a severity', finding({ event: 'engagement.completed' }, { severity: null })],
	])('runs for each subscribed %s', async (_name, event) => {
		expect(await trigger.send(signed(event))).toEqual(ACCEPTED);
		expect(await trigger.newRuns(1)).toEqual([[event]]);
	});

	it.each([
		['event', finding({ event: 'evidence.submitted' })],
		['future event', finding({ event: 'control.retired' })],
		['engagement', finding({}, { engagement_id: 'eng_unknown' })],
		['missing engagement', finding({}, { engagement_id: null })],
		['severity', finding({}, { severity: 'minor' })],
		['missing severity', finding({}, { severity: null })],
	])(
		'takes note of an %s that is not subscribed, each time, and runs nothing',
		async (_, event) => {
			expect(await trigger.send(signed(event))).toEqual(IGNORED);
			expect(await trigger.send(signed(event))).toEqual(IGNORED);
		},
	);

	const body = JSON.stringify(finding());
	it.each([
		['no signature', delivery(body)],
		['an empty signature', delivery(body, ['X-Auditdex-Signature', ''])],
		['a malformed signature', delivery(body, ['X-Auditdex-Signature', 'sha256=zzzz'])],
		['a truncated signature', delivery(body, ['X-Auditdex-Signature', hmac(body).slice(0, 63)])],
		["another body's signature", delivery(body, ['X-Auditdex-Signature', hmac(`${body} `)])],
		["another secret's signature", signed(body, 'another-secret-of-24-char')],
		["the empty secret's signature", signed(body, '')],
		['a signature in an unknown header', delivery(body, ['X-Other-Proof', hmac(body)])],
		['SHA-512', delivery(body, ['X-Auditdex-Signature', hmac(body).repeat(2)])],
		['the secret itself', delivery(body, ['X-Auditdex-Signature', SECRET])],
		[
			'a header of 5,000 characters',
			delivery(body, ['X-Auditdex-Signature', `${hmac(body)}${', x'.repeat(1667)}`]),
		],
		['an event of 2020', signed(finding({ timestamp: '2020-01-01T00:00:00Z' }))],
		['an event not subscribed, forged', signed(finding({ event: 'x' }), 'another-secret-24-chars')],
	])('refuses %s with 401, saying no more', async (_name, message) => {
		expect(await trigger.send(message)).toEqual(refusedWith(401));
	});

	it('never runs for a header of 64 KiB', async () => {
		const long = delivery(body, ['X-Auditdex-Signature', `${hmac(body)} ${'x'.repeat(65_536)}`]);
		// Node.js itself refuses so much of headers, and may cut the connection while saying so.
		const answer = await trigger.send(long).catch(() => ({ status: 431 }));
		expect(answer.status).toBe(431);
	});

	it.each([
		['a little older than three days', -259_230],
		['six minutes ahead', 360],
	])('refuses an event %s with 401, saying no more', async (_name, seconds) => {
		const event = finding({ timestamp: secondsFromNow(seconds) });
		expect(await trigger.send(signed(event))).toEqual(refusedWith(401));
	});

	it.each([
		['nearly three days old', () => secondsFromNow(-259_100)],
		['four minutes ahead', () => secondsFromNow(240)],
		['with an offset', () => secondsFromNow(3_600).replace('Z', '+01:00')],
	])('runs for an event %s', async (_name, timestamp) => {
		const event = finding({ timestamp: timestamp() });
		expect(await trigger.send(signed(event))).toEqual(ACCEPTED);
		expect(await trigger.newRuns(1)).toEqual([[event]]);
	});

	const now = new Date().toISOString();
	it.each([
		['nothing', ''],
		['text', 'finding.raised'],
		['truncated JSON', '{"event":"finding.raised","timestamp":'],
		['bytes that are not UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
		['null', 'null'],
		['an array', `[${JSON.stringify(finding())}]`],
		['no event', JSON.stringify({ timestamp: now, data: {} })],
		['an event that is a number', JSON.stringify({ event: 1, timestamp: now, data: {} })],
		['no timestamp', JSON.stringify({ event: 'finding.raised', data: {} })],
		['a timestamp that is none', JSON.stringify(finding({ timestamp: 'yesterday' }))],
		['epoch seconds', JSON.stringify({ event: 'x', timestamp: Date.now() / 1000, data: {} })],
		['no data', JSON.stringify({ event: 'finding.raised', timestamp: now })],
		['data that is a list', JSON.stringify({ event: 'x', timestamp: now, data: [] })],
	])('answers 400 to a signed body of %s', async (_name, content) => {
		expect(await trigger.send(signed(content, SECRET, 'application/octet-stream'))).toEqual(
			refusedWith(400),
		);
		// The signature is looked at first: a stranger learns nothing about what is expected.
		expect(
			await trigger.send(signed(content, 'another-secret-24-chars', 'application/octet-stream')),
		).toEqual(refusedWith(401));
	});

	it("leaves application/json that can't be parsed to n8n, which answers 422", async () => {
		expect(await trigger.send(signed('{"event":'))).toMatchObject({ status: 422 });
	});

	it('takes POST only', async () => {
		for (const method of ['GET', 'PUT', 'PATCH', 'DELETE'] as const) {
			const { headers, body: content } = signed(finding());
			const { statusCode, body: answer } = await request(trigger.url, {
				method,
				headers: headers.flat(),
				...(method === 'GET' ? {} : { body: content }),
			});
			await answer.dump();
			expect(statusCode).toBe(404);
		}
	});
});

describe('the age limit', () => {
	it.each([
		[0, -200_000_000, ACCEPTED],
		[0, 86_400, ACCEPTED],
		[600, -540, ACCEPTED],
		[600, -610, refusedWith(401)],
	])('of %d s, for an event %d s from now', async (maxEventAgeSeconds, seconds, answer) => {
		const trigger = await TriggerWorkflow.start(client, {
			parameters: { options: { maxEventAgeSeconds } },
		});
		const event = finding({ timestamp: secondsFromNow(seconds) });
		expect(await trigger.send(signed(event))).toEqual(answer);
		const runs = answer === ACCEPTED ? 1 : 0;
		expect(await trigger.newRuns(runs)).toHaveLength(runs);
		await trigger.deactivate();
	});
});

describe('every event', () => {
	it('runs for events AUDITDEX adds in future, and for those of no engagement', async () => {
		const trigger = await TriggerWorkflow.start(client);
		const events = [
			finding({ event: 'evidence.submitted' }),
			finding({ event: 'control.concluded' }),
			finding({ event: 'policy.published' }, { engagement_id: null }),
		];
		for (const event of events) expect(await trigger.send(signed(event))).toEqual(ACCEPTED);
		expect(await trigger.newRuns(events.length)).toEqual(events.map((event) => [event]));
		await trigger.deactivate();
	});
});

describe('without what is needed to check a signature', () => {
	it.each<[string, TriggerOptions, string | RegExp]>([
		['a secret', { secrets: { signingSecret: ' ' } }, "'Signing Secret' isn't set"],
		[
			'a secret of the right form',
			{
				parameters: { options: { signedContent: 'standardWebhooks' } },
				secrets: { signingSecret: 'not the base64 it ought to be' },
			},
			'not one of Standard Webhooks',
		],
		['a secret that can work', { secrets: { signingSecret: '••••••••••••••••' } }, "can't work"],
		// n8n itself looks after required parameters; 1.x leaves that to the node.
		[
			'an event',
			{ parameters: { events: [] } },
			/configuration issues|'Trigger On' has no event chosen/,
		],
		[
			'a filter that can be read',
			{ parameters: { options: { severities: '={{ undefined }}' } } },
			"'Severities' isn't a comma-separated list",
		],
	])("can't be activated without %s", async (_name, options, message) => {
		const trigger = await TriggerWorkflow.save(client, options);
		await expect(trigger.activate()).rejects.toThrow(message);
	});

	it("can't be activated without a credential that can be read, which is said", async () => {
		const trigger = await TriggerWorkflow.save(client);
		await client.deleteCredential(trigger.credential);
		await expect(trigger.activate()).rejects.toThrow(/^(?!.*isn't set).*credential/is);
	});

	it.each([
		['is emptied', async (trigger: TriggerWorkflow) => await trigger.changeSecrets({})],
		[
			'is made of blanks',
			async (trigger: TriggerWorkflow) => await trigger.changeSecrets({ signingSecret: '  ' }),
		],
		[
			'is emptied but for the previous one',
			async (trigger: TriggerWorkflow) =>
				await trigger.changeSecrets({ previousSigningSecret: SECRET }),
		],
		[
			'is gone with its credential',
			async (trigger: TriggerWorkflow) => await client.deleteCredential(trigger.credential),
		],
	])('answers 500 and runs nothing once the secret %s', async (_name, change) => {
		const trigger = await TriggerWorkflow.start(client);
		await change(trigger);
		for (const message of [
			signed(finding()),
			signed(finding(), ''),
			signed(finding(), '  '),
			signed(finding(), 'undefined'),
		]) {
			expect(await trigger.send(message)).toEqual(refusedWith(500));
		}
		// Nothing is read for one that claims no signature.
		expect(await trigger.send(delivery(JSON.stringify(finding())))).toEqual(refusedWith(401));
		expect(await trigger.newRuns()).toEqual([]);
		await trigger.deactivate();
	});

	it("answers 500 and runs nothing where n8n has used up the body's bytes", async () => {
		const trigger = await TriggerWorkflow.start(client);
		const body = [
			'--limit',
			'content-disposition: form-data; name="payload"',
			'',
			JSON.stringify(finding()),
			'--limit--',
			'',
		].join('\r\n');
		const type = 'multipart/form-data; boundary=limit';
		expect(await send(trigger.url, signed(body, SECRET, type))).toEqual(refusedWith(500));
		expect(await trigger.newRuns()).toEqual([]);
		await trigger.deactivate();
	});
});
