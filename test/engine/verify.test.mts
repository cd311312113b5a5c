import { createHash } from 'node:crypto';

import type { INodeExecutionData, INodeParameters } from 'n8n-workflow';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { CREDENTIAL_TYPE, openAccount, type Account } from './harness/account.mts';
import { BINARY_MODES, keepContent, keepFile, makeFile, useBinaryMode } from './harness/binary.mts';
import { CredentialsHelper } from './harness/credentials.mts';
import { runNode } from './harness/engine.mts';
import { byId, submit, verify } from './harness/parameters.mts';
import { startService } from './harness/service.mts';
import { requestsSeen } from './harness/traffic.mts';

let account: Account;
let seed = 0;

beforeAll(async () => {
	account = await openAccount();
});
afterAll(async () => await account.close());
beforeEach(async () => await account.sandbox.admin.resetStats());

const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');
const base64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64');
const fresh = (about = 'content') => `${about} ${++seed}`;

async function itemWith(content: string | Buffer, fileName?: string): Promise<INodeExecutionData> {
	return { json: {}, binary: { data: await keepContent(content, { fileName }) } };
}

/** Submits content and returns the evidence that the control links then. */
async function submitted(content: string, fileName = 'evidence.txt') {
	const { output } = await account.run(submit(), [await itemWith(content, fileName)]);
	const { integrity: _integrity, ...evidence } = output[0]!.json;
	await account.sandbox.admin.resetStats();
	return evidence;
}

describe.each(BINARY_MODES)('with files in %s mode', (mode) => {
	beforeAll(async () => await useBinaryMode(mode));

	test('a file that is linked is verified, with the evidence as the control shows it', async () => {
		const content = fresh();
		const evidence = await submitted(content);
		const { status, output } = await account.run(verify(), [await itemWith(content, 'mine.txt')]);
		expect(status).toBe('success');
		expect(output).toMatchObject([
			{
				json: {
					verified: true,
					sha256: sha256(content),
					fileName: 'mine.txt',
					evidence: [evidence],
				},
				pairedItem: { item: 0 },
			},
		]);
		expect(Object.keys(output[0]!.json)).toEqual(['verified', 'sha256', 'fileName', 'evidence']);
		const { total, token, getControl } = await requestsSeen(account.sandbox);
		expect({ getControl, others: total - token - getControl }).toEqual({
			getControl: 1,
			others: 0,
		});
	});

	test('another file is not', async () => {
		await submitted(fresh());
		const content = fresh();
		const { output } = await account.run(verify(), [await itemWith(content)]);
		expect(output.map(({ json }) => json)).toEqual([
			{ verified: false, sha256: sha256(content), evidence: [] },
		]);
	});

	test('all evidence with the same hash is shown', async () => {
		const content = fresh();
		const both = [await submitted(content, 'a.txt'), await submitted(content, 'b.txt')];
		const { output } = await account.run(verify(), [await itemWith(content)]);
		expect(output[0]?.json).toMatchObject({ verified: true, evidence: both });
	});

	test('a large file is read as it is', async () => {
		const file = await makeFile(20_000_001, ++seed);
		const data = await keepFile(file, { fileName: 'large.bin' });
		const items = [{ json: {}, binary: { data } }];
		expect((await account.run(verify(), items)).output[0]?.json.verified).toBe(false);
		await account.run(submit(), items);
		const { output } = await account.run(verify(), items);
		expect(output[0]?.json).toMatchObject({ verified: true, sha256: file.sha256 });
	});

	test('several files of an item are told apart, one output item each', async () => {
		const contents = [fresh('a'), fresh('b'), fresh('c')];
		await submitted(contents[1]!);
		const [a, b, c] = await Promise.all(contents.map(async (text) => await keepContent(text)));
		const items = [{ json: {}, binary: { a: a!, b: b!, c: c! } }];
		const { output } = await account.run(verify({ binaryPropertyName: 'c, b,a' }), items);
		expect(output.map(({ json }) => json.verified)).toEqual([false, true, false]);
		expect(output.map(({ pairedItem }) => pairedItem)).toEqual([0, 0, 0].map((item) => ({ item })));
	});

	test('the file itself, by expression', async () => {
		const content = fresh();
		await submitted(content);
		const { output } = await account.run(verify({ binaryPropertyName: '={{ $binary.data }}' }), [
			await itemWith(content, 'a.txt'),
		]);
		expect(output[0]?.json).toMatchObject({ verified: true, fileName: 'a.txt' });
	});
});

