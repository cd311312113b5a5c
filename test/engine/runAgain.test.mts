/**
 * n8n runs the node again: with Retry On Fail, and with "Retry" on a failed execution. What the
 * execution has stored is output again and not sent.
 */
import { createHash, randomUUID } from 'node:crypto';

import type { INodeExecutionData, INodeParameters } from 'n8n-workflow';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import type { FaultKind } from '../../sandbox/faults.mts';
import { openAccount, type Account } from './harness/account.mts';
import { keepContent } from './harness/binary.mts';
import { speedUpSettling } from './harness/limits.mts';
import { submit } from './harness/parameters.mts';
import { problem, startService } from './harness/service.mts';
import { requestsSeen } from './harness/traffic.mts';

let account: Account;
beforeAll(() => speedUpSettling(20));
afterAll(() => speedUpSettling());
beforeEach(async () => {
	account = await openAccount();
});
afterEach(async () => await account.close());

const itemWith = async (content: string): Promise<INodeExecutionData> => ({
	json: {},
	binary: { data: await keepContent(content, { fileName: 'evidence.txt' }) },
});
const RETRY = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 };

/** The n-th submission from now on gets the fault; those before it and after it none. */
async function failNth(n: number, kind: FaultKind, times = 1): Promise<void> {
	const { admin } = account.sandbox;
	const operation = 'submitEvidence';
	if (n > 1) await admin.addFault({ kind: 'slow', delayMs: 1, operation, times: n - 1 });
	await admin.addFault({ kind, operation, times });
}

const run = async (
	items: INodeExecutionData[],
	options: INodeParameters = {},
	node: object = RETRY,
) =>
	await account.run(
		submit({ options: { parallelRequests: 1, maxRetries: 0, ...options } }),
		items,
		{
			node,
		},
	);

const stored = async () => await account.sandbox.admin.listEvidence();
const threeItems = async () =>
	await Promise.all(['a', 'b', 'c'].map(async (name) => await itemWith(`${name} ${randomUUID()}`)));

async function expectThreeStoredOnce(output: INodeExecutionData[]): Promise<void> {
	const evidence = await stored();
	expect(evidence).toHaveLength(3);
	expect(new Set(evidence.map(({ sha256 }) => sha256)).size).toBe(3);
	expect(output).toHaveLength(3);
	for (const { json } of output) expect(json.integrity).toMatchObject({ verified: true });
	expect(output.map(({ json }) => json.id).sort()).toEqual(evidence.map(({ id }) => id).sort());
	expect(await requestsSeen(account.sandbox)).toMatchObject({ submitEvidence: 4 });
}

describe('with Retry On Fail, an item that is refused once', () => {
	test.each([1, 2, 3])('number %i: each file is stored once', async (n) => {
		await failNth(n, '400-fields');
		const { status, output } = await run(await threeItems());
		expect(status).toBe('success');
		await expectThreeStoredOnce(output);
		const repeated = output.map(({ json }) => json.repeated ?? false);
		expect(repeated).toEqual([0, 1, 2].map((index) => index < n - 1));
	});

	test.each([1, 2, 3])('number %i, also with Continue on Fail', async (n) => {
		for (const onError of ['continueRegularOutput', 'continueErrorOutput']) {
			await account.close();
			account = await openAccount();
			await failNth(n, '400-fields');
			const { status, output } = await run(await threeItems(), {}, { ...RETRY, onError });
			expect(status).toBe('success');
			await expectThreeStoredOnce(output);
		}
	});
});

test('an item that stays refused fails; what was stored is named, and no further file started', async () => {
	await failNth(2, '400-fields', 100);
	const { status, error } = await run(await threeItems());
	const [first] = await stored();
	expect(status).toBe('error');
	expect(await stored()).toHaveLength(1);
	expect(error?.message).toBe('Validation Error');
	expect(error?.description).toContain('1 file was stored before that');
	expect(error?.description).toContain(first!.id);
	// The first one once, the second one in each try.
	expect(await requestsSeen(account.sandbox)).toMatchObject({ submitEvidence: 4 });
});

