import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { HASH_FIELDS, HASH_PLACEMENTS } from '../options.mts';
import { startSandbox, type Sandbox } from '../server.mts';
import { Store } from '../store/store.mts';
import {
	authorized,
	call,
	CONTROL,
	CONTROL_PATH,
	ENGAGEMENT,
	EVIDENCE_PATH,
	evidenceForm,
	submit,
	type Reply,
} from '../testing/api.mts';

const LARGEST_FILE = 1_000_000;
const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');

let sandbox: Sandbox;
let dataDir: string;
let headers: { authorization: string };

beforeAll(async () => {
	dataDir = await mkdtemp(join(tmpdir(), 'auditdex-sandbox-test-'));
	sandbox = await startSandbox({ dataDir, maxFileBytes: LARGEST_FILE });
	headers = await authorized(sandbox);
});
afterAll(async () => {
	await sandbox.close();
	await rm(dataDir, { recursive: true });
});

const evidenceFiles = () => readdirSync(join(dataDir, 'evidence'));
const fieldsOf = ({ json }: Reply) =>
	((json.errors ?? []) as Array<{ field: string }>).map(({ field }) => field);

/** Sends a body of parts as they are. */
async function submitParts(
	parts: string[],
	type = 'multipart/form-data; boundary=XX',
): Promise<Reply> {
	return await call(sandbox, EVIDENCE_PATH, {
		method: 'POST',
		headers: { ...headers, 'content-type': type },
		body: parts.join(''),
	});
}
const field = (name: string, value: string, type = '') =>
	`--XX\r\nContent-Disposition: form-data; name="${name}"\r\n${type}\r\n${value}\r\n`;
const file = (name = 'file', content = 'reviewed', fileName = 'review.csv') =>
	`--XX\r\nContent-Disposition: form-data; name="${name}"; filename="${fileName}"\r\nContent-Type: text/csv\r\n\r\n${content}\r\n`;
const END = '--XX--\r\n';

describe('evidence that is submitted', () => {
	test('is stored with its hash, and linked to the control', async () => {
		const content = 'account,decision\nada,keep\n';
		const form = evidenceForm(content, { description: 'Q1 access review results' });
		const { status, json } = await submit(sandbox, form, headers);
		expect(status).toBe(201);
		expect(json).toEqual({
			id: expect.stringMatching(/^evd_\w+$/),
			engagement_id: ENGAGEMENT,
			control_id: CONTROL,
			file_name: 'review.csv',
			content_type: 'text/csv',
			size: content.length,
			description: 'Q1 access review results',
			submitted_by: sandbox.client.clientId,
			submitted_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
			sha256: sha256(content),
		});
		const stored = join(dataDir, 'evidence', json.id);
		expect(readFileSync(stored, 'utf8')).toBe(content);
		expect(statSync(stored).mode & 0o222).toBe(0);
		const control = await call(sandbox, CONTROL_PATH, { headers });
		expect(control.json.evidence).toContainEqual(json);
	});

	test('may have its parts in any order', async () => {
		const answer = await submitParts([
			file(),
			field('description', 'after the file'),
			field('control_id', CONTROL),
			END,
		]);
		expect([answer.status, answer.json.description]).toEqual([201, 'after the file']);
	});

	test.each(['überprüfung 审查.csv', 'a "quoted" name.csv', "it's; filename=x.csv", 'a/b\\c.csv'])(
		'keeps the file name %s',
		async (fileName) => {
			const { json } = await submit(sandbox, evidenceForm('x', { fileName }), headers);
			expect(json.file_name).toBe(fileName);
		},
	);

	test('never changes', async () => {
		const { json } = await submit(sandbox, evidenceForm('final'), headers);
		for (const method of ['PUT', 'PATCH', 'DELETE']) {
			const answer = await call(sandbox, `${EVIDENCE_PATH}/${json.id}`, { method, headers });
			expect(answer.status).toBe(404);
		}
		const store = new Store(dataDir);
		try {
			const [evidence] = store.allEvidence();
			const changed = { ...evidence!, sha256: 'another' };
			expect(() => store.addEvidence(changed)).toThrow(/UNIQUE/);
			expect(() => store.run('UPDATE evidence SET sha256 = ?', 'another')).toThrow(/immutable/);
			expect(() => store.run('DELETE FROM evidence')).toThrow(/immutable/);
			expect(() =>
				store.run('INSERT OR REPLACE INTO evidence (id, sha256) VALUES (?, ?)', evidence!.id, 'x'),
			).toThrow(/immutable/);
		} finally {
			store.close();
		}
	});
});

