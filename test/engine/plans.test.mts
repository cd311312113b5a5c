import { afterEach, expect, test } from 'vitest';

import { PLANS } from '../../sandbox/api/rateLimit.mts';
import { openAccount, type Account } from './harness/account.mts';
import { getControl } from './harness/parameters.mts';
import { requestsSeen } from './harness/traffic.mts';

/** Each plan is used to the full and never run into. */
let account: Account;
afterEach(async () => await account.close());

const itemsOf = (count: number) => Array.from({ length: count }, () => ({ json: {} }));

test('1,200 items on the Enterprise plan take hardly longer than it allows, with no refusal', async () => {
	account = await openAccount({ plan: 'enterprise' });
	const { status, output } = await account.run(getControl(), itemsOf(1_200));
	expect(status).toBe('success');
	expect(output).toHaveLength(1_200);
	const { refusals, firstRequestAt, lastRequestAt } = await account.sandbox.admin.stats();
	const { perMinute, burst } = PLANS.enterprise;
	const least = ((1_200 - burst) / perMinute) * 60_000;
	const took = lastRequestAt! - firstRequestAt!;
	console.log(`Enterprise: ${took} ms of at least ${least} ms, ${refusals} refusals`);
	expect(took).toBeLessThan(least * 1.1);
	expect(refusals).toBeLessThanOrEqual(1);
	expect(await requestsSeen(account.sandbox)).toMatchObject({ getControl: 1_200 + refusals });
});
