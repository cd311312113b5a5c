import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import type { INodeExecutionData } from 'n8n-workflow';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { openAccount, type Account } from './harness/account.mts';
import { keepContent } from './harness/binary.mts';
import { runWorkflow } from './harness/engine.mts';
import { AUDITDEX, START } from './harness/nodeTypes.mts';
import { byId, getAll, getControl, submit } from './harness/parameters.mts';
import { startService } from './harness/service.mts';
import { requestsSeen } from './harness/traffic.mts';

/** Output in input order, each item pointing at the input item it came from. */
let account: Account;

beforeAll(async () => {
	account = await openAccount();
});
afterAll(async () => await account.close());
beforeEach(async () => {
	await account.sandbox.admin.clearFaults();
	await account.sandbox.admin.resetStats();
});

const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');

async function filesOf(contents: string[]): Promise<INodeExecutionData[]> {
	return await Promise.all(
		contents.map(async (content, n) => ({
			json: { controlId: 'ctrl_abc123', n },
			binary: { data: await keepContent(content, { fileName: 'a.txt' }) },
		})),
	);
}

describe.each([1, 4, 20])('with %i parallel requests', (parallelRequests) => {
	test('the output keeps the input order, however long each answer takes', async () => {
		await account.sandbox.admin.addFault({
			kind: 'slow',
			operation: 'submitEvidence',
			probability: 0.5,
			seed: parallelRequests,
			delayMs: 60,
		});
		const contents = Array.from({ length: 20 }, (_, n) => `ordered ${parallelRequests} ${n}`);
		const { output } = await account.run(
			submit({ options: { parallelRequests } }),
			await filesOf(contents),
		);
		expect(output.map(({ pairedItem }) => pairedItem)).toEqual(
			contents.map((_, item) => ({ item })),
		);
		expect(output.map(({ json }) => json.integrity)).toMatchObject(
			contents.map((content) => ({ sent: sha256(content) })),
		);
	});

	test('never more requests run at once', async () => {
		// Long enough for as many as there may be to set out before the first is back, on a busy machine, too.
		await account.sandbox.admin.setLatency(1_500);
		const items = Array.from({ length: 2 * parallelRequests + 1 }, () => ({ json: {} }));
		await account.run(getControl({ options: { parallelRequests } }), items);
		await account.sandbox.admin.setLatency(0);
		const { mostInFlight } = await account.sandbox.admin.stats();
		expect(mostInFlight).toBe(parallelRequests);
	});
});

const fiveLargeFiles = async () =>
	await filesOf(Array.from({ length: 5 }, () => 'large'.repeat(2 * 1024 * 1024)));

test('of files over 8 MiB no more than four are sent at once, by all runs together', async () => {
	let underWay = 0;
	let most = 0;
	const service = await startService(async ({ method, raw }) => {
		if (method === 'GET') return { id: 'ctrl_abc123', evidence: [] };
		most = Math.max(most, ++underWay);
		for await (const chunk of raw) void chunk;
		await delay(100);
		underWay -= 1;
		return { id: 'evd_1' };
	});
	const other = await account.withCredential({ baseUrl: service.baseUrl });
	const items = await fiveLargeFiles();
	const parameters = submit({ options: { parallelRequests: 20 } });
	const runs = await Promise.all([1, 2].map(async () => await other.run(parameters, items)));
	await service.close();
	for (const { output } of runs)
		expect(output.map(({ json }) => json.id)).toEqual(Array(5).fill('evd_1'));
	expect(most).toBe(4);
});

test('large files to a service that stands still hold up none to another', async () => {
	let standing = 0;
	const service = await startService(({ method, raw }, reply) => {
		if (method === 'GET') return { id: 'ctrl_abc123', evidence: [] };
		standing += 1;
		raw.pause();
		return reply.hijack();
	});
	const other = await account.withCredential({ baseUrl: service.baseUrl });
	const items = await fiveLargeFiles();
	const stop = new AbortController();
	const stuck = other.run(submit(), items, { signal: stop.signal });
	await expect.poll(() => standing).toBe(4);
	const { output } = await account.run(submit(), [items[0]!]);
	expect(output[0]?.json.integrity).toMatchObject({ verified: true });
	stop.abort();
	expect((await stuck).status).toBe('canceled');
	await service.close();
});