describe('what cannot be accepted', () => {
	test.each([
		['no parts', [END], ['control_id', 'file']],
		['no file', [field('control_id', CONTROL), END], ['file']],
		['no control', [file(), END], ['control_id']],
		['an empty control', [field('control_id', ''), file(), END], ['control_id']],
		['a long control', [field('control_id', 'x'.repeat(101)), file(), END], ['control_id']],
		['an unknown field', [field('control_id', CONTROL), field('note', 'x'), file(), END], ['note']],
		[
			'a field twice',
			[field('control_id', CONTROL), field('control_id', CONTROL), file(), END],
			['control_id'],
		],
		['two files', [field('control_id', CONTROL), file(), file(), END], ['file']],
		['an unknown file', [field('control_id', CONTROL), file('image'), file(), END], ['image']],
		['a file as text', [field('control_id', CONTROL), field('file', 'x'), END], ['file', 'file']],
		[
			'a control as a file',
			[file('control_id', CONTROL), file(), END],
			['control_id', 'control_id'],
		],
		[
			'a control as JSON',
			[field('control_id', '{"a":1}', 'Content-Type: application/json\r\n'), file(), END],
			['control_id', 'control_id'],
		],
		['no file name', [field('control_id', CONTROL), file('file', 'x', ''), END], ['file']],
		[
			'a long file name',
			[field('control_id', CONTROL), file('file', 'x', 'x'.repeat(256)), END],
			['file'],
		],
		[
			'a long description',
			[field('control_id', CONTROL), field('description', 'x'.repeat(2_000_000)), file(), END],
			['description'],
		],
	])('%s: the fields are named', async (_what, parts, fields) => {
		const before = evidenceFiles();
		const answer = await submitParts(parts);
		expect(answer.status).toBe(400);
		expect(answer.json).toMatchObject({ title: 'Validation Error' });
		expect(fieldsOf(answer)).toEqual(fields);
		expect(evidenceFiles()).toEqual(before);
	});

	test.each([
		['no boundary at the end', [field('control_id', CONTROL), file()]],
		['the end within a file', [field('control_id', CONTROL), file().slice(0, -5)]],
		['the end within a head', [field('control_id', CONTROL), file().slice(0, 40)]],
		['no multipart at all', ['reviewed']],
		['a forbidden name', [field('control_id', CONTROL), field('__proto__', 'x'), file(), END]],
		['too many fields', [...Array.from({ length: 30 }, (_, i) => field(`f${i}`, 'x')), END]],
		['too many files', [...Array.from({ length: 30 }, (_, i) => file(`f${i}`)), END]],
		[
			'broken JSON in a field',
			[field('control_id', '{', 'Content-Type: application/json\r\n'), file(), END],
		],
	])('a body with %s', async (_what, parts) => {
		const before = evidenceFiles();
		const answer = await submitParts(parts);
		expect(answer.status).toBe(400);
		expect(answer.json).toMatchObject({ title: 'Validation Error' });
		expect(evidenceFiles()).toEqual(before);
	});

	test.each([
		['JSON', 'application/json'],
		['a form', 'application/x-www-form-urlencoded'],
		['XML', 'text/xml'],
		['multipart/mixed', 'multipart/mixed; boundary=XX'],
		['no boundary', 'multipart/form-data'],
		['an empty boundary', 'multipart/form-data; boundary='],
	])('the content type: %s', async (_what, type) => {
		const answer = await submitParts([field('control_id', CONTROL), file(), END], type);
		expect(answer.status).toBe(400);
		expect(fieldsOf(answer)).toEqual(['Content-Type']);
	});

	test.each([
		['engagement', '/v1/engagements/eng_none/evidence', CONTROL],
		['control', EVIDENCE_PATH, 'ctrl_none'],
	])('an unknown %s', async (_what, path, control_id) => {
		const before = evidenceFiles();
		const body = evidenceForm('x', { control_id });
		const answer = await call(sandbox, path, { method: 'POST', headers, body });
		expect(answer.status).toBe(404);
		expect(evidenceFiles()).toEqual(before);
	});

	test('a file over the limit: the answer can be read, and the connection goes on', async () => {
		const before = evidenceFiles();
		const content = 'x'.repeat(20 * LARGEST_FILE);
		const answer = await submit(sandbox, evidenceForm(content), headers);
		expect(answer.status).toBe(413);
		expect(answer.json).toMatchObject({ title: 'Content Too Large', status: 413 });
		expect(evidenceFiles()).toEqual(before);
		const exact = await submit(sandbox, evidenceForm('x'.repeat(LARGEST_FILE)), headers);
		expect([exact.status, exact.json.size]).toEqual([201, LARGEST_FILE]);
	});

	test('an upload that breaks off leaves nothing behind', async () => {
		const before = evidenceFiles();
		const socket = connect(Number(new URL(sandbox.origin).port), '127.0.0.1');
		socket.write(
			`POST ${EVIDENCE_PATH} HTTP/1.1\r\nHost: a\r\nAuthorization: ${headers.authorization}\r\n` +
				'Content-Type: multipart/form-data; boundary=XX\r\nContent-Length: 100000\r\n\r\n' +
				field('control_id', CONTROL) +
				file('file', 'x'.repeat(50_000)),
		);
		await expect.poll(() => evidenceFiles().length).toBe(before.length + 1);
		socket.destroy();
		await once(socket, 'close');
		await expect.poll(evidenceFiles).toEqual(before);
	});
});

