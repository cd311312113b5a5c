import { createHash } from 'node:crypto';

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { sha256Of, type EvidenceFile } from '../../../nodes/Auditdex/evidence/evidenceFile.ts';
import { fileNameObjection } from '../../../nodes/Auditdex/evidence/fileName.ts';
import { HashingFile } from '../../../nodes/Auditdex/evidence/hashingFile.ts';
import { textContent } from '../../../nodes/Auditdex/evidence/inputFile.ts';
import { receiptOf } from '../../../nodes/Auditdex/evidence/receipt.ts';
import { parseSha256, reportedSha256 } from '../../../nodes/Auditdex/evidence/sha256.ts';

const sha256 = (content: Uint8Array | string) => createHash('sha256').update(content).digest('hex');
const HASH = sha256('content');
const OTHER = sha256('another');

describe('a SHA-256', () => {
	test.each([
		[HASH],
		[HASH.toUpperCase()],
		[`sha256:${HASH}`],
		[`SHA-256:${HASH.toUpperCase()}`],
		[`sha-256=${HASH}`],
		[` ${HASH}\n`],
		[`SHA256=${HASH}`],
		[Buffer.from(HASH, 'hex').toString('base64')],
		[Buffer.from(HASH, 'hex').toString('base64url')],
		[`sha256-${Buffer.from(HASH, 'hex').toString('base64')}`],
		[`sha-256=:${Buffer.from(HASH, 'hex').toString('base64')}:`],
		[`sha-512=:${'A'.repeat(86)}==:, sha-256=:${Buffer.from(HASH, 'hex').toString('base64')}:`],
	])('%j is one', (value) => expect(parseSha256(value)).toBe(HASH));

	test.each([
		[''],
		[HASH.slice(1)],
		[`${HASH}0`],
		[`md5:${HASH}`],
		[`sha256:sha256:${HASH}`],
		[HASH.replace(/./, 'g')],
		[`sha-512=:${'A'.repeat(86)}==:`],
		[`md5=${'a'.repeat(32)}`],
		['a'.repeat(40)],
		[7],
		[null],
		[undefined],
		[[HASH]],
		[{ sha256: HASH }],
	])('%j is none', (value) => expect(parseSha256(value)).toBeNull());
});

describe('the hash that the service reports', () => {
	const fields = ['sha256', 'sha256_hash', 'file_hash', 'hash', 'checksum', 'digest'];
	test.each(fields)('%s, at the top or in data, evidence or file', (field) => {
		for (const evidence of [
			{ [field]: HASH },
			{ data: { [field]: HASH } },
			{ evidence: { [field]: `sha256:${HASH}` } },
			{ file: { [field]: HASH.toUpperCase() } },
		]) {
			expect(reportedSha256(evidence)).toBe(HASH);
		}
	});

	test('of several, the first in the contract’s order that is a SHA-256', () => {
		expect(reportedSha256({ checksum: OTHER, sha256: HASH })).toBe(HASH);
		expect(reportedSha256({ hash: 'crc32:abcd', checksum: HASH })).toBe(HASH);
		expect(reportedSha256({ file: { sha256: HASH }, digest: OTHER })).toBe(HASH);
	});

	test.each([null, undefined, 'text', 7, [], {}, { sha256: 'x' }, { data: [{ sha256: HASH }] }])(
		'none in %j',
		(evidence) => expect(reportedSha256(evidence)).toBeNull(),
	);
});

describe('a receipt', () => {
	test('is the evidence as it came, and both hashes', () => {
		const evidence = { id: 'evd_1', hash: `sha256:${HASH.toUpperCase()}`, more: [1] };
		expect(receiptOf(evidence, HASH)).toEqual({
			...evidence,
			integrity: { algorithm: 'SHA-256', sent: HASH, received: HASH, verified: true },
		});
	});

	test('says that nothing was verified where the service reports no hash', () => {
		expect(receiptOf({ id: 'evd_1' }, HASH).integrity).toEqual({
			algorithm: 'SHA-256',
			sent: HASH,
			received: null,
			verified: false,
		});
	});

	test('there is none for another file; the answer is kept with what is wrong', () => {
		const evidence = { id: 'evd_1', sha256: OTHER };
		expect(() => receiptOf(evidence, HASH)).toThrow(
			expect.objectContaining({
				message: 'Stored evidence does not match the file sent',
				problem: expect.objectContaining({ evidence }),
			}),
		);
	});
});

