import { describe, expect, test } from 'vitest';

import type { HttpAnswer } from '../../../nodes/Auditdex/api/request/httpAnswer.ts';
import { rateLimitGateFor, RateLimitGate } from '../../../nodes/Auditdex/api/limits/rateLimit.ts';
import { VirtualTime } from './virtualTime.mts';

const MAX_WAIT_MS = 120_000;

/** A gate on a clock of its own that leaves nothing to chance. */
function gateAt(random = () => 0) {
	const time = new VirtualTime();
	const gate = new RateLimitGate(time.now, random, time.now);
	const answer = (status: number, headers: Record<string, string> = {}): HttpAnswer => ({
		status,
		headers: { date: new Date(time.now()).toUTCString(), ...headers },
		body: '',
	});
	const enter = async (maxWaitMs = MAX_WAIT_MS) => await gate.enter(time.sleep, maxWaitMs);
	/** Passes the gate once with this answer, and returns how long it had to wait. */
	const request = async (given: () => HttpAnswer | undefined, maxWaitMs = MAX_WAIT_MS) => {
		const from = time.now();
		const pass = await time.run(enter(maxWaitMs));
		gate.leave(pass, given());
		return time.now() - from;
	};
	return { time, gate, answer, enter, request };
}

const left = (remaining: number, seconds = 30) => ({
	'x-ratelimit-limit': '60',
	'x-ratelimit-remaining': String(remaining),
	'retry-after': String(seconds),
});

/** Whether a promise settles before time has to pass. */
async function settlesAtOnce(work: Promise<unknown>): Promise<boolean> {
	const later = new Promise<false>((resolve) => setImmediate(() => resolve(false)));
	return await Promise.race([work.then(() => true as const), later]);
}

