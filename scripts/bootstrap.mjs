/**
 * The first step of every command: installs what is missing, then runs a script with the project's
 * own Node.js. Plain JavaScript without dependencies, as it must run on Node.js 18 in a fresh clone.
 *
 *   node scripts/bootstrap.mjs                       only installs
 *   node scripts/bootstrap.mjs script.mts [args…]    … and runs the script
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { packageCounter, showProgress } from './progress.mjs';

const PARENT_CHECK_MS = 1_000;
const LOG_LINES = 40;

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = join(root, 'node_modules', '.bin');
const node = join(bin, 'node');

/** What a JSON file in the root folder holds; nothing when there's no such file. */
function read(file) {
	try {
		return JSON.parse(readFileSync(join(root, file), 'utf8'));
	} catch (error) {
		if (error.code === 'ENOENT') return {};
		throw error;
	}
}

/**
 * Whether npm's own record of what it installed is what the lock file asks for. npm writes it last,
 * so an interrupted installation has none. Optional packages may be missing: those of other platforms.
 */
function isCurrent() {
	const { '': _root, ...locked } = read('package-lock.json').packages;
	const { packages: installed = {} } = read('node_modules/.package-lock.json');
	return (
		Object.keys(installed).every((path) => path in locked) &&
		Object.entries(locked).every(([path, { version, optional }]) =>
			path in installed ? installed[path].version === version : optional,
		)
	);
}

/** Whether `node_modules/.bin/node` is the Node.js that package.json asks for. */
function hasOwnNode() {
	const wanted = read('package.json').devDependencies.node;
	const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' });
	return stdout?.trim() === `v${wanted}`;
}

/**
 * Waits for the end of a child, passing signals on to it. Where npm, which started us, was ended
 * without passing them on, that it's gone is the signal.
 * @returns the exit code, as a shell would report it
 */
async function untilEnded(child) {
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
		process.on(signal, () => child.kill(signal));
	}
	const parent = process.ppid;
	const watch = setInterval(() => {
		if (process.ppid !== parent) child.kill('SIGTERM');
	}, PARENT_CHECK_MS);
	const [code, signal] = await once(child, 'close');
	clearInterval(watch);
	return code ?? 128 + constants.signals[signal];
}

/** Runs npm, showing how far it is. When it fails, we end with its last lines. */
async function npm(args, howFar) {
	const child = spawn('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
		cwd: root,
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	let log = '';
	for (const stream of [child.stdout, child.stderr]) {
		stream.setEncoding('utf8').on('data', (text) => (log += text));
	}
	const hideProgress = showProgress(howFar);
	const code = await untilEnded(child);
	hideProgress();
	if (code === 0) return;
	console.error(log.trim().split('\n').slice(-LOG_LINES).join('\n'));
	console.error(
		`\n"npm ${args.join(' ')}" ended with ${code}; its last lines are above. ` +
			'Check that npm reaches its registry, then run the same command again.',
	);
	process.exit(code);
}

async function install() {
	const current = isCurrent();
	if (current && hasOwnNode()) return;
	const started = Date.now();
	if (!current) {
		console.log('Installing what the commands of this project need (one to three minutes)…');
		await npm(['ci'], packageCounter(root));
	}
	// Install scripts are off; this one puts the Node.js in place that n8n needs.
	console.log('Fetching the Node.js that n8n needs…');
	await npm(['rebuild', 'node', '--ignore-scripts=false']);
	if (!hasOwnNode()) {
		console.error(
			`The Node.js in ${node} doesn't run. Remove the folder node_modules and try again.`,
		);
		process.exit(1);
	}
	console.log(`Installed in ${Math.round((Date.now() - started) / 1_000)} s.`);
}

await install();
const args = process.argv.slice(2);
if (args.length > 0) {
	const PATH = `${bin}${delimiter}${process.env.PATH ?? ''}`;
	const child = spawn(node, args, { cwd: root, env: { ...process.env, PATH }, stdio: 'inherit' });
	process.exitCode = await untilEnded(child);
}