describe('one item among five that AUDITDEX refuses', () => {
	const contents = ['one', 'two', 'three', 'four', 'five'];
	const parameters = submit({ controlId: '={{ $json.controlId }}' });
	const items = async () => {
		const five = await filesOf(contents);
		five[2]!.json.controlId = 'ctrl_unknown';
		return five;
	};

	test('leaves four receipts in input order with Continue on Fail', async () => {
		const { status, output } = await account.run(parameters, await items(), {
			node: { onError: 'continueRegularOutput' },
		});
		expect(status).toBe('success');
		expect(output.map(({ pairedItem }) => pairedItem)).toEqual(
			[0, 1, 2, 3, 4].map((item) => ({ item })),
		);
		for (const n of [0, 1, 3, 4]) {
			expect(output[n]?.json.integrity).toMatchObject({
				sent: sha256(contents[n]!),
				verified: true,
			});
		}
		expect(output[2]?.json).toEqual({
			error: expect.any(String),
			problem: expect.objectContaining({
				type: expect.stringContaining('https://api.augixsys.com/errors/'),
				title: expect.any(String),
				status: 404,
				detail: expect.stringContaining('ctrl_unknown'),
				instance: expect.stringContaining('/engagements/eng_xyz789'),
			}),
		});
	});

	test('also with the setting as old workflows have it', async () => {
		const { output } = await account.run(parameters, await items(), {
			node: { continueOnFail: true },
		});
		expect(output).toHaveLength(5);
		expect(output[2]?.json.error).toEqual(expect.any(String));
	});

	test('goes to the error output, with the problem, when there is one', async () => {
		const execution = await account.run(parameters, await items(), {
			node: { onError: 'continueErrorOutput' },
		});
		expect(execution.status).toBe('success');
		expect(execution.output).toHaveLength(4);
		const failed = execution.itemsOf('Tested', 1);
		expect(failed).toHaveLength(1);
		expect(failed[0]).toMatchObject({
			json: { error: expect.any(String), problem: { status: 404 } },
			pairedItem: { item: 2 },
		});
	});

	test('ends the execution without it, with the problem and its item in the error', async () => {
		const { status, error } = await account.run(parameters, await items());
		expect(status).toBe('error');
		expect(error).toMatchObject({ name: 'NodeApiError', httpCode: '404' });
		expect(error?.context).toMatchObject({ itemIndex: 2, data: { status: 404 } });
	});
});

test('the next node reaches each output item’s source through its pairing', async () => {
	const contents = ['paired 1', 'paired 2', 'paired 3'];
	const { itemsOf } = await runWorkflow({
		credentialsHelper: account.credentialsHelper,
		nodes: [
			{ name: 'Start', type: START },
			{ name: 'Submit', type: AUDITDEX, parameters: submit(), credentials: account.credentials },
			{
				name: 'Get',
				type: AUDITDEX,
				parameters: getControl({
					controlId: '={{ $("Start").item.json.n === 1 ? "ctrl_unknown" : "ctrl_abc123" }}',
				}),
				credentials: account.credentials,
				onError: 'continueRegularOutput',
			},
		],
		items: await filesOf(contents),
	});
	expect(itemsOf('Get').map(({ json }) => 'error' in json)).toEqual([false, true, false]);
});

test('Get Many runs once for every input item', async () => {
	const { output } = await account.run(getAll({ limit: 2 }), [{ json: {} }, { json: {} }]);
	expect(output.map(({ pairedItem }) => pairedItem)).toEqual(
		[0, 0, 1, 1].map((item) => ({ item })),
	);
});

test('Get puts out the object as it came', async () => {
	const { output } = await account.run(getControl(), [{ json: {} }]);
	expect(output).toHaveLength(1);
	expect(output[0]).toMatchObject({
		json: { id: 'ctrl_abc123', testing_status: 'in_testing' },
		pairedItem: { item: 0 },
	});
	expect(await requestsSeen(account.sandbox)).toMatchObject({ getControl: 1 });
});

test('no input items, no requests', async () => {
	const { status } = await account.run(getControl(), []);
	expect(status).toBe('success');
	expect(await requestsSeen(account.sandbox)).toMatchObject({ total: 0 });
});

test('an engagement picked from the list or by an old plain value works', async () => {
	for (const engagementId of [
		{ __rl: true, mode: 'list', value: 'eng_xyz789', cachedResultName: 'SOC 2' },
		byId('eng_xyz789'),
		byId('={{ $json.id }}'),
		'eng_xyz789',
		'={{ $json.id }}',
	]) {
		const items = [{ json: { id: 'eng_xyz789' } }];
		const { status } = await account.run(getControl({ engagementId }), items);
		expect(status).toBe('success');
	}
});