test('text, exactly as it was submitted', async () => {
	const text = fresh('Zugänge geprüft ✓ 📎\n');
	await account.run(submit({ evidenceSource: 'text', text, fileName: 'a.txt' }), [{ json: {} }]);
	const run = async (value: string) =>
		(await account.run(verify({ evidenceSource: 'text', text: value }), [{ json: {} }])).output[0]
			?.json;
	expect(await run(text)).toMatchObject({ verified: true, sha256: sha256(text) });
	expect(await run(`${text} `)).toMatchObject({ verified: false, evidence: [] });
	expect(await run(text)).not.toHaveProperty('fileName');
});

test.each<[how: string, write: (hex: string) => string]>([
	['as it is', (hex) => hex],
	['in upper case', (hex) => hex.toUpperCase()],
	['with its algorithm', (hex) => `SHA256:${hex}`],
	['with blanks around it', (hex) => ` ${hex}\n`],
	['in base64', base64],
])('a SHA-256 %s', async (_how, write) => {
	const content = fresh();
	await submitted(content);
	const run = async (hash: string) =>
		(await account.run(verify({ evidenceSource: 'sha256', sha256: write(hash) }), [{ json: {} }]))
			.output[0]?.json;
	expect(await run(sha256(content))).toMatchObject({ verified: true, sha256: sha256(content) });
	expect(await run(sha256('another'))).toEqual({
		verified: false,
		sha256: sha256('another'),
		evidence: [],
	});
});

describe('How often a control is asked', () => {
	const hundred = async () =>
		await Promise.all(Array.from({ length: 100 }, async () => await itemWith(fresh())));

	test.each([1, 4, 50])('once for 100 files, %i worked on at once', async (parallelRequests) => {
		const items = await hundred();
		const { output } = await account.run(verify({ options: { parallelRequests } }), items);
		expect(output).toHaveLength(100);
		expect(await requestsSeen(account.sandbox)).toMatchObject({ getControl: 1 });
	});

	test('once each for several controls', async () => {
		const items = (await hundred()).map((item, index) => ({
			...item,
			json: { control: ['ctrl_abc123', ' ctrl_abc123', 'ctrl_def456'][index % 3] },
		}));
		const { status } = await account.run(verify({ controlId: '={{ $json.control }}' }), items);
		expect(status).toBe('success');
		expect(await requestsSeen(account.sandbox)).toMatchObject({ getControl: 2 });
	});

	test('once where it isn’t there, and each item says so', async () => {
		const { output } = await account.run(
			verify({ controlId: 'ctrl_nobody' }),
			(await hundred()).slice(0, 5),
			{ node: { onError: 'continueRegularOutput' } },
		);
		expect(output).toHaveLength(5);
		for (const { json } of output) expect(json).toMatchObject({ problem: { status: 404 } });
		expect(await requestsSeen(account.sandbox)).toMatchObject({ getControl: 1 });
	});

	test('anew in the next run, as evidence may have come', async () => {
		const content = fresh();
		const items = [await itemWith(content)];
		expect((await account.run(verify(), items)).output[0]?.json.verified).toBe(false);
		await submitted(content);
		expect((await account.run(verify(), items)).output[0]?.json.verified).toBe(true);
	});
});

test('a busy service is asked again', async () => {
	await account.sandbox.admin.addFault({ kind: '503', operation: 'getControl', times: 2 });
	const { output } = await account.run(verify(), [await itemWith(fresh())]);
	expect(output[0]?.json.verified).toBe(false);
});

test('the scope to read controls is enough', async () => {
	const reader = {
		clientId: 'reader',
		clientSecret: 'secret-of-the-reader',
		scopes: ['controls:read'],
	};
	const other = await openAccount({ clients: [reader] });
	try {
		const scoped = await other.withCredential({ scope: 'controls:read' });
		const { output } = await scoped.run(verify(), [await itemWith(fresh())]);
		expect(output[0]?.json.verified).toBe(false);
	} finally {
		await other.close();
	}
});

