/**
 * Part of every test of the sandbox: what crosses the wire in it is held against the document, and
 * the test fails on what the document doesn't allow.
 */
import { afterEach, expect } from 'vitest';

import { watchExchanges } from './exchange.mts';
import { record, takeFindings } from './record.mts';

watchExchanges(record);

afterEach(async () => {
	const { found, expected } = await takeFindings();
	for (const deviation of expected) expect(found.join('\n')).toMatch(deviation);
	const unexpected = found.filter((text) => !expected.some((deviation) => deviation.test(text)));
	expect([...new Set(unexpected)], 'what docs/openapi.yaml does not allow').toEqual([]);
});
