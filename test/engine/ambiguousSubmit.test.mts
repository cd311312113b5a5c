import { createHash, randomUUID } from 'node:crypto';

import type { INodeExecutionData, INodeParameters } from 'n8n-workflow';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { FaultKind } from '../../sandbox/faults.mts';
import { openAccount, type Account } from './harness/account.mts';
import { BINARY_MODES, keepContent, useBinaryMode } from './harness/binary.mts';
import { submit } from './harness/parameters.mts';
import { requestsSeen } from './harness/traffic.mts';

/**
 * Evidence can't be taken back. Where an upload's answer is lost, the control is asked whether it
 * links the file; only where it doesn't is the file sent again.
 */
let account: Account;
beforeEach(async () => {
	account = await openAccount();
});
afterEach(async () => await account.close());

const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');

const itemWith = async (content: string | Buffer): Promise<INodeExecutionData> => ({
	json: {},
	binary: { data: await keepContent(content, { fileName: 'evidence.txt' }) },
});

const run = async (items: INodeExecutionData[], options: INodeParameters = {}, onError?: string) =>
	await account.run(submit({ options: { maxRetries: 1, ...options } }), items, {
		node: { onError: onError as 'continueRegularOutput' },
	});

const fail = async (
	operation: 'submitEvidence' | 'getControl',
	kind: FaultKind,
	times = Infinity,
) =>
	await account.sandbox.admin.addFault({ kind, operation, ...(times !== Infinity && { times }) });

const stored = async () => await account.sandbox.admin.listEvidence();

/** The file is stored, and the client doesn't get to know. */
const STORED: FaultKind[] = [
	'500-after-store',
	'empty-body',
	'truncated-json',
	'reset-after-store',
	'reset-mid-response',
];
/** The file isn't stored, and the client doesn't get to know. */
const NOT_STORED: FaultKind[] = ['500', '503', '502-html', 'reset', 'reset-mid-upload'];

describe.each(STORED)('the answer is lost after the file was stored: %s', (kind) => {
	test('the linked evidence is the receipt', async () => {
		await fail('submitEvidence', kind, 1);
		const content = randomUUID();
		const { output } = await run([await itemWith(content)]);
		const [evidence] = await stored();
		expect(output).toHaveLength(1);
		expect(output[0]!.json).toEqual({
			...evidence,
			recovered: true,
			integrity: {
				algorithm: 'SHA-256',
				sent: sha256(content),
				received: sha256(content),
				verified: true,
			},
		});
		expect(await stored()).toHaveLength(1);
		expect(await requestsSeen(account.sandbox)).toMatchObject({ submitEvidence: 1, getControl: 1 });
	});

	test('also where no other try is allowed', async () => {
		await fail('submitEvidence', kind, 1);
		const { output } = await run([await itemWith(randomUUID())], { maxRetries: 0 });
		expect(output[0]?.json).toMatchObject({ recovered: true, integrity: { verified: true } });
		expect(await stored()).toHaveLength(1);
	});

	test('also where the control has to be asked twice', async () => {
		await fail('submitEvidence', kind, 1);
		await fail('getControl', '503', 1);
		const { output } = await run([await itemWith(randomUUID())]);
		expect(output[0]?.json).toMatchObject({ recovered: true });
		expect(await requestsSeen(account.sandbox)).toMatchObject({ submitEvidence: 1, getControl: 2 });
	});

	test.each<FaultKind>(['500', '403', 'reset', 'truncated-json'])(
		'where the control can’t be asked (%s), that is what the error says',
		async (answer) => {
			await fail('submitEvidence', kind, 1);
			await fail('getControl', answer);
			const content = randomUUID();
			const { status, error } = await run([await itemWith(content)]);
			expect(status).toBe('error');
			expect(error?.message).toBe(
				'It is not known whether AUDITDEX stored the file “evidence.txt”',
			);
			expect(error?.description).toContain(sha256(content));
			expect(error?.description).toMatch(/Look there .* before you submit the file again/);
			expect(await requestsSeen(account.sandbox)).toMatchObject({ submitEvidence: 1 });
			expect(await stored()).toHaveLength(1);
		},
	);
});

describe.each(NOT_STORED)('the answer is lost and the file not stored: %s', (kind) => {
	test('it is sent again', async () => {
		await fail('submitEvidence', kind, 1);
		const { output } = await run([await itemWith(randomUUID())]);
		expect(output[0]?.json).toMatchObject({ integrity: { verified: true } });
		expect(output[0]?.json.recovered).toBeUndefined();
		expect(await stored()).toHaveLength(1);
		expect(await requestsSeen(account.sandbox)).toMatchObject({ submitEvidence: 2 });
	});

	test('and fails with what was wrong in the end, with the problem kept', async () => {
		await fail('submitEvidence', kind);
		const { output } = await run([await itemWith(randomUUID())], {}, 'continueRegularOutput');
		expect(output[0]?.json).toEqual({
			error: expect.not.stringContaining('not known'),
			problem: expect.objectContaining({ title: output[0]!.json.error }),
		});
		expect(await stored()).toEqual([]);
		expect(await requestsSeen(account.sandbox)).toMatchObject({ submitEvidence: 2 });
	});
});

