import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { AuditdexError } from '../../../nodes/Auditdex/api/errors/auditdexError.ts';
import type { Outcome } from '../../../nodes/Auditdex/api/request/outcome.ts';
import { backoffMs, planRetry, type RetryPlan } from '../../../nodes/Auditdex/api/request/retry.ts';

/** The contract's table "What is safe to send twice". */
const error = new AuditdexError('x');
type Undone = Exclude<Outcome, { kind: 'done' }>;
const refused: Undone = { kind: 'refused', error };
const rateLimited: Undone = { kind: 'rateLimited', error };
const perhaps: Undone = { kind: 'unavailable', processed: 'maybe', error };
const notAtAll: Undone = { kind: 'unavailable', processed: 'no', error };

const GIVE_UP: RetryPlan = { backOff: false, askFirst: false, sendAgain: false };
const AT_ONCE: RetryPlan = { backOff: false, askFirst: false, sendAgain: true };
const AFTER_A_WHILE: RetryPlan = { backOff: true, askFirst: false, sendAgain: true };
const ASK_THEN_SEND: RetryPlan = { backOff: true, askFirst: true, sendAgain: true };
const ASK_ONLY: RetryPlan = { backOff: true, askFirst: true, sendAgain: false };

describe.each<[what: string, outcome: Undone, read: RetryPlan, submit: RetryPlan, last: RetryPlan]>(
	[
		['refused', refused, GIVE_UP, GIVE_UP, GIVE_UP],
		['rate limited', rateLimited, AT_ONCE, AT_ONCE, GIVE_UP],
		['unavailable, not processed', notAtAll, AFTER_A_WHILE, AFTER_A_WHILE, GIVE_UP],
		['unavailable, perhaps processed', perhaps, AFTER_A_WHILE, ASK_THEN_SEND, ASK_ONLY],
	],
)('%s', (_what, outcome, read, submit, last) => {
	test('what may be sent twice', () => {
		expect(planRetry(outcome, true, 1)).toEqual(read);
		expect(planRetry(outcome, true, 0)).toEqual(GIVE_UP);
	});

	test('a submission', () => {
		expect(planRetry(outcome, false, 1)).toEqual(submit);
		expect(planRetry(outcome, false, 0)).toEqual(last);
	});
});

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
