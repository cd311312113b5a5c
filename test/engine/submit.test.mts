import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';

import type { INodeExecutionData, INodeParameters } from 'n8n-workflow';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { openAccount, type Account } from './harness/account.mts';
import { BINARY_MODES, keepContent, keepFile, makeFile, useBinaryMode } from './harness/binary.mts';
import { Container, core } from './harness/n8n.mts';
import { submit } from './harness/parameters.mts';
import { requestsSeen } from './harness/traffic.mts';

let account: Account;
let seed = 0;

beforeAll(async () => {
	account = await openAccount();
});
afterAll(async () => await account.close());
beforeEach(async () => await account.sandbox.admin.resetStats());

const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');

/** Content that nothing has been submitted with yet. */
const fresh = (about = 'content') => `${about} ${++seed}`;

async function itemWith(
	content: string | Buffer,
	fileName = 'evidence.txt',
): Promise<INodeExecutionData> {
	return { json: {}, binary: { data: await keepContent(content, { fileName }) } };
}

/** What the sandbox's store holds with this content. */
async function storedWith(content: string | Buffer) {
	const evidence = await account.sandbox.admin.listEvidence();
	return evidence.filter((stored) => stored.sha256 === sha256(content));
}

describe.each(BINARY_MODES)('with files in %s mode', (mode) => {
	beforeAll(async () => await useBinaryMode(mode));

	test('a file is stored as it is, and its receipt says so', async () => {
		const content = Buffer.from(fresh());
		const { status, output } = await account.run(
			submit({ description: 'Q1 access review results' }),
			[await itemWith(content, 'review.csv')],
		);
		expect(status).toBe('success');
		expect(output).toHaveLength(1);
		expect(output[0]).toMatchObject({
			pairedItem: { item: 0 },
			json: {
				integrity: {
					algorithm: 'SHA-256',
					sent: sha256(content),
					received: sha256(content),
					verified: true,
				},
			},
		});
		expect(await storedWith(content)).toMatchObject([
			{
				file_name: 'review.csv',
				size: content.length,
				description: 'Q1 access review results',
				control_id: 'ctrl_abc123',
				engagement_id: 'eng_xyz789',
			},
		]);
	});

	test.each([0, 1, 3, 262_143, 262_144, 262_145, 5_000_000])(
		'%i bytes arrive whole',
		async (size) => {
			const file = await makeFile(size, ++seed);
			const data = await keepFile(file, { fileName: 'file.bin' });
			const { output } = await account.run(submit(), [{ json: {}, binary: { data } }]);
			expect(output[0]?.json.integrity).toMatchObject({ sent: file.sha256, verified: true });
		},
	);

	test('several binaries of an item become an output item each', async () => {
		const contents = [fresh('a'), fresh('b'), fresh('c')];
		const [first, second, third] = await Promise.all(
			contents.map((text) => keepContent(text, { fileName: `${text}.txt` })),
		);
		const { output } = await account.run(submit({ binaryPropertyName: 'c, a,b' }), [
			{ json: {}, binary: { a: first!, b: second!, c: third! } },
			await itemWith('not used').then(async ({ json }) => ({
				json,
				binary: { a: await keepContent(fresh(), { fileName: 'x' }), b: second!, c: first! },
			})),
		]);
		expect(output.map(({ pairedItem }) => pairedItem)).toEqual(
			[0, 0, 0, 1, 1, 1].map((item) => ({ item })),
		);
		expect(output.slice(0, 3).map(({ json }) => json.integrity)).toMatchObject(
			[contents[2], contents[0], contents[1]].map((text) => ({ sent: sha256(text!) })),
		);
	});

	test('a file that the control has already is skipped', async () => {
		const content = fresh();
		const options = { skipIfSubmitted: true };
		const first = await account.run(submit({ options }), [await itemWith(content)]);
		expect(first.output[0]?.json.skipped).toBeUndefined();
		const again = await account.run(submit({ options }), [await itemWith(content, 'other.txt')]);
		expect(again.output[0]?.json).toMatchObject({
			skipped: true,
			integrity: { sent: sha256(content), received: sha256(content), verified: true },
		});
		expect(await storedWith(content)).toHaveLength(1);
		expect(await requestsSeen(account.sandbox)).toMatchObject({ submitEvidence: 1 });
	});

	test('the same file in ten items side by side is stored once', async () => {
		const content = fresh();
		const items = await Promise.all(
			Array.from({ length: 10 }, async () => await itemWith(content)),
		);
		const { output } = await account.run(
			submit({ options: { skipIfSubmitted: true, parallelRequests: 10 } }),
			items,
		);
		expect(output.filter(({ json }) => json.skipped === true)).toHaveLength(9);
		expect(await storedWith(content)).toHaveLength(1);
	});

	test('without the option the same file is submitted again', async () => {
		const content = fresh();
		await account.run(submit(), [await itemWith(content), await itemWith(content)]);
		expect(await storedWith(content)).toHaveLength(2);
	});

	test('a file other than the expected one is not sent', async () => {
		const content = fresh();
		const expectedSha256 = sha256('another file');
		const { status, error } = await account.run(submit({ options: { expectedSha256 } }), [
			await itemWith(content),
		]);
		expect(status).toBe('error');
		expect(error?.message).toContain('is not the expected one');
		expect(error?.description).toContain(sha256(content));
		expect(await requestsSeen(account.sandbox)).toMatchObject({ total: 0 });
	});

	test.each([
		['as it is', (hex: string) => hex],
		['in upper case', (hex: string) => hex.toUpperCase()],
	])('the expected file is sent, its hash given %s', async (_how, write) => {
		const content = fresh();
		const { output } = await account.run(
			submit({ options: { expectedSha256: write(sha256(content)) } }),
			[await itemWith(content)],
		);
		expect(output[0]?.json.integrity).toMatchObject({ verified: true });
	});

	test('file name and MIME type can be given', async () => {
		const content = fresh();
		await account.run(submit({ options: { fileName: 'given.csv', mimeType: 'text/csv' } }), [
			await itemWith(content, 'own.txt'),
		]);
		expect(await storedWith(content)).toMatchObject([
			{ file_name: 'given.csv', content_type: 'text/csv' },
		]);
	});
});