test('lost twice: not stored, then stored', async () => {
	await fail('submitEvidence', 'reset-mid-upload', 1);
	await fail('submitEvidence', 'reset-after-store', 1);
	const { output } = await run([await itemWith(randomUUID())]);
	expect(output[0]?.json).toMatchObject({ recovered: true, integrity: { verified: true } });
	expect(await stored()).toHaveLength(1);
	expect(await requestsSeen(account.sandbox)).toMatchObject({ submitEvidence: 2, getControl: 2 });
});

test('the same file, linked by an earlier run, counts: the auditor has it', async () => {
	const item = await itemWith(randomUUID());
	const first = await run([item]);
	await fail('submitEvidence', 'reset', 1);
	const second = await run([item]);
	expect(second.output[0]?.json).toMatchObject({ id: first.output[0]?.json.id, recovered: true });
	expect(await stored()).toHaveLength(1);
});

test('another file linked to the control does not count', async () => {
	await run([await itemWith('another')]);
	await fail('submitEvidence', 'reset', 1);
	const { output } = await run([await itemWith('this one')]);
	expect(output[0]?.json).toMatchObject({ integrity: { sent: sha256('this one') } });
	expect(output[0]?.json.recovered).toBeUndefined();
	expect(await stored()).toHaveLength(2);
});

test('the same file linked to another control does not count', async () => {
	const item = await itemWith('the same');
	await account.run(submit({ controlId: 'ctrl_def456' }), [item]);
	await fail('submitEvidence', 'reset', 1);
	await run([item]);
	expect((await stored()).map((evidence) => evidence.control_id).sort()).toEqual([
		'ctrl_abc123',
		'ctrl_def456',
	]);
});

describe('the same file in several items at once', () => {
	test('each is stored, as asked for, when one answer is lost', async () => {
		await fail('submitEvidence', 'reset-after-store', 1);
		const { output } = await run([await itemWith('twin'), await itemWith('twin')]);
		for (const { json } of output) expect(json.integrity).toMatchObject({ verified: true });
		expect(await stored()).toHaveLength(2);
	});

	test.each([...STORED, ...NOT_STORED])(
		'it is stored once with Skip If Submitted (%s)',
		async (kind) => {
			await fail('submitEvidence', kind, 1);
			const items = await Promise.all(Array.from({ length: 6 }, () => itemWith('six times')));
			const { output } = await run(items, { skipIfSubmitted: true, parallelRequests: 6 });
			expect(output).toHaveLength(6);
			for (const { json } of output) expect(json.integrity).toMatchObject({ verified: true });
			expect(output.filter(({ json }) => json.skipped === true)).toHaveLength(5);
			expect(await stored()).toHaveLength(1);
		},
	);
});

describe.each(BINARY_MODES)('with files in %s mode', (mode) => {
	beforeEach(async () => await useBinaryMode(mode));

	test('a file sent again after a lost connection is sent from its start', async () => {
		const content = Buffer.alloc(9 * 1024 * 1024, 'large');
		await fail('submitEvidence', 'reset-mid-upload', 1);
		const { output } = await run([await itemWith(content)]);
		expect(output[0]?.json.integrity).toMatchObject({ sent: sha256(content), verified: true });
		expect(await stored()).toMatchObject([{ size: content.length, sha256: sha256(content) }]);
	});

	test('a small file is sent again from its start after its token had expired', async () => {
		await run([await itemWith('before')]);
		await account.sandbox.admin.expireTokens();
		const { output } = await run([await itemWith('after')]);
		expect(output[0]?.json.integrity).toMatchObject({ sent: sha256('after'), verified: true });
		expect(await stored()).toHaveLength(2);
	});
});

describe('one of several files of an item that is refused', () => {
	const item = async (): Promise<INodeExecutionData> => ({
		json: {},
		binary: {
			a: await keepContent('a', { fileName: 'a.txt' }),
			b: await keepContent('b'.repeat(100), { fileName: 'b.txt' }),
			c: await keepContent('c', { fileName: 'c.txt' }),
		},
	});
	const parameters = submit({ binaryPropertyName: 'a,b,c' });

	test('leaves receipts of the others in their order, with Continue on Fail', async () => {
		const small = await openAccount({ maxFileBytes: 50 });
		const { output } = await small.run(parameters, [await item(), await item()], {
			node: { onError: 'continueRegularOutput' },
		});
		expect(output.map(({ json }) => json.file_name ?? json.error)).toEqual(
			Array(2).fill(['a.txt', 'Content Too Large', 'c.txt']).flat(),
		);
		expect(output.map(({ pairedItem }) => pairedItem)).toEqual(
			[0, 0, 0, 1, 1, 1].map((n) => ({ item: n })),
		);
		await small.close();
	});

	test('ends the run without it; what was stored before stays', async () => {
		const small = await openAccount({ maxFileBytes: 50 });
		const { status, error } = await small.run(parameters, [await item()]);
		expect(status).toBe('error');
		expect(error?.message).toBe('Content Too Large');
		expect(await small.sandbox.admin.listEvidence()).toMatchObject([{ file_name: 'a.txt' }]);
		await small.close();
	});
});
