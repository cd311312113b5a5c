import { createHmac } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';

import {
	isFlaw,
	readConfiguration,
	type TriggerConfiguration,
} from '../../../nodes/AuditdexTrigger/configuration.ts';
import { judgeDelivery } from '../../../nodes/AuditdexTrigger/delivery.ts';
import { signingKeysOf } from '../../../nodes/AuditdexTrigger/signingKeys.ts';

const SECRET = 'kE8vQ2nX5tR9wZ3bC6mJ1pL4';
const NOW = 1_776_676_472;

const configuration = (options = {}, events: unknown = ['finding.raised']) => {
	const read = readConfiguration(events, options);
	if (isFlaw(read)) throw new Error(read.message);
	return read;
};

const bodyOf = (changes: object = {}) =>
	Buffer.from(
		JSON.stringify({
			event: 'finding.raised',
			timestamp: new Date(NOW * 1000).toISOString(),
			data: { finding_id: 'fnd_1' },
			...changes,
		}),
	);
const sign = (body: Buffer, secret = SECRET) =>
	createHmac('sha256', secret).update(body).digest('hex');

const keys = signingKeysOf({ signingSecret: SECRET }, 'body')!;

async function judge(
	body: Buffer | undefined,
	signature: string | undefined = body && sign(body),
	config: TriggerConfiguration = configuration(),
) {
	const headers = { 'x-auditdex-signature': signature };
	return await judgeDelivery({ headers, readBody: async () => body }, config, keys, NOW);
}

const refused = (status: number) => ({ outcome: 'refused', status });

describe('a delivery', () => {
	test('that is signed, recent and subscribed is valid, and comes with its event and bytes', async () => {
		const body = bodyOf();
		const verdict = await judge(body);
		expect(verdict).toEqual({
			outcome: 'valid',
			event: JSON.parse(body.toString()),
			body,
			messageId: undefined,
		});
	});

	test('of an event that is not subscribed is ignored', async () => {
		expect(await judge(bodyOf({ event: 'other' }))).toEqual({ outcome: 'ignored' });
	});

	test('without a signature is refused before its body is read', async () => {
		const readBody = vi.fn(async () => bodyOf());
		const verdict = await judgeDelivery({ headers: {}, readBody }, configuration(), keys, NOW);
		expect(verdict).toMatchObject(refused(401));
		expect(readBody).not.toHaveBeenCalled();
	});

	test("whose bytes can't be had is never accepted", async () => {
		const verdict = await judge(undefined, sign(Buffer.alloc(0)));
		expect(verdict).toMatchObject(refused(500));
	});

	test.each<[string, Buffer]>([
		['not JSON', Buffer.from('finding.raised')],
		['no event', bodyOf({ event: undefined })],
		['empty', Buffer.alloc(0)],
	])('whose body is %s gets 400 if it is signed, and 401 if not', async (_name, body) => {
		expect(await judge(body)).toMatchObject(refused(400));
		expect(await judge(body, sign(body, 'another'))).toMatchObject(refused(401));
	});

	test.each([
		['too old', -259_201],
		['too far ahead', 301],
	])('%s is refused, subscribed or not, and its time goes to the log', async (_name, offset) => {
		const timestamp = new Date((NOW + offset) * 1000).toISOString();
		for (const event of ['finding.raised', 'other']) {
			const verdict = await judge(bodyOf({ timestamp, event }));
			expect(verdict).toMatchObject({ ...refused(401), detail: timestamp });
		}
	});

	test('has a reason that tells nothing of what it holds', async () => {
		const secretive = bodyOf({ event: 'top-secret', timestamp: 'top-secret' });
		for (const signature of [sign(secretive), 'top-secret', '']) {
			const verdict = await judge(secretive, signature);
			expect(JSON.stringify(verdict)).not.toContain('top-secret');
		}
	});
});
