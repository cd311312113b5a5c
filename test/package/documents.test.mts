/** What the documents point to is there: files, headings, pictures, commands. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { promisify } from 'node:util';

import { beforeAll, describe, expect, test } from 'vitest';

import { anchorsIn } from './anchors.mts';

const root = join(import.meta.dirname, '..', '..');

/** Files that are, or are about to be, under version control. */
let files: Set<string>;
let documents: Map<string, string>;
let scripts: string[];

beforeAll(async () => {
	const { stdout } = await promisify(execFile)(
		'git',
		['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate'],
		{ cwd: root },
	);
	files = new Set(stdout.trim().split('\n'));
	documents = new Map(
		await Promise.all(
			[...files]
				.filter((file) => file.endsWith('.md'))
				.map(async (file) => [file, await readFile(join(root, file), 'utf8')] as const),
		),
	);
	const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
		scripts: Record<string, string>;
	};
	scripts = Object.keys(manifest.scripts);
});

/** Where a document's links and pictures lead within the repository, as [document, file, heading]. */
function targets(): Array<[document: string, file: string, anchor: string]> {
	const found: Array<[string, string, string]> = [];
	for (const [document, text] of documents) {
		const prose = text.replace(/```[\s\S]*?```|`[^`\n]*`/g, '');
		for (const [, markdown, html] of prose.matchAll(
			/\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"/g,
		)) {
			const target = (markdown ?? html)!;
			if (/^[a-z]+:/.test(target)) continue;
			const [path, anchor = ''] = target.split('#') as [string, string?];
			const file = path === '' ? document : normalize(join(dirname(document), path));
			found.push([document, file.replace(/\/$/, ''), anchor]);
		}
	}
	return found;
}

describe('Links', () => {
	test('lead to files and folders of the repository', () => {
		expect(targets().length).toBeGreaterThan(20);
		const missing = targets().filter(
			([, file]) => !files.has(file) && ![...files].some((known) => known.startsWith(`${file}/`)),
		);
		expect(missing).toEqual([]);
	});

	test('lead to headings that exist', () => {
		const anchored = targets().filter(([, , anchor]) => anchor !== '');
		expect(anchored.length).toBeGreaterThan(10);
		const missing = anchored.filter(
			([, file, anchor]) => !anchorsIn(documents.get(file) ?? '').includes(anchor),
		);
		expect(missing).toEqual([]);
	});
});

/** The sentences of a document, one a line of a list or cell of a table, without mark-up. */
function sentencesOf(text: string): string[] {
	return text
		.replace(/```[\s\S]*?```|<!--[\s\S]*?-->|^#.*$|^\|[ :|-]+\|$/gm, '')
		.replace(/\]\([^)]*\)/g, ']')
		.split(/\n|(?<!\\)\||(?<=[.:;?!]) /)
		.map((sentence) => sentence.replace(/[*`[\]\s.:;]+/g, ' ').trim())
		.filter((sentence) => sentence.split(' ').length >= SENTENCE_WORDS);
}

/** Shorter ones are bound to come up again. */
const SENTENCE_WORDS = 8;

test('No sentence is in two documents', () => {
	const first = new Map<string, string>();
	const repeated: string[] = [];
	for (const [document, text] of documents) {
		for (const sentence of new Set(sentencesOf(text))) {
			const other = first.get(sentence);
			if (other) repeated.push(`${other}, ${document}: ${sentence}`);
			else first.set(sentence, document);
		}
	}
	expect(first.size).toBeGreaterThan(300);
	expect(repeated).toEqual([]);
});

describe('Pictures', () => {
	const pictures = () => [...files].filter((file) => /^docs\/images\/.*\.png$/.test(file));

	test('come in light and dark', () => {
		expect(pictures().length).toBeGreaterThan(8);
		for (const file of pictures()) {
			const other = /-dark\.png$/.test(file)
				? file.replace('-dark.png', '.png')
				: file.replace('.png', '-dark.png');
			expect(pictures()).toContain(other);
		}
	});

	test('are all shown', () => {
		const shown = targets().map(([, file]) => file);
		expect(pictures().filter((file) => !shown.includes(file))).toEqual([]);
	});

	test('are wide enough for the README, and no larger than they need be', async () => {
		for (const file of pictures()) {
			const png = await readFile(join(root, file));
			expect(png.subarray(1, 4).toString()).toBe('PNG');
			expect(png.readUInt32BE(16)).toBeGreaterThanOrEqual(MIN_WIDTH);
			expect(png.length).toBeLessThan(MAX_PICTURE_BYTES);
		}
	});
});

/** About what the README's column has on GitHub, in pixels. */
const MIN_WIDTH = 830;
const MAX_PICTURE_BYTES = 250_000;

describe('Commands', () => {
	const named = (text: string) =>
		[...text.matchAll(/npm (?:run ([\w:-]+)|(test)\b)/g)].map(([, run, test]) => run ?? test!);

	test('that a document names exist', () => {
		const unknown = [...documents].flatMap(([document, text]) =>
			named(text)
				.filter((name) => !scripts.includes(name))
				.map((name) => `${document}: ${name}`),
		);
		expect(unknown).toEqual([]);
	});

	test('are all explained to contributors', () => {
		const explained = named(documents.get('CONTRIBUTING.md')!);
		expect(scripts.filter((name) => !explained.includes(name))).toEqual([]);
	});
});
