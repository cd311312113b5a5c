import { expect, test } from 'vitest';

import { PLANS } from '../../sandbox/api/rateLimit.mts';
import type { SandboxOptions } from '../../sandbox/server.mts';
import { openAccount, type Account } from './harness/account.mts';
import { emptyItems } from './harness/engine.mts';
import { getControl } from './harness/parameters.mts';
import { requestsSeen } from './harness/traffic.mts';

/** Each plan is used to the full and never run into. In real time, and side by side as they wait. */
async function withAccount(options: SandboxOptions, work: (account: Account) => Promise<void>) {
	const account = await openAccount(options);
	try {
		await work(account);
	} finally {
		await account.close();
	}
}

/** The shortest time in which a plan accepts so many requests, in milliseconds: burst, then rate. */
const leastMs = (plan: 'standard' | 'enterprise', requests: number) =>
	((requests - PLANS[plan].burst) / PLANS[plan].perMinute) * 60_000;

/** From the first request to the last, on the sandbox's clock. */
async function tookMs({ sandbox }: Account): Promise<number> {
	const { firstRequestAt, lastRequestAt } = await sandbox.admin.stats();
	return lastRequestAt! - firstRequestAt!;
}

/**
 * Expects that what was just run took a plan's shortest time, and no more than a share of it beside. A
 * machine so busy that the requests alone take their time can't keep within that: they're sent again
 * without a plan.
 */
async function expectTook(
	account: Account,
	{ atLeast, share }: { atLeast: number; share: number },
	again: () => Promise<unknown>,
): Promise<void> {
	const took = await tookMs(account);
	const { admin } = account.sandbox;
	await admin.setPlan('unlimited');
	await admin.resetStats();
	await again();
	const unlimited = await tookMs(account);
	console.log(`${took} ms of ${atLeast}; without a plan ${unlimited} ms`);
	expect(took).toBeLessThan(Math.max(atLeast * (1 + share), atLeast + unlimited * 1.5));
}

test.concurrent(
	'1,200 items on the Enterprise plan: none refused, within 10 % of its minimum',
	async () => {
		await withAccount({ plan: 'enterprise' }, async (account) => {
			const run = async () => await account.run(getControl(), emptyItems(1_200));
			const { status, output } = await run();
			expect(status).toBe('success');
			expect(output.filter(({ json }) => json.id === 'ctrl_abc123')).toHaveLength(1_200);
			const { refusals } = await account.sandbox.admin.stats();
			expect(refusals).toBeLessThanOrEqual(1);
			expect(await requestsSeen(account.sandbox)).toMatchObject({ getControl: 1_200 + refusals });
			await expectTook(account, { atLeast: leastMs('enterprise', 1_200), share: 0.1 }, run);
		});
	},
);

test.concurrent('three executions at once on the Standard plan: all done', async () => {
	await withAccount({ plan: 'standard' }, async (account) => {
		const run = async () =>
			await Promise.all([1, 2, 3].map(async () => await account.run(getControl(), emptyItems(45))));
		for (const { status, output } of await run()) {
			expect(status).toBe('success');
			expect(output).toHaveLength(45);
		}
		const { refusals } = await account.sandbox.admin.stats();
		expect(refusals).toBeLessThanOrEqual(1);
		await expectTook(account, { atLeast: leastMs('standard', 135), share: 0.2 }, run);
	});
});

test.concurrent('a wait longer than Max Wait fails and says when to try again', async () => {
	await withAccount({ plan: 'standard' }, async (account) => {
		const options = { maxWaitSeconds: 0, parallelRequests: 1 };
		// So many that also where each takes long the plan's minute ends before they do.
		const { output } = await account.run(getControl({ options }), emptyItems(300), {
			node: { onError: 'continueRegularOutput' },
		});
		const failed = output.filter(({ json }) => 'error' in json);
		expect(failed.length).toBeGreaterThan(0);
		expect(output.slice(0, 100).every(({ json }) => json.id === 'ctrl_abc123')).toBe(true);
		for (const { json } of failed) {
			expect(json.error).toMatch(
				/^The rate limit .* is used up until 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC/,
			);
			expect(json.problem).toMatchObject({
				status: 429,
				detail: expect.stringMatching(/Run the workflow again after .*, or raise 'Max Wait'/),
			});
		}
		expect((await account.sandbox.admin.stats()).refusals).toBe(0);
	});
});
