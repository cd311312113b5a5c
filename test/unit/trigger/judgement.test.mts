import { createHmac } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';

import {
	isFlaw,
	readConfiguration,
	type TriggerConfiguration,
} from '../../../nodes/AuditdexTrigger/configuration.ts';
import { judgeDelivery, type SecretsSource } from '../../../nodes/AuditdexTrigger/judgement.ts';

const SECRET = 'kE8vQ2nX5tR9wZ3bC6mJ1pL4';
const NOW = 1_776_676_472;

const configuration = (options = {}, events: unknown = ['finding.raised']) => {
	const read = readConfiguration({ events, responseMode: 'onReceived', options });
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

/** Secrets that were read within the last second, and those of now. */
const source = (recent: unknown = SECRET, now: unknown = recent) => ({
	recent: vi.fn(async () => ({ value: { signingSecret: recent }, isNew: false })),
	anew: vi.fn(async () => ({ value: { signingSecret: now }, isNew: true })),
});

async function judge(
	body: Buffer | undefined,
	signature: string | undefined = body && sign(body),
	config: TriggerConfiguration = configuration(),
	secrets: SecretsSource = source(),
) {
	const headers = { 'x-auditdex-signature': signature };
	return await judgeDelivery({ headers, readBody: async () => body }, config, secrets, NOW);
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

	test('without a signature is refused before its body or a secret is read', async () => {
		const readBody = vi.fn(async () => bodyOf());
		const secrets = source();
		for (const value of [undefined, '', 'sha256=zz', '0'.repeat(5000)]) {
			const headers = { 'x-auditdex-signature': value };
			const verdict = await judgeDelivery({ headers, readBody }, configuration(), secrets, NOW);
			expect(verdict).toMatchObject(refused(401));
		}
		for (const read of [readBody, secrets.recent, secrets.anew]) {
			expect(read).not.toHaveBeenCalled();
		}
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
			expect(verdict).toMatchObject(refused(401));
			expect('detail' in verdict && verdict.detail?.()).toBe(timestamp);
		}
	});

	test('has a reason that tells nothing of what it holds', async () => {
		const secretive = bodyOf({ event: 'top-secret', timestamp: 'top-secret' });
		for (const signature of [sign(secretive), 'top-secret', '']) {
			const verdict = await judge(secretive, signature);
			expect(JSON.stringify(verdict)).not.toContain('top-secret');
			expect(String('detail' in verdict && verdict.detail?.())).not.toContain('top-secret');
		}
	});
});

describe('secrets', () => {
	test('of the last second are enough where the signature is right', async () => {
		const secrets = source();
		expect(await judge(bodyOf(), undefined, configuration(), secrets)).toMatchObject({
			outcome: 'valid',
		});
		expect(secrets.anew).not.toHaveBeenCalled();
	});

	test('are read anew where it is not, so that a new one counts at once', async () => {
		const changed = source('the one before', SECRET);
		expect(await judge(bodyOf(), undefined, configuration(), changed)).toMatchObject({
			outcome: 'valid',
		});
		const set = source('', SECRET);
		expect(await judge(bodyOf(), undefined, configuration(), set)).toMatchObject({
			outcome: 'valid',
		});
	});

	test('are not read anew where they were read for this delivery', async () => {
		const secrets = source();
		secrets.recent.mockResolvedValue({ value: { signingSecret: 'another' }, isNew: true });
		const verdict = await judge(bodyOf(), undefined, configuration(), secrets);
		expect(verdict).toMatchObject(refused(401));
		expect(secrets.anew).not.toHaveBeenCalled();
	});

	test.each([null, '', ' \n', '\u200b\ufeff', '\0'])(
		'that are %o let nothing in',
		async (secret) => {
			for (const key of ['', ' \n', '\u200b\ufeff', '\0', 'undefined']) {
				const body = bodyOf();
				const verdict = await judge(body, sign(body, key), configuration(), source(secret));
				expect(verdict).toMatchObject(refused(500));
			}
		},
	);

	test("that can't be read let nothing in, and the reason is passed on", async () => {
		const secrets = source();
		secrets.recent.mockRejectedValue(new Error('no such credential'));
		await expect(judge(bodyOf(), undefined, configuration(), secrets)).rejects.toThrow('no such');
	});
});

describe('the log is told', () => {
	const why = async (signature: string, secret: string = SECRET, options = {}) => {
		const body = bodyOf();
		const verdict = await judge(body, signature, configuration(options), source(secret));
		expect(verdict).toMatchObject(refused(401));
		return 'detail' in verdict ? verdict.detail?.() : undefined;
	};

	test('what would have made a signature valid', async () => {
		const body = bodyOf();
		expect(await why(sign(body), ` ${SECRET}`, { signedContent: 'timestampBody' })).toBe(undefined);
		expect(await why(sign(body, `${SECRET}\n`), `${SECRET}\n`)).toContain('line break around it');
		expect(await why(sign(body, 'another'))).toBeUndefined();
	});
});
