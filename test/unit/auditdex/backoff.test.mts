import fc from 'fast-check';
import { expect, test } from 'vitest';

import { backoffMs } from '../../../nodes/Auditdex/api/request/backoff.ts';

test('waits double up to half a minute, half of them left to chance', () => {
	const most = Array.from({ length: 10 }, (_, attempt) => backoffMs(attempt, () => 1));
	expect(most.slice(0, 7)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000]);
	expect(most.slice(7)).toEqual([30_000, 30_000, 30_000]);
	fc.assert(
		fc.property(fc.nat(2_000), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, chance) => {
			const full = backoffMs(attempt, () => 1);
			const wait = backoffMs(attempt, () => chance);
			expect(wait).toBeGreaterThanOrEqual(full / 2);
			expect(wait).toBeLessThanOrEqual(full);
		}),
	);
});