test('of several files of an item, those stored are not sent again', async () => {
	const item = {
		json: {},
		binary: {
			a: await keepContent('a', { fileName: 'a.txt' }),
			b: await keepContent('a', { fileName: 'a.txt' }),
			c: await keepContent('c', { fileName: 'c.txt' }),
		},
	};
	await failNth(3, '413');
	const { output } = await account.run(
		submit({ binaryPropertyName: 'a,b,c', options: { maxRetries: 0 } }),
		[item],
		{ node: RETRY },
	);
	expect(output.map(({ json }) => json.repeated ?? false)).toEqual([true, true, false]);
	expect(await stored()).toHaveLength(3);
});

test('a try of which it isn’t known whether it was stored is settled, not sent again', async () => {
	const { admin } = account.sandbox;
	await failNth(1, 'reset-after-store');
	await admin.addFault({ kind: '500', operation: 'getControl', times: 1 });
	const { output } = await run([await itemWith(randomUUID())]);
	expect(output[0]?.json).toMatchObject({ recovered: true, integrity: { verified: true } });
	expect(await stored()).toHaveLength(1);
	expect(await requestsSeen(account.sandbox)).toMatchObject({ submitEvidence: 1 });
});

test('what an earlier run left open and the service stored late is the receipt after a conflict', async () => {
	const content = randomUUID();
	const sha256 = createHash('sha256').update(content).digest('hex');
	let submissions = 0;
	let asked = 0;
	const service = await startService((request, reply) => {
		if (request.method === 'POST') {
			submissions += 1;
			return problem(reply, submissions === 1 ? 503 : 409, 'No receipt');
		}
		asked += 1;
		if (asked === 1) return problem(reply, 404, 'Not Found');
		const submitted_at = new Date().toISOString();
		return { evidence: submissions < 2 ? [] : [{ id: 'evd_late', sha256, submitted_at }] };
	});
	const other = await account.withCredential({ baseUrl: service.baseUrl });
	const { output } = await other.run(
		submit({ options: { maxRetries: 0 } }),
		[await itemWith(content)],
		{
			node: RETRY,
		},
	);
	expect(output[0]?.json).toMatchObject({ id: 'evd_late', recovered: true });
	expect(submissions).toBe(2);
	await service.close();
});

test('and where it can’t be told in any try, it is never sent again', async () => {
	await account.sandbox.admin.setEvidenceView('no-hashes');
	await failNth(1, 'reset-after-store');
	const { error } = await run([await itemWith(randomUUID())]);
	expect(error?.message).toMatch(/not known whether/);
	expect(await stored()).toHaveLength(1);
	expect(await requestsSeen(account.sandbox)).toMatchObject({ submitEvidence: 1 });
});

test('a credential that can’t be used is each item’s error, with Continue on Fail', async () => {
	const other = await account.withCredential({ baseUrl: 'http://auditdex.example/v1' });
	const { status, output } = await other.run(submit(), await threeItems(), {
		node: { ...RETRY, onError: 'continueRegularOutput' },
	});
	expect(status).toBe('success');
	expect(output).toHaveLength(3);
	for (const { json } of output) expect(json.error).toMatch(/base URL/i);
});

test('evidence that was stored changed is not stored again', async () => {
	await failNth(1, 'wrong-hash');
	const { error } = await run([await itemWith(randomUUID())]);
	expect(error?.message).toMatch(/does not match the file sent/);
	expect(await stored()).toHaveLength(1);
});

test('a run that is done leaves nothing behind in the execution', async () => {
	const { run: kept } = await run(await threeItems());
	expect(JSON.stringify(kept.data.executionData?.contextData ?? {})).not.toContain('evd_');
});

test('equal items are submissions of their own', async () => {
	const content = randomUUID();
	const items = [await itemWith(content), await itemWith(content), await itemWith(content)];
	await failNth(3, '400-fields');
	const { output } = await run(items);
	expect(output.map(({ json }) => json.repeated ?? false)).toEqual([true, true, false]);
	const sha256 = createHash('sha256').update(content).digest('hex');
	expect((await stored()).map((evidence) => evidence.sha256)).toEqual(Array(3).fill(sha256));
	expect(new Set(output.map(({ json }) => json.id)).size).toBe(3);
});
