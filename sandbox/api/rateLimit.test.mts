import { describe, expect, test } from 'vitest';

import { startSandbox, type Sandbox, type SandboxOptions } from '../server.mts';
import { authorized, call, CONTROL_PATH } from '../testing/api.mts';
import { PLANS } from './rateLimit.mts';

async function withSandbox(
	options: SandboxOptions,
	work: (sandbox: Sandbox, get: () => ReturnType<typeof call>) => Promise<void>,
): Promise<void> {
	const sandbox = await startSandbox(options);
	try {
		const headers = await authorized(sandbox);
		await work(sandbox, async () => await call(sandbox, CONTROL_PATH, { headers }));
	} finally {
		await sandbox.close();
	}
}

test('the plans are those of the API page', () => {
	expect(PLANS).toEqual({
		standard: { perMinute: 60, burst: 100 },
		enterprise: { perMinute: 600, burst: 1_000 },
		unlimited: undefined,
	});
});

describe.each([
	['standard', 60, 100],
	['enterprise', 600, 1_000],
] as const)('the %s plan', (plan, perMinute, burst) => {
	test('accepts its burst, then refuses with 429 and tells when to come back', async () => {
		// So slow that nothing is refilled meanwhile.
		await withSandbox({ plan, clockSpeed: 0.001, retryAfter: true }, async (sandbox, get) => {
			const accepted = await Promise.all(Array.from({ length: burst }, get));
			expect(accepted.map(({ status }) => status)).toEqual(Array(burst).fill(200));
			const remaining = accepted.map(({ headers }) => Number(headers['x-ratelimit-remaining']));
			expect(remaining.sort((a, b) => b - a)).toEqual(
				Array.from({ length: burst }, (_, index) => burst - 1 - index),
			);

			const refused = await get();
			expect(refused.status).toBe(429);
			expect(refused.json).toMatchObject({
				type: 'https://api.augixsys.com/errors/rate-limited',
				title: 'Rate Limited',
			});
			expect(refused.headers).toMatchObject({
				'x-ratelimit-limit': String(perMinute),
				'x-ratelimit-remaining': '0',
				'retry-after': '1',
			});
			const now = Date.parse(refused.headers.date!) / 1_000;
			const reset = Number(refused.headers['x-ratelimit-reset']);
			expect(reset - now).toBeGreaterThanOrEqual(0);
			expect(reset - now).toBeLessThanOrEqual(2);
			expect((await sandbox.admin.stats()).refusals).toBe(1);
		});
	});
});

test("the bucket is refilled on the service's clock", async () => {
	// 600 a second: what's beyond the burst is there soon, and never would be without a refill.
	await withSandbox({ plan: 'standard', clockSpeed: 600 }, async (_sandbox, get) => {
		let accepted = 0;
		for (const deadline = Date.now() + 20_000; accepted < 300 && Date.now() < deadline; ) {
			const answers = await Promise.all(Array.from({ length: 50 }, get));
			accepted += answers.filter(({ status }) => status === 200).length;
		}
		expect(accepted).toBeGreaterThanOrEqual(300);
	});
});

test('without Retry-After where it was not chosen', async () => {
	await withSandbox({ plan: 'standard', clockSpeed: 0.001 }, async (_sandbox, get) => {
		await Promise.all(Array.from({ length: 100 }, get));
		const refused = await get();
		expect(refused.status).toBe(429);
		expect(refused.headers['retry-after']).toBeUndefined();
	});
});

test('the unlimited plan has no limit, so it tells none', async () => {
	await withSandbox({ plan: 'unlimited' }, async (_sandbox, get) => {
		const answers = await Promise.all(Array.from({ length: 150 }, get));
		for (const { status, headers } of answers) {
			expect(status).toBe(200);
			expect(Object.keys(headers).filter((name) => name.startsWith('x-ratelimit'))).toEqual([]);
		}
	});
});

test('clients have limits of their own; requests of nobody share one', async () => {
	await withSandbox({ plan: 'standard', clockSpeed: 0.001 }, async (sandbox, get) => {
		const other = await sandbox.admin.addClient({ clientId: 'other' });
		const headers = await authorized(sandbox, {
			client_id: other.clientId,
			client_secret: other.clientSecret,
		});
		const remaining = async (sender?: { authorization: string }) =>
			Number(
				(await call(sandbox, CONTROL_PATH, { headers: sender })).headers['x-ratelimit-remaining'],
			);
		await get();
		expect(await remaining(headers)).toBe(99);
		// The two token requests came from nobody who was known yet.
		expect(await remaining()).toBe(97);
		// An expired token still counts for its client.
		await sandbox.admin.expireTokens();
		expect(await remaining(headers)).toBe(98);
	});
});

test('a change of plan holds at once', async () => {
	await withSandbox({ plan: 'standard' }, async (sandbox, get) => {
		expect((await get()).headers['x-ratelimit-limit']).toBe('60');
		await sandbox.admin.setPlan('enterprise');
		expect((await get()).headers['x-ratelimit-limit']).toBe('600');
	});
});

test.each([
	['milliseconds', 'standard', { 'x-ratelimit-reset': expect.stringMatching(/^\d{13}$/) }],
	['far-away', 'standard', { 'x-ratelimit-reset': '4102444800' }],
	['negative', 'unlimited', { 'x-ratelimit-limit': '-1', 'x-ratelimit-remaining': '-1' }],
	['none', 'standard', {}],
] as const)('headers as other services write them: %s', async (style, plan, expected) => {
	await withSandbox({ plan, rateLimitHeaders: style }, async (_sandbox, get) => {
		const { headers } = await get();
		expect(headers).toMatchObject(expected);
		if (style === 'none') expect(headers).not.toHaveProperty('x-ratelimit-limit');
	});
});
