import { expect, test } from 'vitest';

import { RETRY_WAITS_MS, waitBeforeRetry } from './retries.mts';

const HOUR_MS = 3_600_000;

test('waits grow, and end before three days are over', () => {
	const sorted = [...RETRY_WAITS_MS].sort((a, b) => a - b);
	expect(RETRY_WAITS_MS).toEqual(sorted);
	const all = RETRY_WAITS_MS.reduce<number>((sum, wait) => sum + wait, 0);
	expect(all).toBeGreaterThan(66 * HOUR_MS);
	expect(all).toBeLessThan(72 * HOUR_MS);
});

test('a wait is never longer than planned, nor much shorter', () => {
	RETRY_WAITS_MS.forEach((planned, retries) => {
		for (const random of [0, 0.5, 0.999]) {
			const wait = waitBeforeRetry(retries, random)!;
			expect(wait).toBeLessThanOrEqual(planned);
			expect(wait).toBeGreaterThan(planned * 0.89);
		}
	});
	expect(waitBeforeRetry(RETRY_WAITS_MS.length)).toBeUndefined();
});
