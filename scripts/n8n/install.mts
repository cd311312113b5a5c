/**
 * Installs the n8n that demo, tests and benchmarks run, into a cache outside the tree: n8n is 3 GB
 * and never a dependency of the package.
 *
 *   installN8n()  → folder whose `node_modules/n8n` is complete; at once when it's cached already
 *
 * Which version that is says its lock file in `versions/`: `current` unless the environment's
 * `N8N_UNDER_TEST` names another. Run alone, it prints the folder.
 */
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, readdir, realpath, rename, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { availableParallelism, homedir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';

import { packageCounter } from '../progress.mjs';
import { withLock } from './lock.mts';
import { run } from './run.mts';

const here = import.meta.dirname;
const projectModules = join(here, '..', '..', 'node_modules');

/** Where everything lives that's kept from one command to the next. */
export const cacheRoot = join(
	process.env.XDG_CACHE_HOME || join(homedir(), '.cache'),
	'n8n-nodes-auditdex',
);

/** The folder with package.json and lock file of the n8n that's under test. */
const versionFolder = () => join(here, 'versions', process.env.N8N_UNDER_TEST || 'current');

/** The cache folder of the locked n8n version; a changed lock is another folder. */
export async function n8nFolder(): Promise<string> {
	const lock = await readFile(join(versionFolder(), 'package-lock.json'));
	const version = createHash('sha256').update(lock).digest('hex').slice(0, 12);
	return join(cacheRoot, `n8n-${version}`);
}

/**
 * Installs n8n unless it's cached, printing what it does.
 * @throws Error with the failing command's last lines
 */
export async function installN8n(): Promise<string> {
	const folder = await n8nFolder();
	if (existsSync(folder)) return folder;
	await mkdir(cacheRoot, { recursive: true });
	await withLock(`${folder}.lock`, async () => {
		if (existsSync(folder)) return;
		// Built beside its final place and renamed when complete: what's there is always whole.
		// A command that was ended may have left one behind.
		for (const name of await readdir(cacheRoot)) {
			if (name.startsWith(`${basename(folder)}.partial-`)) {
				await rm(join(cacheRoot, name), { recursive: true });
			}
		}
		const partial = `${folder}.partial-${process.pid}`;
		await mkdir(partial);
		for (const file of ['package.json', 'package-lock.json']) {
			await cp(join(versionFolder(), file), join(partial, file));
		}
		await run(
			'Installing n8n (once; 3 GB, a few minutes)',
			'npm',
			['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
			{ cwd: partial, howFar: packageCounter(partial) },
		);
		await installSqlite(partial);
		await rename(partial, folder);
		console.log(`n8n is installed in ${folder}`);
	});
	return folder;
}

/**
 * The one native part that n8n can't do without. Install scripts are off, as those of other
 * dependencies fetch what isn't needed here and fail where the network is closed.
 */
async function installSqlite(folder: string): Promise<void> {
	const cwd = join(folder, 'node_modules', 'sqlite3');
	try {
		const prebuilt = join(folder, 'node_modules', 'prebuild-install', 'bin.js');
		await run('Fetching the database driver', process.execPath, [prebuilt, '-r', 'napi'], {
			cwd,
			timeoutMs: 30_000,
		});
	} catch {
		const headers = await nodeHeaders();
		const gyp = join(
			dirname(await npmCli()),
			'..',
			'node_modules',
			'node-gyp',
			'bin',
			'node-gyp.js',
		);
		await run(
			'No ready-made one can be had: building it (about a minute)',
			process.execPath,
			[gyp, 'rebuild', `--nodedir=${headers}`],
			{ cwd, env: { JOBS: String(availableParallelism()) } },
		);
	}
	await run('Checking the database driver', process.execPath, ['-e', 'require("sqlite3")'], {
		cwd,
	});
}

/**
 * The folder with the headers of the Node.js that runs this, which come with its npm package.
 * npm removes them whenever it changes the tree, so they are brought back when missing.
 */
async function nodeHeaders(): Promise<string> {
	const folder = join(
		projectModules,
		'node',
		'node_modules',
		`node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`,
	);
	if (!existsSync(join(folder, 'include', 'node', 'node.h'))) {
		await run(
			'Fetching the Node.js headers',
			'npm',
			['rebuild', 'node', '--ignore-scripts=false'],
			{
				cwd: join(projectModules, '..'),
			},
		);
	}
	return folder;
}

/** The real file of npm's command line, beside which its own node-gyp lies. */
async function npmCli(): Promise<string> {
	for (const folder of (process.env.PATH ?? '').split(delimiter)) {
		const file = join(folder, 'npm');
		if (existsSync(file)) return await realpath(file);
	}
	throw new Error('npm was not found; install Node.js 20 or later with npm');
}

if (import.meta.main) console.log(await installN8n());