test('a control has status, findings and linked evidence', async () => {
	const path = `/v1/engagements/eng_000001/controls/${CONTROL}`;
	const before = await call(sandbox, path, { headers });
	expect(before.json).toEqual({
		id: CONTROL,
		engagement_id: 'eng_000001',
		title: 'Privileged access is reviewed every quarter',
		testing_status: 'in_testing',
		conclusion: null,
		findings: [],
		evidence: [],
	});
	const finding = await sandbox.admin.raiseFinding('eng_000001', CONTROL, { severity: 'minor' });
	await sandbox.admin.concludeControl('eng_000001', CONTROL, 'effective');
	const after = await call(sandbox, path, { headers });
	expect(after.json).toMatchObject({
		testing_status: 'concluded',
		conclusion: 'effective',
		findings: [finding],
	});
});

describe.each(HASH_FIELDS)('the hash as %s', (hashField) => {
	test.each(HASH_PLACEMENTS)('at %s', async (hashPlacement) => {
		for (const hashPrefix of [false, true]) {
			const other = await startSandbox({ hashField, hashPlacement, hashPrefix });
			try {
				const hash = { [hashField]: `${hashPrefix ? 'sha256:' : ''}${sha256('reviewed')}` };
				const expected = hashPlacement === 'top' ? hash : { [hashPlacement]: hash };
				const { json } = await submit(other);
				expect(json).toMatchObject(expected);
				expect(JSON.stringify(json).split(sha256('reviewed'))).toHaveLength(2);
				const control = await call(other, CONTROL_PATH, { headers: await authorized(other) });
				expect(control.json.evidence).toEqual([json]);
			} finally {
				await other.close();
			}
		}
	});
});
