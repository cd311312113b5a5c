import { createHash, randomUUID } from 'node:crypto';

import type { INodeExecutionData, INodeParameters } from 'n8n-workflow';
import { FormData } from 'undici';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import type { FaultKind } from '../../sandbox/faults.mts';
import { authorized, call, CONTROL, EVIDENCE_PATH } from '../../sandbox/testing/api.mts';
import { openAccount, type Account } from './harness/account.mts';
import { BINARY_MODES, keepContent, useBinaryMode } from './harness/binary.mts';
import { speedUpSettling } from './harness/limits.mts';
import { submit } from './harness/parameters.mts';
import { problem, startService } from './harness/service.mts';
import { requestsSeen } from './harness/traffic.mts';

/**
 * Evidence can't be taken back. Where an upload's answer is lost, the control is asked whether it
 * links the file; only where it doesn't is the file sent again.
 */
let account: Account;
beforeAll(() => speedUpSettling(20));
afterAll(() => speedUpSettling());
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

/** The same file comes from somewhere else, as from another client or by hand. */
async function submitElsewhere({ sandbox }: Account, content: string): Promise<void> {
	const form = new FormData();
	form.append('control_id', CONTROL);
	form.append('file', new File([content], 'evidence.txt'));
	const reply = await call(sandbox, EVIDENCE_PATH, {
		method: 'POST',
		headers: await authorized(sandbox),
		body: form,
	});
	expect(reply.status).toBe(201);
}

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
	expect(await requestsSeen(account.sandbox)).toMatchObject({ submitEvidence: 2 });
});

describe('the same file, linked by an earlier submission, is not this one', () => {
	test.each<FaultKind>(['503', '500', 'reset', '502-html', '504'])(
		'in January and in February, where the first try gets %s: two records',
		async (kind) => {
			const item = await itemWith(randomUUID());
			const january = await run([item]);
			await account.sandbox.admin.advanceClock(31 * 24 * 3_600);
			await fail('submitEvidence', kind, 1);
			const february = await run([item]);
			const [first, second] = await stored();
			expect(await stored()).toHaveLength(2);
			expect(january.output[0]?.json.id).toBe(first!.id);
			expect(february.output[0]?.json).toMatchObject({
				id: second!.id,
				integrity: { verified: true },
			});
			expect(february.output[0]?.json.recovered).toBeUndefined();
		},
	);

	test.each(STORED)(
		'where February’s answer is lost (%s), its record is the receipt',
		async (kind) => {
			const item = await itemWith(randomUUID());
			await run([item]);
			await account.sandbox.admin.advanceClock(31 * 24 * 3_600);
			await fail('submitEvidence', kind, 1);
			const { output } = await run([item]);
			expect(await stored()).toHaveLength(2);
			expect(output[0]?.json).toMatchObject({ id: (await stored())[1]!.id, recovered: true });
		},
	);

	test('a moment ago by another client, which times can’t tell apart: not known', async () => {
		const content = randomUUID();
		await submitElsewhere(account, content);
		await account.sandbox.admin.advanceClock(4);
		await fail('submitEvidence', '503', 1);
		const { error } = await run([await itemWith(content)]);
		expect(error?.message).toMatch(/not known whether/);
		expect(await stored()).toHaveLength(1);
	});

	test('where the control shows no times, the file is not sent again', async () => {
		const item = await itemWith(randomUUID());
		await account.sandbox.admin.setEvidenceView('no-times');
		await submitElsewhere(account, randomUUID());
		await fail('submitEvidence', '503', 1);
		expect((await run([item])).output[0]?.json).toMatchObject({ integrity: { verified: true } });
		await fail('submitEvidence', 'reset-after-store', 1);
		const other = await run([await itemWith(randomUUID())]);
		expect(other.error?.message).toMatch(/not known whether/);
		expect(await stored()).toHaveLength(3);
	});
});

describe('stored only after the gateway’s 504', () => {
	beforeAll(() => speedUpSettling());
	afterAll(() => speedUpSettling(20));

	test('3 s and 20 s later: once', async () => {
		const submitLate = async (delayMs: number) => {
			const own = await openAccount();
			const kind = '504-stored-late';
			await own.sandbox.admin.addFault({ kind, operation: 'submitEvidence', times: 1, delayMs });
			const { output } = await own.run(submit(), [await itemWith(randomUUID())]);
			expect(output[0]?.json).toMatchObject({ recovered: true, integrity: { verified: true } });
			expect(await own.sandbox.admin.listEvidence()).toHaveLength(1);
			expect(await requestsSeen(own.sandbox)).toMatchObject({ submitEvidence: 1 });
			await own.close();
		};
		await Promise.all([submitLate(3_000), submitLate(20_000)]);
	});
});

test('a service that stores late and refuses the second try as a conflict: the first is the receipt', async () => {
	const content = randomUUID();
	const evidence = { id: 'evd_late', sha256: sha256(content), submitted_at: '' };
	let submissions = 0;
	const service = await startService((request, reply) => {
		if (request.method === 'GET') return { evidence: submissions < 2 ? [] : [evidence] };
		submissions += 1;
		evidence.submitted_at = new Date().toISOString();
		return submissions === 1
			? problem(reply, 503, 'Service Unavailable')
			: problem(reply, 409, 'Evidence Exists');
	});
	const { output } = await (
		await account.withCredential({ baseUrl: service.baseUrl })
	).run(submit(), [await itemWith(content)]);
	expect(output[0]?.json).toMatchObject({ id: 'evd_late', recovered: true });
	expect(submissions).toBe(2);
	await service.close();
});

test('a success without a receipt is never asked for twice, whatever the control shows', async () => {
	for (const view of ['none', 'ids', 'no-hashes', 'latest'] as const) {
		const own = await openAccount({ evidenceView: view });
		await own.sandbox.admin.addFault({ kind: 'empty-body', operation: 'submitEvidence', times: 1 });
		const { output, error } = await own.run(submit(), [await itemWith(randomUUID())]);
		expect(await own.sandbox.admin.listEvidence()).toHaveLength(1);
		expect(await requestsSeen(own.sandbox)).toMatchObject({ submitEvidence: 1 });
		if (view === 'latest') expect(output[0]?.json).toMatchObject({ recovered: true });
		else expect(error?.message).toMatch(/not known whether/);
		await own.close();
	}
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