describe('a file name', () => {
	test.each([
		'review.csv',
		'Zugänge geprüft ✓ 📎.txt',
		"it's (final), v2; really=1.txt",
		'.hidden',
		'100% done.txt',
		'a'.repeat(255),
		'…',
	])('“%s” can be sent', (name) => expect(fileNameObjection(name)).toBeUndefined());

	test.each([
		['', 'is empty'],
		[' \t', 'is empty'],
		['a'.repeat(256), 'longer than 255'],
		['a\r\nX-Injected: 1', 'control character'],
		['a\u0000', 'control character'],
		['a\u007f', 'control character'],
		['a/b', 'path'],
		['a\\b', 'path'],
		['..', 'path'],
		['a"b', 'quotation mark'],
		['a%22b', '%22'],
		['a%0d%0Ab', '%0A'],
		['a\ud800', 'character pair'],
	])('%j can’t', (name, why) => expect(fileNameObjection(name)).toContain(why));

	test('whatever can be sent stays as it is in a form', async () => {
		await fc.assert(
			fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 40 }), async (name) => {
				fc.pre(fileNameObjection(name) === undefined);
				const form = new FormData();
				form.append('file', new File([], name));
				const text = await new Response(form).text();
				expect(text).toContain(`filename="${name}"`);
			}),
		);
	});
});

function fileOf(bytes: Uint8Array, chunk: number, size = bytes.length): EvidenceFile {
	return {
		name: 'a.bin',
		mimeType: 'application/octet-stream',
		size,
		async *read() {
			for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
		},
	};
}

describe('a file that is hashed as it leaves', () => {
	const bytesOf = async (file: File) =>
		new Uint8Array(await new Response(file.stream()).arrayBuffer());

	test('leaves whole, in pieces, with its hash, as often as it is read', async () => {
		const contents = fc.uint8Array({ maxLength: 3_000 });
		await fc.assert(
			fc.asyncProperty(contents, fc.integer({ min: 1, max: 999 }), async (content, chunk) => {
				const file = new HashingFile(fileOf(content, chunk), () => {});
				expect(file.size).toBe(content.length);
				for (let times = 0; times < 2; times++) {
					expect(Buffer.compare(await bytesOf(file), content)).toBe(0);
					expect(file.sentSha256).toBe(sha256(content));
				}
			}),
			{ numRuns: 50 },
		);
	});

	test('tells that it was opened and each time a piece has left', async () => {
		let moves = 0;
		const large = new Uint8Array(1024 * 1024);
		const file = new HashingFile(fileOf(large, large.length), () => (moves += 1));
		expect(moves).toBe(0);
		await bytesOf(file);
		expect(moves).toBeGreaterThanOrEqual(5);
		moves = 0;
		await bytesOf(new HashingFile(fileOf(new Uint8Array(0), 1), () => (moves += 1)));
		expect(moves).toBe(1);
	});

	test.each([
		['shorter', 9],
		['longer', 11],
	])('that turns out %s than it was is not sent to its end', async (_how, length) => {
		const file = new HashingFile(fileOf(new Uint8Array(length), 4, 10), () => {});
		await expect(bytesOf(file)).rejects.toThrow('changed while it was being sent');
		expect(file.sentSha256).toBeUndefined();
	});

	test('may be whole at the service once its last piece is handed over', async () => {
		const file = new HashingFile(fileOf(new Uint8Array(4), 2), () => {});
		const reader = file.stream().getReader();
		await reader.read();
		await reader.read();
		expect(file.sentSha256).toBe(sha256(new Uint8Array(4)));
		await reader.cancel();
	});

	test('sends no more once it is abandoned', async () => {
		const file = new HashingFile(fileOf(new Uint8Array(10), 1), () => {});
		const reader = file.stream().getReader();
		await reader.read();
		file.abandon();
		const rest = async () => {
			while (!(await reader.read()).done);
		};
		await expect(rest()).rejects.toThrow('before the whole file was sent');
		expect(file.sentSha256).toBeUndefined();
	});

	test('its hash is unknown until all has left', async () => {
		const file = new HashingFile(fileOf(new Uint8Array(10), 1), () => {});
		const reader = file.stream().getReader();
		await reader.read();
		expect(file.sentSha256).toBeUndefined();
		await reader.cancel();
		expect(file.sentSha256).toBeUndefined();
	});

	test('keeps its own size in a form', async () => {
		const form = new FormData();
		form.append('file', new HashingFile(fileOf(Buffer.from('content'), 3), () => {}));
		const kept = form.get('file') as File;
		expect(kept).toBeInstanceOf(HashingFile);
		expect(kept.size).toBe(7);
		expect(kept.name).toBe('a.bin');
	});
});

test('text becomes its UTF-8 bytes', async () => {
	await fc.assert(
		fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
			const content = textContent(text);
			expect(content.size).toBe(Buffer.byteLength(text));
			const hash = await sha256Of({ name: 'a', mimeType: 'text/plain', ...content });
			expect(hash).toBe(sha256(text));
		}),
	);
});
