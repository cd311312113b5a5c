import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';

import type { IBinaryData, IBinaryKeyData, INodeParameters } from 'n8n-workflow';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { openAccount, type Account } from './harness/account.mts';
import { BINARY_MODES, keepContent, useBinaryMode } from './harness/binary.mts';
import { runWorkflow } from './harness/engine.mts';
import { Container, core } from './harness/n8n.mts';
import { AUDITDEX, START } from './harness/nodeTypes.mts';
import { byId, getControl, submit } from './harness/parameters.mts';
import { requestsSeen } from './harness/traffic.mts';

/** What users and other nodes hand in as a file, an ID or a hash, and what is stored of it. */
let account: Account;
let seed = 0;

beforeAll(async () => {
	account = await openAccount();
});
afterAll(async () => await account.close());
beforeEach(async () => await account.sandbox.admin.resetStats());

const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');
const fresh = (about = 'content') => `${about} ${++seed}`;

async function storedWith(content: string | Buffer) {
	const evidence = await account.sandbox.admin.listEvidence();
	return evidence.filter((stored) => stored.sha256 === sha256(content));
}

/** Runs: a node with the binaries, one that hands on `passedOn` of them, and Submit. */
async function submitBehind(
	parameters: INodeParameters,
	binary: IBinaryKeyData,
	passedOn = binary,
) {
	const execution = await runWorkflow({
		credentialsHelper: account.credentialsHelper,
		nodes: [
			{ name: 'Get file', type: START },
			{ name: 'Tested', type: AUDITDEX, parameters, credentials: account.credentials },
		],
		items: [{ json: {}, binary: passedOn, pairedItem: { item: 0 } }],
	});
	return { ...execution, output: execution.itemsOf('Tested') };
}

describe.each(BINARY_MODES)('The binary by expression, with files in %s mode', (mode) => {
	beforeAll(async () => await useBinaryMode(mode));

	test.each([
		'={{ $binary.report }}',
		'={{ $binary["report"] }}',
		'={{$binary.report}}',
		"={{ $('Get file').item.binary.report }}",
		"={{ $('Get file').first().binary.report }}",
		"={{ $('Get file').item.binary['report'] }}",
		'={{ $input.item.binary.report }}',
		'={{ Object.values($input.item.binary)[1] }}',
	])('%s', async (binaryPropertyName) => {
		const content = fresh();
		const { error, output } = await submitBehind(submit({ binaryPropertyName }), {
			other: await keepContent(fresh('other'), { fileName: 'other.txt' }),
			report: await keepContent(content, { fileName: 'review.csv', mimeType: 'text/csv' }),
		});
		expect(error).toBeUndefined();
		expect(output).toMatchObject([
			{
				pairedItem: { item: 0 },
				json: { integrity: { sent: sha256(content), verified: true } },
			},
		]);
		expect(await storedWith(content)).toMatchObject([
			{ file_name: 'review.csv', content_type: 'text/csv' },
		]);
	});

	test('of two files that look alike, the one that is named', async () => {
		const [first, second] = [Buffer.from('aaaa'), Buffer.from('bbbb')];
		const like = { fileName: `alike-${mode}.txt`, mimeType: 'text/plain' };
		const { output } = await submitBehind(submit({ binaryPropertyName: '={{ $binary.b }}' }), {
			a: await keepContent(first, like),
			b: await keepContent(second, like),
		});
		expect(output[0]?.json.integrity).toMatchObject({ sent: sha256(second), verified: true });
	});

	test.each([
		['={{ $binary.report }}', 'report.pdf'],
		["={{ $('Get file').item.binary.report }}", 'report.pdf'],
		['report', 'report.pdf'],
	])('a file without a name, by %s, is stored as %s', async (binaryPropertyName, name) => {
		const content = fresh();
		await submitBehind(submit({ binaryPropertyName }), {
			report: await keepContent(content, { mimeType: 'application/pdf' }),
		});
		expect(await storedWith(content)).toMatchObject([{ file_name: name }]);
	});
});

describe('A description of a file, without its content', () => {
	beforeAll(async () => await useBinaryMode('memory'));

	test.each([
		['of which several could be meant', '={{ $binary[["a", "b"][0]] }}'],
		['of another node', '={{ $node["Get file"].binary.a }}'],
	])('%s, is refused', async (_what, binaryPropertyName) => {
		const like = { fileName: 'alike.txt', mimeType: 'text/plain' };
		const { error } = await submitBehind(submit({ binaryPropertyName }), {
			a: await keepContent('aaaa', like),
			b: await keepContent('bbbb', like),
		});
		expect(error?.message).toMatch(/Input Binary Field.*\[item 0\]/);
		expect((await requestsSeen(account.sandbox)).total).toBe(0);
	});
});