test('text is submitted as a file', async () => {
	const text = `${fresh('Zugänge geprüft ✓ 📎')}\nsecond line`;
	const { output } = await account.run(
		submit({ evidenceSource: 'text', text, fileName: 'summary.txt' }),
		[{ json: {} }],
	);
	expect(output[0]?.json.integrity).toMatchObject({ sent: sha256(text), verified: true });
	expect(await storedWith(text)).toMatchObject([
		{ file_name: 'summary.txt', content_type: 'text/plain' },
	]);
});

describe('wherever the service reports the hash', () => {
	const fields = ['sha256', 'sha256_hash', 'file_hash', 'hash', 'checksum', 'digest'] as const;
	const places = ['top', 'data', 'evidence', 'file'] as const;
	const styles = fields.flatMap((hashField) =>
		places.flatMap((hashPlacement) =>
			[false, true].map((hashPrefix) => ({ hashField, hashPlacement, hashPrefix })),
		),
	);

	test.each(styles)('$hashField at $hashPlacement, prefix $hashPrefix', async (style) => {
		const other = await openAccount(style);
		try {
			const content = fresh();
			const items = [await itemWith(content)];
			const options = { skipIfSubmitted: true };
			const { output } = await other.run(submit(), items);
			expect(output[0]?.json.integrity).toMatchObject({
				verified: true,
				received: sha256(content),
			});
			const again = await other.run(submit({ options }), items);
			expect(again.output[0]?.json).toMatchObject({ skipped: true });
		} finally {
			await other.close();
		}
	});
});

test('a stored file that differs fails its item', async () => {
	const content = fresh();
	await account.sandbox.admin.addFault({
		kind: 'wrong-hash',
		operation: 'submitEvidence',
		times: 1,
	});
	const { status, error } = await account.run(submit(), [await itemWith(content)]);
	expect(status).toBe('error');
	expect(error?.message.toLowerCase()).toContain('stored evidence does not match the file sent');
	expect(await storedWith(content)).toHaveLength(1);
});

/** Parameters of an AI agent come as text, whatever the parameter's type. */
test('numbers and booleans given as text are understood', async () => {
	const options: INodeParameters = {
		maxRetries: '={{ "3" }}',
		maxWaitSeconds: '={{ "60" }}',
		parallelRequests: '={{ "2" }}',
		skipIfSubmitted: '={{ "true" }}',
	};
	const item = await itemWith(fresh());
	const { output } = await account.run(submit({ options }), [item, item]);
	expect(output.map(({ json }) => json.skipped ?? false).sort()).toEqual([false, true]);
});

test.each<[what: string, value: string, text: RegExp]>([
	['a number', '={{ 2026 }}', /^2026$/],
	['nothing', '={{ undefined }}', /^$/],
	['a date', '={{ DateTime.fromISO("2026-04-20T09:14:32Z") }}', /^2026-04-20T\d\d:14:32\.000/],
])('a description that is %s is stored as text', async (_what, description, text) => {
	const content = fresh();
	await account.run(submit({ description }), [await itemWith(content)]);
	expect((await storedWith(content))[0]?.description).toMatch(text);
});

/** Those that can't are refused; see the tests of bad input. */
test.each([
	'Zugänge geprüft ✓ 📎.txt',
	'監査証拠.pdf',
	"it's (final), v2; really=1&more.txt",
	'100% done.txt',
	'a'.repeat(255),
	'ü'.repeat(255),
	' spaces around .txt ',
	"filename*=UTF-8''x.txt",
])('the file name “%s” arrives as it is', async (fileName) => {
	const content = fresh();
	const { output } = await account.run(submit(), [await itemWith(content, fileName)]);
	expect(output[0]?.json.file_name).toBe(fileName);
	expect(await storedWith(content)).toMatchObject([{ file_name: fileName }]);
});

test('a file that n8n has lost meanwhile fails its item, and nothing is stored', async () => {
	await useBinaryMode('filesystem');
	const data = await keepContent(fresh(), { fileName: 'a.txt' });
	await rm(Container.get(core.BinaryDataService).getPath(data.id!));
	const before = await account.sandbox.admin.listEvidence();
	const { status, error } = await account.run(submit(), [{ json: {}, binary: { data } }]);
	expect(status).toBe('error');
	expect(error?.message).not.toMatch(/AUDITDEX/);
	// How much of the upload had left before the file turned out to be gone is a matter of luck.
	await requestsSeen(account.sandbox);
	expect(await account.sandbox.admin.listEvidence()).toEqual(before);
});