const CONTENT = 'content of a control elsewhere';
const HASH = sha256(CONTENT);
const OTHER = sha256('other content');

/** Runs Verify for CONTENT against a control that a service shows in this way. */
async function verifyAgainst(control: unknown, more: INodeParameters = {}) {
	const service = await startService(() => control);
	try {
		const credentialsHelper = new CredentialsHelper();
		const credentials = await credentialsHelper.save(CREDENTIAL_TYPE, {
			clientId: 'client',
			clientSecret: 'secret-of-the-client',
			baseUrl: service.baseUrl,
		});
		return await runNode(
			verify({ engagementId: byId('eng_1'), controlId: 'ctrl_1', ...more }),
			[await itemWith(CONTENT, 'a.txt')],
			{ credentialsHelper, node: { credentials } },
		);
	} finally {
		await service.close();
	}
}

describe('A control that shows the file', () => {
	const evidence = { id: 'evd_1', sha256: HASH };
	test.each<[what: string, control: object, evidence: object]>([
		['under another name', { attachments: [evidence] }, evidence],
		[
			'with its digest in base64',
			{ evidence: [{ digest: `sha-256=:${base64(HASH)}:` }] },
			{ digest: `sha-256=:${base64(HASH)}:` },
		],
		['deeper', { data: { control: { linked_evidence: { items: [evidence] } } } }, evidence],
		['beside some without a hash', { evidence: [{ id: 'evd_0' }, evidence] }, evidence],
		['on the first of several pages', { evidence: [evidence], evidence_total: 200 }, evidence],
	])('%s', async (_what, control, shown) => {
		const { output } = await verifyAgainst(control);
		expect(output[0]?.json).toEqual({
			verified: true,
			sha256: HASH,
			fileName: 'a.txt',
			evidence: [shown],
		});
	});
});

test.each<[what: string, control: object]>([
	['an empty list', { id: 'ctrl_1', evidence: [] }],
	['other evidence', { id: 'ctrl_1', evidence: [{ sha256: OTHER }] }],
])('a control that shows %s does not have the file', async (_what, control) => {
	const { output } = await verifyAgainst(control);
	expect(output[0]?.json).toEqual({
		verified: false,
		sha256: HASH,
		fileName: 'a.txt',
		evidence: [],
	});
});

describe('What can’t be told is never “not verified”', () => {
	test.each<[what: string, control: object]>([
		['evidence without hashes', { evidence: [{ id: 'evd_1', file_name: 'a.txt' }] }],
		['IDs only', { evidence: ['evd_1', 'evd_2'] }],
		['some without a hash', { evidence: [{ id: 'evd_1', sha256: OTHER }, { id: 'evd_2' }] }],
		[
			'hashes of another kind',
			{ evidence: [{ id: 'evd_1', hash: 'md5:9e107d9d372bb6826bd81d3542a419d6' }] },
		],
		['no list of evidence', { id: 'ctrl_1', testing_status: 'in_testing' }],
		['null for its evidence', { id: 'ctrl_1', evidence: null }],
		[
			'only a part of its evidence',
			{ evidence: [{ id: 'evd_1', sha256: OTHER }], evidence_total: 200 },
		],
		['only the latest evidence', { latest_evidence: { id: 'evd_1', sha256: OTHER } }],
		['only how many there are', { id: 'ctrl_1', evidence_count: 3 }],
		['an empty object', {}],
	])('a control that shows %s', async (_what, control) => {
		const { status, error, output } = await verifyAgainst(control);
		expect(status).toBe('error');
		expect(output).toEqual([]);
		expect(error?.message).toBe('It can’t be told whether “a.txt” is linked to the control');
		expect(error?.description).toMatch(/the control shows/);
		expect(error?.description).toContain(HASH);
	});

	test.each(['', 'null', '[]', '"text"', '<html>', '{"evidence":'])(
		'an answer that is %j',
		async (answer) => {
			const { status, output } = await verifyAgainst(answer, { options: { maxRetries: 0 } });
			expect(status).toBe('error');
			expect(output).toEqual([]);
		},
	);
});