describe('A file without a name', () => {
	test.each<[what: string, binary: Partial<IBinaryData>, options: INodeParameters, name: string]>([
		['of type PDF', { mimeType: 'application/pdf' }, {}, 'data.pdf'],
		['of text', { mimeType: 'text/plain; charset=utf-8' }, {}, 'data.txt'],
		['of a type with a suffix', { mimeType: 'application/vnd.api+json' }, {}, 'data.json'],
		['of an unknown type', { mimeType: 'application/x-unknown' }, {}, 'data.bin'],
		['with an extension', { mimeType: 'a/b', fileExtension: 'log' }, {}, 'data.log'],
		['with a type given', { mimeType: 'a/b' }, { mimeType: 'text/csv' }, 'data.csv'],
		['of spaces', { mimeType: 'image/png', fileName: '  ' }, {}, 'data.png'],
		['with a bad extension', { mimeType: 'image/png', fileExtension: '../x' }, {}, 'data.png'],
		['of no type', { mimeType: undefined }, {}, 'data.bin'],
		['of a type that is none', { mimeType: 'x\r\nX-A: 1' }, {}, 'data.bin'],
	])('%s', async (_what, described, options, name) => {
		const content = fresh();
		const data = { data: Buffer.from(content).toString('base64'), ...described } as IBinaryData;
		const { status } = await account.run(submit({ options }), [{ json: {}, binary: { data } }]);
		expect(status).toBe('success');
		expect(await storedWith(content)).toMatchObject([{ file_name: name }]);
	});

	test('of several fields', async () => {
		const contents = [fresh('a'), fresh('b')];
		const [a, b] = await Promise.all(
			contents.map((text) => keepContent(text, { mimeType: 'text/csv' })),
		);
		await account.run(submit({ binaryPropertyName: 'a, b/"c' }), [
			{ json: {}, binary: { a: a!, 'b/"c': b! } },
		]);
		expect(await storedWith(contents[0]!)).toMatchObject([{ file_name: 'a.csv' }]);
		expect(await storedWith(contents[1]!)).toMatchObject([{ file_name: 'b__c.csv' }]);
	});
});

/** Every byte there is, in a length that needs padding. */
const bytes = () =>
	Buffer.concat([Buffer.from(Uint8Array.from({ length: 256 }, (_, i) => i)), Buffer.from(fresh())]);

describe('Data in another spelling is stored byte for byte', () => {
	test.each<[what: string, write: (content: Buffer) => string]>([
		['base64', (content) => content.toString('base64')],
		['without padding', (content) => content.toString('base64').replace(/=+$/, '')],
		['base64url', (content) => content.toString('base64url')],
		['with line breaks', (content) => content.toString('base64').replace(/.{76}/g, '$&\r\n')],
		['a data URI', (content) => `data:application/pdf;base64,${content.toString('base64')}`],
		[
			'a data URI with parameters',
			(content) => `DATA:text/plain;charset=utf-8;name=a;BASE64,${content.toString('base64')}\n`,
		],
		['a data URI without a type', (content) => `data:;base64,${content.toString('base64')}`],
		[
			'a data URI in percent-encoding',
			(content) => `data:a/b;base64,${encodeURIComponent(content.toString('base64'))}`,
		],
	])('%s', async (_what, write) => {
		const contents = [0, 1, 2].map((more) => Buffer.concat([bytes(), Buffer.alloc(more)]));
		for (const content of contents) {
			const data = { data: write(content), mimeType: 'text/plain', fileName: 'a.txt' };
			const { output } = await account.run(submit(), [{ json: {}, binary: { data } }]);
			expect(output[0]?.json.integrity).toMatchObject({ sent: sha256(content), verified: true });
			expect(await storedWith(content)).toMatchObject([{ size: content.length }]);
		}
	});

	test('a data URI says which type it has where nothing else does', async () => {
		const content = fresh();
		const uri = `data:application/pdf;base64,${Buffer.from(content).toString('base64')}`;
		const data = { data: uri } as IBinaryData;
		await account.run(submit(), [{ json: {}, binary: { data } }]);
		expect(await storedWith(content)).toMatchObject([
			{ file_name: 'data.pdf', content_type: 'application/pdf' },
		]);
	});
});

