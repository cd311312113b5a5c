/**
 * Our package in an n8n user folder, as n8n itself installs a community package: the packed tarball,
 * nothing else, under `.n8n/nodes`.
 *
 *   packPackage()                         → path of the tarball: build where needed, then `npm pack`
 *   installPackage(userFolder, tarball)   n8n loads it at its next start
 *
 * Run alone, it does both: `node scripts/n8n/package.mts <user folder>`.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { isBuilt } from './built.mts';
import { cacheRoot } from './install.mts';
import { withLock } from './lock.mts';
import { run } from './run.mts';

const root = join(import.meta.dirname, '..', '..');

/**
 * Packs the package, built anew when `dist` isn't up to date. Each content has a place of its own, so that
 * no other checkout, nor a later build, changes what a run of the tests was begun with.
 */
export async function packPackage(): Promise<string> {
	const folder = join(cacheRoot, 'tarball');
	await mkdir(folder, { recursive: true });
	return await withLock(join(cacheRoot, 'tarball.lock'), async () => {
		if (!(await isBuilt())) {
			await run('Building the package', 'npm', ['run', 'build'], { cwd: root });
		}
		const made = await mkdtemp(join(folder, 'made-'));
		const packed = await run(
			'Packing it',
			'npm',
			['pack', '--json', '--pack-destination', made, '--loglevel=error'],
			{ cwd: root },
		);
		const [{ filename, shasum }] = JSON.parse(packed) as [{ filename: string; shasum: string }];
		const place = join(folder, shasum);
		if (existsSync(place)) await rm(made, { recursive: true });
		else await rename(made, place);
		return join(place, filename);
	});
}

/**
 * Puts the tarball where n8n looks for community packages. The registry is not asked: the package
 * has no dependencies, and `n8n-workflow`, its peer, is n8n's own.
 */
export async function installPackage(userFolder: string, tarball: string): Promise<void> {
	const nodes = join(userFolder, '.n8n', 'nodes');
	await mkdir(nodes, { recursive: true });
	// n8n's own file of installed packages; it keeps what it finds there.
	await writeFile(
		join(nodes, 'package.json'),
		JSON.stringify({ name: 'installed-nodes', private: true, dependencies: {} }, null, 2),
	);
	await rm(join(nodes, 'node_modules', 'n8n-nodes-auditdex'), { recursive: true, force: true });
	await run(
		'Installing the package in n8n',
		'npm',
		[
			'install',
			tarball,
			'--offline',
			'--ignore-scripts',
			'--legacy-peer-deps',
			'--package-lock=false',
			'--no-audit',
			'--no-fund',
			'--loglevel=error',
		],
		{ cwd: nodes },
	);
}

if (import.meta.main) {
	const [userFolder] = process.argv.slice(2);
	if (!userFolder) throw new Error('Name the folder that has, or shall have, n8n’s .n8n folder');
	await installPackage(userFolder, await packPackage());
}
