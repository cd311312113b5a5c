import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { packPackage } from '../../scripts/n8n/package.mts';
import { findingsIn, PUBLISHED, SOURCES, unpack } from '../../scripts/scan.mts';

const root = join(import.meta.dirname, '..', '..');

describe("n8n's scan", () => {
	let unpacked: string;

	beforeAll(async () => {
		unpacked = await unpack(await packPackage());
	});
	afterAll(async () => await rm(unpacked, { recursive: true }));

	test('finds nothing in the sources, neither error nor warning', async () => {
		const { files, findings } = await findingsIn(root, SOURCES);
		expect(findings).toEqual([]);
		expect(files).toBeGreaterThan(30);
	});

	test('finds nothing in the tarball, neither error nor warning', async () => {
		const { files, findings } = await findingsIn(unpacked, PUBLISHED);
		expect(findings).toEqual([]);
		expect(files).toBeGreaterThan(30);
	});
});

describe("n8n's scan of a package that is not in order", () => {
	let folder: string;
	const edit = async (file: string, change: (text: string) => string) => {
		const path = join(folder, file);
		await writeFile(path, change(await readFile(path, 'utf8')));
	};
	const rulesBroken = async () => {
		const { findings } = await findingsIn(folder, SOURCES);
		return findings.map((finding) => finding.split(' ')[1]!.replace(/:$/, ''));
	};

	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), 'auditdex-scan-'));
	});
	afterAll(async () => await rm(folder, { recursive: true }));

	test.each<[what: string, rule: string, file: string, change: (text: string) => string]>([
		[
			'a rule switched off within a file',
			'no-console',
			'nodes/Auditdex/Auditdex.node.ts',
			(text) => `/* eslint-disable */\n${text}\nconsole.log('hello');\n`,
		],
		[
			'a module that n8n does not allow',
			'@n8n/community-nodes/no-restricted-imports',
			'nodes/Auditdex/items/inParallel.ts',
			(text) => `import { readFileSync } from 'fs';\n${text}\nreadFileSync('');\n`,
		],
		[
			'a runtime dependency',
			'@n8n/community-nodes/no-runtime-dependencies',
			'package.json',
			(text) =>
				text.replace('"peerDependencies"', '"dependencies": { "a": "1" }, "peerDependencies"'),
		],
		[
			'a script that runs when the package is installed',
			'@n8n/community-nodes/no-forbidden-lifecycle-scripts',
			'package.json',
			(text) => text.replace('"scripts": {', '"scripts": { "postinstall": "true",'),
		],
		[
			'a missing homepage, which is only a warning',
			'@n8n/community-nodes/require-homepage',
			'package.json',
			(text) => text.replace('"homepage"', '"hp"'),
		],
	])('finds %s', async (_what, rule, file, change) => {
		for (const part of ['nodes', 'credentials', 'icons', 'package.json']) {
			await cp(join(root, part), join(folder, part), { recursive: true });
		}
		await edit(file, change);
		expect(await rulesBroken()).toContain(rule);
	});
});
