import { mkdir, readdir, readFile, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import type { PackageDirectoryLoader } from 'n8n-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { packPackage } from '../../scripts/n8n/package.mts';
import { unpack } from '../../scripts/scan.mts';
import { anchorsIn } from './anchors.mts';

const root = join(import.meta.dirname, '..', '..');
const require = createRequire(import.meta.url);
const LIMIT_BYTES = 80_000;

interface Manifest {
	name: string;
	version: string;
	n8n: { nodes: string[]; credentials: string[] };
	peerDependencies: Record<string, string>;
	[field: string]: unknown;
}

/** The codex file beside a node: how n8n's node panel finds and sorts it. */
interface Codex {
	node: string;
	nodeVersion: string;
	codexVersion: string;
	categories: string[];
	resources: Record<string, Array<{ url: string }>>;
}

const filesIn = async (folder: string) =>
	(await readdir(folder, { recursive: true, withFileTypes: true }))
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));

const readJson = async <T,>(path: string) => JSON.parse(await readFile(path, 'utf8')) as T;

let tarball: string;
let folder: string;
let manifest: Manifest;

beforeAll(async () => {
	tarball = await packPackage();
	folder = await unpack(tarball);
	manifest = await readJson<Manifest>(join(folder, 'package.json'));
});
afterAll(async () => await rm(folder, { recursive: true }));

describe('The tarball', () => {
	test('holds what n8n needs and nothing else', async () => {
		const sources = (
			await Promise.all(
				['credentials', 'icons', 'nodes'].map(async (part) =>
					(await filesIn(join(root, part))).map((file) => join(part, file)),
				),
			)
		).flat();
		const built = sources.map((file) => join('dist', file.replace(/\.ts$/, '.js')));
		expect((await filesIn(folder)).toSorted()).toEqual(
			['package.json', 'README.md', 'LICENSE.md', ...built].toSorted(),
		);
	});

	test(`is smaller than ${LIMIT_BYTES / 1000} kB`, async () => {
		const { size } = await stat(tarball);
		console.log(`Tarball: ${size} bytes`);
		expect(size).toBeLessThan(LIMIT_BYTES);
	});

	test('brings no dependency, and nothing that runs at installation', () => {
		expect(manifest.peerDependencies).toEqual({ 'n8n-workflow': '*' });
		for (const field of [
			'dependencies',
			'optionalDependencies',
			'bundledDependencies',
			'bundleDependencies',
			'overrides',
			'resolutions',
			'bin',
			'gypfile',
		]) {
			expect(manifest).not.toHaveProperty(field);
		}
		expect(Object.keys(manifest.scripts as object)).not.toEqual(
			expect.arrayContaining([expect.stringMatching(/install|^prepare|^prepublish$/)]),
		);
	});
});

describe("n8n's loader, with the tarball and n8n-workflow and nothing else", () => {
	let loader: PackageDirectoryLoader;

	beforeAll(async () => {
		const modules = join(folder, 'node_modules');
		await mkdir(modules);
		await symlink(
			dirname(require.resolve('n8n-workflow/package.json')),
			join(modules, 'n8n-workflow'),
		);
		const core = require('n8n-core') as typeof import('n8n-core');
		loader = new core.PackageDirectoryLoader(folder);
		await loader.loadAll();
	});

	test('loads every node and credential that package.json lists, and each of ours is listed', async () => {
		expect(loader.types.nodes.map(({ name }) => name).toSorted()).toEqual([
			'auditdex',
			'auditdexTrigger',
		]);
		expect(loader.types.credentials.map(({ name }) => name).toSorted()).toEqual([
			'auditdexOAuth2Api',
			'auditdexWebhookApi',
		]);
		const listed = [...manifest.n8n.nodes, ...manifest.n8n.credentials];
		const shipped = (await filesIn(folder)).filter((file) =>
			/\.(node|credentials)\.js$/.test(file),
		);
		expect(listed.toSorted()).toEqual(shipped.toSorted());
	});

	test('finds each icon, light and dark, and they differ', async () => {
		for (const { iconUrl } of [...loader.types.nodes, ...loader.types.credentials]) {
			const { light, dark } = iconUrl as { light: string; dark: string };
			const [day, night] = await Promise.all(
				[light, dark].map(
					async (url) =>
						await readFile(join(folder, url.replace(`icons/${manifest.name}/`, '')), 'utf8'),
				),
			);
			expect(day).toContain('<svg');
			expect(night).toContain('<svg');
			expect(day).not.toBe(night);
		}
	});

	test('finds the codex of each node', async () => {
		for (const path of manifest.n8n.nodes) {
			const codex = await readJson<Codex>(join(folder, path.replace(/\.js$/, '.json')));
			const name = Object.keys(loader.known.nodes).find(
				(known) => codex.node === `${manifest.name}.${known}`,
			);
			expect(loader.known.nodes[name!]?.sourcePath).toContain(path);
			const loaded = loader.types.nodes.find((node) => node.name === name)?.codex;
			expect(loaded?.categories).toEqual(codex.categories);
			expect(codex).toMatchObject({ nodeVersion: '1.0', codexVersion: '1.0' });
			expect(CATEGORIES).toEqual(expect.arrayContaining(codex.categories));
			expect(Object.keys(codex.resources).toSorted()).toEqual([
				'credentialDocumentation',
				'primaryDocumentation',
			]);
		}
	});

	test('points to sections of the README that exist', async () => {
		const readme = await readFile(join(folder, 'README.md'), 'utf8');
		const nodes = loader.types.nodes.flatMap(({ codex }) =>
			[codex?.resources?.primaryDocumentation, codex?.resources?.credentialDocumentation].flat(),
		);
		const urls = [
			...nodes.map((link) => link!.url),
			...loader.types.credentials.map(({ documentationUrl }) => documentationUrl!),
		];
		expect(urls).toHaveLength(6);
		const start = String(manifest.homepage).replace(/#.*/, '#');
		for (const url of urls) {
			expect(url.startsWith(start)).toBe(true);
			expect(['readme', ...anchorsIn(readme)]).toContain(url.slice(start.length));
		}
	});
});

/** The categories that n8n's node panel knows (docs.n8n.io, "Node codex files"). */
const CATEGORIES = [
	'Analytics',
	'Communication',
	'Data & Storage',
	'Development',
	'Finance & Accounting',
	'Marketing & Content',
	'Miscellaneous',
	'Productivity',
	'Sales',
	'Utility',
];
