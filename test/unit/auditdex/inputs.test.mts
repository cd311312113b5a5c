import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { parseEncoded } from '../../../nodes/Auditdex/evidence/base64.ts';
import { fallbackFileName, fileNameObjection } from '../../../nodes/Auditdex/evidence/fileName.ts';
import { base64Content } from '../../../nodes/Auditdex/evidence/inputFile.ts';
import { extensionOf } from '../../../nodes/Auditdex/evidence/mimeType.ts';

async function decoded(data: string): Promise<Buffer | undefined> {
	const encoded = parseEncoded(data);
	if (!encoded) return undefined;
	const content = base64Content(encoded.base64);
	const chunks: Buffer[] = [];
	for await (const chunk of content.read()) chunks.push(Buffer.from(chunk));
	const all = Buffer.concat(chunks);
	expect(content.size).toBe(all.length);
	return all;
}

describe('encoded content', () => {
	test('in any spelling is what it was before', async () => {
		const spellings: Array<(content: Buffer) => string> = [
			(content) => content.toString('base64'),
			(content) => content.toString('base64').replace(/=/g, ''),
			(content) => content.toString('base64url'),
			(content) => content.toString('base64').replace(/.{1,5}/g, ' $&\n'),
			(content) => `data:a/b;base64,${content.toString('base64')}`,
			(content) => `data:;x=y;base64,${encodeURIComponent(content.toString('base64'))}`,
		];
		await fc.assert(
			fc.asyncProperty(
				fc.uint8Array({ maxLength: 200 }),
				fc.constantFrom(...spellings),
				async (content, write) => {
					expect(await decoded(write(Buffer.from(content)))).toEqual(Buffer.from(content));
				},
			),
		);
	});

	test('is not taken for other content', async () => {
		await fc.assert(
			fc.asyncProperty(fc.string({ maxLength: 30 }), async (text) => {
				const content = await decoded(text);
				if (!content || text.startsWith('data:')) return;
				const bare = (base64: string) =>
					base64.replace(/[\s=]/g, '').replace(/-/g, '+').replace(/_/g, '/');
				// All digits count; the last one's spare bits may be any (RFC 4648 §3.5).
				expect(bare(content.toString('base64')).slice(0, -1)).toBe(bare(text).slice(0, -1));
				expect(bare(content.toString('base64'))).toHaveLength(bare(text).length);
			}),
		);
	});
});

test.each([
	['application/pdf', 'pdf'],
	['TEXT/CSV; charset=utf-8', 'csv'],
	['application/problem+json', 'json'],
	['image/svg+xml', 'svg'],
	['text/x-log', 'txt'],
	['application/octet-stream', 'bin'],
	['toString', 'bin'],
	['a/b+constructor', 'bin'],
])('a file of type %s ends in .%s', (type, extension) => {
	expect(extensionOf(type)).toBe(extension);
});

test('whatever the field, its file gets a name that can be sent', () => {
	fc.assert(
		fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.string(), (field, extension) => {
			fc.pre(field.trim() !== '');
			expect(fileNameObjection(fallbackFileName(field, 'text/csv', extension))).toBeUndefined();
		}),
		{ numRuns: 2_000 },
	);
});