describe('the gate', () => {
	test('lets everything pass where the service knows no limit', async () => {
		const { request, answer, enter } = gateAt();
		await request(() => answer(200));
		const passes = Array.from({ length: 50 }, async () => await enter());
		expect(await settlesAtOnce(Promise.all(passes))).toBe(true);
	});

	test('sends one request ahead to learn how much room there is', async () => {
		const { gate, answer, enter } = gateAt();
		const scout = await enter();
		const others = [enter(), enter(), enter()];
		expect(await settlesAtOnce(Promise.race(others))).toBe(false);
		gate.leave(scout, answer(200, left(2)));
		expect(await settlesAtOnce(Promise.all(others.slice(0, 2)))).toBe(true);
		expect(await settlesAtOnce(others[2]!)).toBe(false);
	});

	test('sends another ahead when the first got no answer', async () => {
		const { gate, enter } = gateAt();
		const scout = await enter();
		const next = enter();
		gate.leave(scout, undefined);
		expect(await next).toMatchObject({ scout: true });
	});

	test('sends another ahead when the first takes long, such as a large upload', async () => {
		const { time, enter } = gateAt();
		const from = time.now();
		await time.run(Promise.all([enter(), enter(), enter()]));
		expect(time.now() - from).toBeGreaterThanOrEqual(4_000);
		expect(time.now() - from).toBeLessThan(8_000);
	});

	test('never has more requests under way than the service accepts', async () => {
		const { gate, request, answer, enter } = gateAt();
		await request(() => answer(200, left(3)));
		const passes = await Promise.all([enter(), enter(), enter()]);
		const fourth = enter();
		expect(await settlesAtOnce(fourth)).toBe(false);
		gate.leave(passes[0]!, answer(200, left(3)));
		expect(await settlesAtOnce(fourth)).toBe(true);
	});

	test('waits until the reset when nothing is left, before it would be refused', async () => {
		const { request, answer } = gateAt();
		await request(() => answer(200, left(0, 30)));
		expect(await request(() => answer(200, left(5)))).toBe(30_000);
		expect(await request(() => answer(200, left(5)))).toBe(0);
	});

	test('waits as long as a 429 says, all requests together', async () => {
		const { time, gate, request, answer, enter } = gateAt();
		await request(() => answer(200, left(10)));
		const [first, second] = [await enter(), await enter()];
		gate.leave(first, answer(429, left(5, 40)));
		gate.leave(second, answer(200, left(5)));
		const from = time.now();
		const scout = await time.run(enter());
		expect(time.now() - from).toBe(40_000);
		gate.leave(scout, answer(200, left(5)));
		await time.run(Promise.all([enter(), enter()]));
		expect(time.now() - from).toBe(40_000);
	});

	test('an earlier 429 is not forgotten over an answer that asks for less', async () => {
		const { gate, request, answer, enter } = gateAt();
		await request(() => answer(200, left(10)));
		const [first, second] = [await enter(), await enter()];
		gate.leave(first, answer(429, left(0, 40)));
		gate.leave(second, answer(429, left(0, 10)));
		expect(await request(() => answer(200))).toBe(40_000);
	});

	test('waits longer and longer, past a minute in all, where a 429 does not say how long', async () => {
		const { request, answer } = gateAt();
		const waits: number[] = [];
		for (let n = 0; n < 8; n++) waits.push(await request(() => answer(429)));
		expect(waits).toEqual([0, 1, 2, 4, 8, 16, 32, 32].map((seconds) => seconds * 1_000));
		await request(() => answer(200));
		await request(() => answer(429));
		expect(await request(() => answer(200))).toBe(1_000);
	});

	test.each<Record<string, string>>([
		{ 'retry-after': '0' },
		{ 'x-ratelimit-reset': '1' },
		{ 'retry-after': 'later' },
	])('waits a moment after a 429 with %j', async (headers) => {
		const { request, answer } = gateAt();
		await request(() => answer(429, headers));
		expect(await request(() => answer(200))).toBeGreaterThanOrEqual(1_000);
	});

	test.each(['unlimited', '', '1e3'])('is not held up by “remaining: %s”', async (remaining) => {
		const { request, answer } = gateAt();
		const headers = { 'x-ratelimit-remaining': remaining, 'retry-after': '30' };
		await request(() => answer(200, headers));
		expect(await request(() => answer(200, headers))).toBe(0);
	});

	test('goes on when nothing is left but no reset is told', async () => {
		const { request, answer } = gateAt();
		const none = { 'x-ratelimit-remaining': '0' };
		await request(() => answer(200, none));
		expect(await request(() => answer(200, none))).toBe(0);
	});

	test('an answer that was overtaken can only lower what is known', async () => {
		const { gate, request, answer, enter } = gateAt();
		await request(() => answer(200, left(10)));
		const [early, late] = [await enter(), await enter()];
		gate.leave(late, answer(200, left(1)));
		gate.leave(early, answer(200, left(9)));
		await enter();
		expect(await settlesAtOnce(enter())).toBe(false);
	});

	test('lets requests pass in the order they came, a refused one after the others', async () => {
		const { time, gate, request, answer, enter } = gateAt();
		await request(() => answer(200, left(1)));
		const order: string[] = [];
		const pass = await enter();
		const come = async (name: string) => {
			const own = await enter();
			order.push(name);
			gate.leave(own, answer(200, left(1)));
		};
		const others = [come('first'), come('second'), come('third')];
		gate.leave(pass, answer(429, left(0, 10)));
		await time.run(Promise.all([...others, come('refused')]));
		expect(order).toEqual(['first', 'second', 'third', 'refused']);
	});

	test('spreads requests further the more of them are refused, and less again later', async () => {
		const { request, answer } = gateAt(() => 0.5);
		const spread = async (status: number) => {
			await request(() => answer(status, left(0, 10)));
			return (await request(() => answer(200, left(1)))) - 10_000;
		};
		const lone = await spread(200);
		const crowded = [await spread(429), await spread(429), await spread(429)];
		expect(lone).toBeLessThan(crowded[0]!);
		expect(crowded).toEqual([...crowded].sort((a, b) => a - b));
		for (let n = 0; n < 200; n++) await request(() => answer(200, left(1)));
		expect(await spread(200)).toBe(lone);
	});
});

