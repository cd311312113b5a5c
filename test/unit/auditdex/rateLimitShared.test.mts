import { describe, expect, test } from 'vitest';

import { RateLimitGate } from '../../../nodes/Auditdex/api/limits/rateLimit.ts';
import { PLANS, rateLimitHeaders, TokenBucket } from '../../../sandbox/api/rateLimit.mts';
import { seededRandom, VirtualTime } from './virtualTime.mts';

/**
 * Gates that know nothing of each other, as in n8n's workers or several n8n installations, using one
 * plan up together: simulated, so that hours pass in a moment.
 */
const PARALLEL_REQUESTS = 4;
const MAX_RETRIES = 5;
const MAX_WAIT_MS = 120_000;
const LATENCY_MS = 40;

/** What the service does with a request that arrives: whether it's accepted, and its headers. */
type Limit = () => { accepted: boolean; headers: Record<string, string> };

function tokenBucket(
	plan: 'standard' | 'enterprise',
	now: () => number,
	retryAfter = false,
): Limit {
	const bucket = new TokenBucket(PLANS[plan].perMinute, PLANS[plan].burst, now);
	return () => {
		const accepted = bucket.take();
		const seconds = Math.max(1, Math.ceil((bucket.resetAt - now()) / 1_000));
		return {
			accepted,
			headers: {
				...rateLimitHeaders(bucket),
				...(retryAfter && !accepted && { 'retry-after': String(seconds) }),
			},
		};
	};
}

/** The other way to limit requests: so many in each minute of the clock. */
function fixedWindow(perMinute: number, now: () => number): Limit {
	let minute = 0;
	let taken = 0;
	return () => {
		const current = Math.floor(now() / 60_000);
		if (current !== minute) [minute, taken] = [current, 0];
		const accepted = taken < perMinute;
		if (accepted) taken += 1;
		return {
			accepted,
			headers: {
				'x-ratelimit-limit': String(perMinute),
				'x-ratelimit-remaining': String(perMinute - taken),
				'x-ratelimit-reset': String((current + 1) * 60),
			},
		};
	};
}

interface Result {
	done: number;
	failed: number;
	refusals: number;
	/** From the first request to the last answer. */
	seconds: number;
	/** Most refusals that one item had. */
	mostRefusals: number;
}

async function simulate(
	gates: number,
	items: number,
	seed: number,
	limitOn: (now: () => number) => Limit,
): Promise<Result> {
	const time = new VirtualTime();
	const random = seededRandom(seed);
	const limit = limitOn(time.now);
	const result: Result = { done: 0, failed: 0, refusals: 0, seconds: 0, mostRefusals: 0 };
	const from = time.now();

	const send = async (gate: RateLimitGate): Promise<boolean> => {
		const pass = await gate.enter(time.sleep, MAX_WAIT_MS);
		await time.sleep(LATENCY_MS * random());
		const { accepted, headers } = limit();
		const date = new Date(time.now()).toUTCString();
		await time.sleep(LATENCY_MS * random());
		gate.leave(pass, { status: accepted ? 200 : 429, headers: { date, ...headers }, body: '' });
		if (!accepted) result.refusals += 1;
		return accepted;
	};
	const doItem = async (gate: RateLimitGate) => {
		for (let refusals = 0; ; refusals++) {
			result.mostRefusals = Math.max(result.mostRefusals, refusals);
			if (refusals > MAX_RETRIES) return (result.failed += 1);
			if (await send(gate)) return (result.done += 1);
		}
	};
	const doAll = async () => {
		const gate = new RateLimitGate(time.now, random, time.now);
		let next = 0;
		const worker = async () => {
			while (next++ < items) await doItem(gate);
		};
		await Promise.all(Array.from({ length: PARALLEL_REQUESTS }, worker));
	};
	await time.run(Promise.all(Array.from({ length: gates }, doAll)));
	result.seconds = (time.now() - from) / 1_000;
	return result;
}

/** The shortest time in which the plan accepts so many requests: burst, then rate. */
const minimumSeconds = (plan: 'standard' | 'enterprise', requests: number) =>
	((requests - PLANS[plan].burst) / PLANS[plan].perMinute) * 60;

const SEEDS = Array.from({ length: 10 }, (_, seed) => seed + 1);

describe.each([
	{ gates: 1, items: 400 },
	{ gates: 3, items: 200 },
	{ gates: 5, items: 200 },
	{ gates: 10, items: 200 },
])('$gates at once, $items items each, on the Standard plan', ({ gates, items }) => {
	test.each([false, true])('all are done, few refused (Retry-After: %s)', async (retryAfter) => {
		const minimum = minimumSeconds('standard', gates * items);
		let refusals = 0;
		for (const seed of SEEDS) {
			const result = await simulate(gates, items, seed, (now) =>
				tokenBucket('standard', now, retryAfter),
			);
			expect(result).toMatchObject({ done: gates * items, failed: 0 });
			expect(result.seconds).toBeLessThan(minimum * 1.1);
			refusals += result.refusals;
		}
		expect(refusals / (SEEDS.length * gates * items)).toBeLessThan(gates === 1 ? 1e-9 : 0.15);
	});
});

test('1,200 items on the Enterprise plan: none refused, within 10 % of the plan’s minimum', async () => {
	for (const seed of SEEDS) {
		const result = await simulate(1, 1_200, seed, (now) => tokenBucket('enterprise', now));
		expect(result).toMatchObject({ done: 1_200, failed: 0, refusals: 0 });
		expect(result.seconds).toBeLessThan(minimumSeconds('enterprise', 1_200) * 1.1);
	}
});

test.each([1, 3, 5])('%i at once where each minute has its own count: all done', async (gates) => {
	for (const seed of SEEDS) {
		const result = await simulate(gates, 100, seed, (now) => fixedWindow(60, now));
		expect(result).toMatchObject({ done: gates * 100, failed: 0 });
		// The last minute is begun, and one more may be lost to those who found it used up.
		expect(result.seconds).toBeLessThan((Math.ceil((gates * 100) / 60) + 1) * 60);
	}
});
