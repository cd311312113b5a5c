import { expect, test } from 'vitest';

import { QUIET_SECONDS, RefusalLog } from '../../../nodes/AuditdexTrigger/refusalLog.ts';

const NOW = 1_776_676_472;

test('of many refusals of a kind one a minute is logged, with the number of the others', () => {
	const log = new RefusalLog();
	expect(log.unloggedBefore('wrong signature', NOW)).toBe(0);
	for (let n = 0; n < 1000; n++) {
		expect(log.unloggedBefore('wrong signature', NOW + n / 100)).toBeUndefined();
	}
	expect(log.unloggedBefore('wrong signature', NOW + QUIET_SECONDS)).toBe(1000);
	expect(log.unloggedBefore('wrong signature', NOW + QUIET_SECONDS + 1)).toBeUndefined();
	expect(log.unloggedBefore('wrong signature', NOW + 3 * QUIET_SECONDS)).toBe(1);
});

test('those of a kind hide none of another', () => {
	const log = new RefusalLog();
	expect(log.unloggedBefore('wrong signature', NOW)).toBe(0);
	expect(log.unloggedBefore('too old', NOW)).toBe(0);
});

test('any number of kinds takes little memory', () => {
	const log = new RefusalLog();
	for (let n = 0; n < 5_000; n++) expect(log.unloggedBefore(`kind ${n}`, NOW)).toBe(0);
	// The latest are known, the first ones were let go of.
	expect(log.unloggedBefore('kind 4999', NOW)).toBeUndefined();
	expect(log.unloggedBefore('kind 0', NOW)).toBe(0);
});
