import fc from 'fast-check';
import { expect, test } from 'vitest';

import { ServerClock } from '../../../nodes/Auditdex/api/limits/serverClock.ts';

const START = Date.parse('2026-04-20T09:14:32.317Z');
const httpDate = (ms: number) => new Date(ms).toUTCString();

test('the local clock counts until an answer tells the server’s', () => {
	const clock = new ServerClock();
	expect(clock.read(undefined, START)).toBe(START);
	expect(clock.read('no date', START)).toBe(START);
	expect(clock.read(httpDate(START + 60_000), START)).toBe(START + 60_000 - 317);
});

test('a Date that is missing later on changes nothing', () => {
	const clock = new ServerClock();
	clock.read(httpDate(START + 60_000), START);
	expect(clock.read(undefined, START + 500)).toBe(START + 60_000 - 317 + 500);
});

test('the more answers there are, the nearer to the truth; never ahead of it', () => {
	const skews = fc.integer({ min: -86_400_000, max: 86_400_000 });
	const gaps = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 30, maxLength: 60 });
	const late = fc.integer({ min: 0, max: 50 });
	fc.assert(
		fc.property(skews, gaps, late, (skew, waits, lateBy) => {
			const clock = new ServerClock();
			let now = START;
			let lag = Infinity;
			for (const wait of waits) {
				now += wait;
				const read = clock.read(httpDate(now - lateBy + skew), now);
				expect(read).toBeLessThanOrEqual(now + skew);
				expect(now + skew - read).toBeLessThanOrEqual(lag);
				lag = now + skew - read;
			}
			expect(lag).toBeLessThan(1_000 + lateBy);
		}),
	);
});

test('an answer that took long does not set the clock back', () => {
	const clock = new ServerClock();
	clock.read(httpDate(START), START);
	expect(clock.read(httpDate(START), START + 2_500)).toBe(START - 317 + 2_500);
});

test('a clock that was set back is believed', () => {
	const clock = new ServerClock();
	clock.read(httpDate(START), START);
	expect(clock.read(httpDate(START - 60_000), START)).toBe(START - 317 - 60_000);
});

test('what is forgotten is learned anew', () => {
	const clock = new ServerClock();
	clock.read(httpDate(START), START);
	clock.forget();
	expect(clock.read(httpDate(START - 1_000), START)).toBe(START - 1_317);
});