describe('Blanks around an ID are taken off', () => {
	test.each([
		['spaces', '  ', ' '],
		['line breaks', '\n', '\r\n'],
		['tabs', '\t', '\t'],
		['no-break spaces', '\u00a0', '\u202f'],
		['a zero-width space', '\u200b', '\u200b'],
		['a byte order mark', '\ufeff', ''],
		['text direction marks', '\u202a', '\u202c\u200e'],
		['a line separator', '\u2028', '\u3000'],
	])('%s', async (_what, before, behind) => {
		const around = (id: string) => `${before}${id}${behind}`;
		for (const mode of ['id', 'list']) {
			const engagementId = { __rl: true, mode, value: around('eng_xyz789') };
			const parameters = { engagementId, controlId: around('ctrl_abc123') };
			const status = await account.run(getControl(parameters), [{ json: {} }]);
			expect(status.output[0]?.json).toMatchObject({ id: 'ctrl_abc123' });
			const text = fresh();
			const { output } = await account.run(
				submit({ ...parameters, evidenceSource: 'text', text, fileName: 'a.txt' }),
				[{ json: {} }],
			);
			expect(output[0]?.json).toMatchObject({ control_id: 'ctrl_abc123' });
		}
	});

	test('also of one that comes by expression', async () => {
		const { output } = await account.run(
			getControl({ engagementId: byId('={{ $json.id }}'), controlId: '={{ " ctrl_abc123\\n" }}' }),
			[{ json: { id: ' eng_xyz789 ' } }],
		);
		expect(output[0]?.json).toMatchObject({ id: 'ctrl_abc123', engagement_id: 'eng_xyz789' });
	});
});

describe('The expected SHA-256', () => {
	test.each<[how: string, write: (hex: string) => string]>([
		['with its algorithm', (hex) => `sha256:${hex}`],
		['with its algorithm in upper case', (hex) => `SHA-256=${hex.toUpperCase()}`],
		['with blanks around it', (hex) => ` \t${hex}\n`],
	])('%s', async (_how, write) => {
		const content = fresh();
		const run = async (hash: string) =>
			await account.run(submit({ options: { expectedSha256: write(hash) } }), [
				{ json: {}, binary: { data: await keepContent(content, { fileName: 'a.txt' }) } },
			]);
		expect((await run(sha256('another'))).error?.message).toContain('is not the expected one');
		expect(await storedWith(content)).toHaveLength(0);
		expect((await run(sha256(content))).output[0]?.json.integrity).toMatchObject({
			verified: true,
		});
	});
});

describe('A file that n8n can’t read', () => {
	beforeAll(async () => await useBinaryMode('filesystem'));

	const SIZE = 20_000_000;

	/** Runs Submit with a file that `spoil` makes unreadable. */
	async function submitSpoiled(
		spoil: (path: string) => Promise<void>,
		options: INodeParameters = {},
	) {
		const content = Buffer.alloc(SIZE, fresh());
		const data = await keepContent(content, { fileName: 'a.bin' });
		await spoil(Container.get(core.BinaryDataService).getPath(data.id!));
		const { status, error } = await account.run(submit({ options }), [
			{ json: {}, binary: { data } },
		]);
		expect(status).toBe('error');
		expect(await storedWith(content)).toEqual([]);
		return error;
	}

	const SAYS_SO = /^The file in field “data” can’t be read from n8n’s own storage \[item 0\]/;

	test.each<[what: string, spoil: (path: string) => Promise<void>]>([
		['is gone', async (path) => await rm(path)],
		[
			'is gone with what n8n knows of it',
			async (path) => {
				await rm(path);
				await rm(`${path}.metadata`);
			},
		],
		[
			'has become a folder',
			async (path) => {
				await rm(path);
				await mkdir(path);
			},
		],
	])('%s', async (_what, spoil) => {
		const error = await submitSpoiled(spoil);
		expect(error?.message).toMatch(SAYS_SO);
		expect(error?.message).not.toMatch(/AUDITDEX/);
		const hashed = await submitSpoiled(spoil, { skipIfSubmitted: true });
		expect(hashed?.message).toMatch(SAYS_SO);
	});

	test('breaks off in the middle of the upload, as a store behind a network may', async () => {
		const fileSize = 3 * SIZE;
		const broken = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
		const content = function* () {
			for (let sent = 0; sent < SIZE; sent += 1_000_000) yield Buffer.alloc(1_000_000, 1);
			throw broken;
		};
		Container.get(core.BinaryDataService).setManager('s3', {
			getMetadata: async () => ({ fileSize }),
			getAsStream: async () => Readable.from(content()),
		} as unknown as Parameters<InstanceType<typeof core.BinaryDataService>['setManager']>[1]);
		const data = { id: 's3:file', data: 's3', mimeType: 'a/b', fileName: 'a.bin' };
		const before = await account.sandbox.admin.listEvidence();
		const { error } = await account.run(submit(), [{ json: {}, binary: { data } }]);
		expect(error?.message).toMatch(SAYS_SO);
		expect(error?.description).toContain('ECONNRESET');
		expect(await account.sandbox.admin.listEvidence()).toEqual(before);
	});
});