describe('one odd header does not stop the client', () => {
	const FAR_AWAY = '4102444800'; // in the year 2100

	test.each([FAR_AWAY, `${FAR_AWAY}000`, '9'.repeat(400), 'never', '2100-01-01T00:00:00Z'])(
		'nothing left until “%s”',
		async (reset) => {
			const { request, answer } = gateAt();
			const odd = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset };
			for (let n = 0; n < 3; n++) expect(await request(() => answer(200, odd), 1_000)).toBe(0);
			await request(() => answer(429, odd));
			expect(await request(() => answer(200, odd))).toBe(1_000);
		},
	);

	test('a Retry-After of a year is believed for an hour, then one is tried', async () => {
		const { time, request, answer, enter } = gateAt();
		const year = { 'retry-after': String(365 * 86_400) };
		await request(() => answer(429, year));
		await expect(enter(3_599_000)).rejects.toThrow('is used up until');
		const dayMs = 86_400_000;
		expect(await request(() => answer(429, year), dayMs)).toBe(3_600_000);
		await time.run(time.sleep(3_600_000));
		expect(await request(() => answer(200), 1_000)).toBe(0);
	});

	test.each(['0.000001', '1'])('a limit of %s a minute', async (limit) => {
		const { request, answer } = gateAt(() => 1);
		const headers = { ...left(0, 60), 'x-ratelimit-limit': limit };
		for (let n = 0; n < 8; n++) await request(() => answer(429, headers), 86_400_000);
		expect(await request(() => answer(200), 86_400_000)).toBeLessThanOrEqual(3_600_000);
	});

	test.each([{ 'x-ratelimit-remaining': '-1' }, { 'x-ratelimit-limit': '-1' }])(
		'%j stands for no limit, whatever was known before',
		async (headers) => {
			const { request, answer, enter } = gateAt();
			await request(() => answer(200, left(2)));
			await request(() => answer(200, { ...left(0), ...headers }));
			const passes = Array.from({ length: 50 }, async () => await enter());
			expect(await settlesAtOnce(Promise.all(passes))).toBe(true);
		},
	);

	test('a large upload under way does not keep others back for long', async () => {
		const { time, request, answer, enter } = gateAt();
		await request(() => answer(200, left(1, 0)));
		await enter(); // takes hours
		const from = time.now();
		await time.run(enter());
		expect(time.now() - from).toBeLessThan(10_000);
	});
});

describe('a wait longer than Max Wait', () => {
	test('fails at once, with a sentence that says when to try again', async () => {
		const { time, request, answer, enter } = gateAt();
		await request(() => answer(429, left(0, 121)));
		const at = new Date(time.now() + 121_000).toISOString().slice(0, 19).replace('T', ' ');
		const refusal = await enter().catch((error: unknown) => error);
		expect(refusal).toMatchObject({
			message: `The rate limit of your AUDITDEX plan is used up until ${at} UTC`,
			description: expect.stringContaining('121 seconds'),
			problem: { status: 429, detail: expect.stringContaining(`after ${at} UTC`) },
		});
	});

	test('is one that the service asks for: what is added for others is left out', async () => {
		const { request, answer } = gateAt(() => 1);
		for (let n = 0; n < 5; n++) await request(() => answer(429, left(0, 10)));
		expect(await request(() => answer(200), 10_000)).toBeLessThanOrEqual(10_000);
	});

	test('is its own, though one before it leaves room for others for longer', async () => {
		const { time, request, answer, enter } = gateAt(() => 1);
		for (let n = 0; n < 5; n++) await request(() => answer(429, left(0, 1)));
		const from = time.now();
		const patient = enter();
		await time.run(enter(3_000));
		expect(time.now() - from).toBeLessThanOrEqual(3_000);
		await time.run(patient);
		expect(time.now() - from).toBeGreaterThan(30_000);
	});

	test('may be any wait at all', async () => {
		const { request, answer, enter } = gateAt();
		await request(() => answer(200, left(0, 1)));
		await expect(enter(0)).rejects.toThrow('is used up until');
	});

	test('does not hold up others', async () => {
		const { request, answer, enter } = gateAt();
		await request(() => answer(429, left(0, 20)));
		await expect(enter(10_000)).rejects.toThrow('is used up until');
		expect(await request(() => answer(200))).toBe(20_000);
	});
});

test('a cancelled request leaves the queue to the others', async () => {
	const { time, gate, request, answer, enter } = gateAt();
	await request(() => answer(200, left(1)));
	const pass = await enter();
	const cancelled = gate.enter(async () => {
		throw new Error('cancelled');
	}, MAX_WAIT_MS);
	const next = enter();
	await expect(cancelled).rejects.toThrow('cancelled');
	gate.leave(pass, answer(200, left(1)));
	await expect(time.run(next)).resolves.toMatchObject({ scout: false });
});

test('executions of one API client share a gate; other clients have their own', () => {
	const gate = rateLimitGateFor('client-a@https://api.augixsys.com/v1');
	expect(rateLimitGateFor('client-a@https://api.augixsys.com/v1')).toBe(gate);
	expect(rateLimitGateFor('client-b@https://api.augixsys.com/v1')).not.toBe(gate);
	for (let n = 0; n < 50; n++) rateLimitGateFor(`client-${n}@https://api.augixsys.com/v1`);
	expect(rateLimitGateFor('client-a@https://api.augixsys.com/v1')).toBe(gate);
});
