import { setTimeout as delay } from 'node:timers/promises';

import type { INodeExecutionData, INodeParameters } from 'n8n-workflow';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { PLANS } from '../../sandbox/api/rateLimit.mts';
import type { FaultRule } from '../../sandbox/faults.mts';
import type { SandboxOptions } from '../../sandbox/server.mts';
import { openAccount, type Account } from './harness/account.mts';
import {
	keepContent,
	keepFile,
	makeFile,
	useBinaryMode,
	type TestFile,
} from './harness/binary.mts';
import { emptyItems } from './harness/engine.mts';
import { getAll, getControl, submit } from './harness/parameters.mts';
import { requestsSeen, trafficOf } from './harness/traffic.mts';

const MIB = 1024 * 1024;
/** The time in which a stopped execution has to be over, on a busy machine too. */
const SOON_MS = 5_000;

/** In which one that went on all the same would send something. */
const LONGER_THAN_A_WAIT_MS = 6_000;

let large: TestFile;
beforeAll(async () => {
	await useBinaryMode('filesystem');
	large = await makeFile(16 * MIB, 1);
});
afterAll(async () => await large.remove());

interface Situation {
	during: string;
	parameters: INodeParameters;
	items: () => Promise<INodeExecutionData[]>;
	options?: SandboxOptions;
	fault?: FaultRule;
	/** Requests that were answered before it is what is going on; none when left out. */
	answered?: number;
	/** Requests on their way when Stop is pressed. */
	underWay: number;
}

const itemsOf = (count: number) => async () => emptyItems(count);
const itemsWith = (count: number, file: () => ReturnType<typeof keepFile>) => async () => {
	const data = await file();
	return Array.from({ length: count }, () => ({ json: {}, binary: { data } }));
};
const largeFile = async () => await keepFile(large, { fileName: 'large.bin' });
const smallFile = async () => await keepContent('small', { fileName: 'small.txt' });

const situations: Situation[] = [
	{
		during: 'the wait for the rate limit',
		parameters: getControl({ options: { parallelRequests: 20 } }),
		items: itemsOf(200),
		options: { plan: 'standard' },
		answered: PLANS.standard.burst - 1,
		underWay: 0,
	},
	{
		during: 'the wait that a 429 asks for',
		parameters: getControl({ options: { maxRetries: 50 } }),
		items: itemsOf(10),
		fault: { kind: '429' },
		answered: 1,
		underWay: 0,
	},
	{
		during: 'the wait before another try',
		parameters: getControl({ options: { maxRetries: 50 } }),
		items: itemsOf(10),
		fault: { kind: '503' },
		// Eight items with six tries each: the waits that follow are longer than a stop may take.
		answered: 48,
		underWay: 0,
	},
	{
		during: 'the wait before another upload',
		parameters: submit({ options: { maxRetries: 50 } }),
		items: itemsWith(10, smallFile),
		fault: { kind: '503', operation: 'submitEvidence' },
		answered: 8,
		underWay: 0,
	},
	{
		during: 'the wait for an answer',
		parameters: getControl(),
		items: itemsOf(10),
		fault: { kind: 'stall' },
		underWay: 8,
	},
	{
		during: 'the wait for a page of a list',
		parameters: getAll({ returnAll: true }),
		items: itemsOf(1),
		fault: { kind: 'stall', operation: 'listEngagements' },
		underWay: 1,
	},
	{
		during: 'the wait for the answer to an upload',
		parameters: submit(),
		items: itemsWith(10, smallFile),
		fault: { kind: 'stall', operation: 'submitEvidence' },
		underWay: 8,
	},
	{
		during: 'the wait for another item with the same file',
		parameters: submit({ options: { skipIfSubmitted: true } }),
		items: itemsWith(10, smallFile),
		fault: { kind: 'stall', operation: 'submitEvidence' },
		underWay: 1,
	},
];

/** Waits until so many requests are on their way. Not `expect.poll`, which can't tell tests side by side apart. */
async function untilInFlight(
	{ sandbox }: Account,
	count: number,
	timeout = 120_000,
): Promise<void> {
	const isSo = async () => expect((await sandbox.admin.stats()).inFlight).toBe(count);
	await vi.waitFor(isSo, { timeout });
}

async function untilAnswered({ sandbox }: Account, count: number): Promise<void> {
	const isSo = async () => {
		const { requests } = await sandbox.admin.stats();
		expect(trafficOf(requests).total).toBeGreaterThanOrEqual(count);
	};
	await vi.waitFor(isSo, { timeout: 120_000 });
}

test.concurrent.each(situations)(
	'Stop during $during ends the execution soon and leaves no request',
	async ({ parameters, items, options, fault, answered = 0, underWay }) => {
		const account = await openAccount(options);
		const { admin } = account.sandbox;
		try {
			await account.run(getControl(), [{ json: {} }]); // n8n has a token now.
			await admin.resetStats();
			if (fault) await admin.addFault(fault);
			const stop = new AbortController();
			let over = false;
			const execution = account
				.run(parameters, await items(), { signal: stop.signal })
				.finally(() => (over = true));
			await untilAnswered(account, answered);
			await untilInFlight(account, underWay);
			await delay(2_000);
			await untilInFlight(account, underWay);
			expect(over).toBe(false);

			const pressed = Date.now();
			stop.abort();
			expect((await execution).status).toBe('canceled');
			expect(Date.now() - pressed).toBeLessThan(SOON_MS);
			await untilInFlight(account, 0, SOON_MS);

			await delay(500); // What had left before may just be arriving.
			const { total } = await requestsSeen(account.sandbox);
			await delay(LONGER_THAN_A_WAIT_MS);
			expect(await requestsSeen(account.sandbox)).toMatchObject({ total });
			expect(await admin.listEvidence()).toEqual([]);
		} finally {
			await account.close();
		}
	},
);

test('Stop amid uploads ends the execution soon, leaves no request and stores no file in part', async () => {
	const account = await openAccount();
	const { admin } = account.sandbox;
	try {
		const items = await itemsWith(500, largeFile)();
		const stop = new AbortController();
		const execution = account.run(submit(), items, { signal: stop.signal });
		const isAmidUploads = async () =>
			(await admin.listEvidence()).length > 2 && (await admin.stats()).inFlight > 0;
		await expect.poll(isAmidUploads).toBe(true);

		const pressed = Date.now();
		stop.abort();
		expect((await execution).status).toBe('canceled');
		expect(Date.now() - pressed).toBeLessThan(SOON_MS);
		await untilInFlight(account, 0, SOON_MS);

		// One that had arrived as Stop was pressed may yet be stored; no other is sent.
		const { total } = await requestsSeen(account.sandbox);
		await delay(SOON_MS);
		expect(await requestsSeen(account.sandbox)).toMatchObject({ total });
		for (const { sha256 } of await admin.listEvidence()) expect(sha256).toBe(large.sha256);
	} finally {
		await account.close();
	}
});
