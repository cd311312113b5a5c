/**
 * The first step of every command: installs what is missing, then runs a script with the project's
 * own Node.js. Plain JavaScript without dependencies, as it must run on Node.js 18 in a fresh clone.
 *
 *   node scripts/bootstrap.mjs                       only installs
 *   node scripts/bootstrap.mjs script.mts [args…]    … and runs the script
 *
 * Installed is what `node_modules` was made for: a stamp in it holds the hash of the lock file.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROGRESS_MS = 5_000;
const PARENT_CHECK_MS = 1_000;
const LOG_LINES = 40;

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = join(root, 'node_modules', '.bin');
const node = join(bin, 'node');
const stamp = join(root, 'node_modules', '.auditdex-installed');

/** A file's text; empty when there is no such file. */
function textOf(file) {
	try {
		return readFileSync(file, 'utf8');
	} catch {
		return '';
	}
}

/** Whether `node_modules/.bin/node` is the Node.js that package.json asks for. */
function hasOwnNode() {
	const wanted = JSON.parse(textOf(join(root, 'package.json'))).devDependencies.node;
	const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' });
	return stdout?.trim() === `v${wanted}`;
}

/** Runs npm, saying every few seconds that it's at work. When it fails, we end with its last lines. */
async function npm(...args) {
	const started = Date.now();
	const child = spawn('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
		cwd: root,
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	let log = '';
	for (const stream of [child.stdout, child.stderr]) {
		stream.setEncoding('utf8').on('data', (text) => (log += text));
	}
	const progress = setInterval(() => {
		console.log(`  … ${Math.round((Date.now() - started) / 1_000)} s`);
	}, PROGRESS_MS);
	const code = await new Promise((resolve) => {
		child.on('error', (error) => resolve(error.message)).on('close', resolve);
	});
	clearInterval(progress);
	if (code === 0) return;
	console.error(log.trim().split('\n').slice(-LOG_LINES).join('\n'));
	console.error(
		`\n"npm ${args.join(' ')}" stopped with ${code}; its last lines are above. ` +
			'Check that npm reaches its registry, then run the same command again.',
	);
	process.exit(1);
}

async function install() {
	const lock = createHash('sha256')
		.update(readFileSync(join(root, 'package-lock.json')))
		.digest('hex');
	const isCurrent = textOf(stamp) === lock;
	if (isCurrent && hasOwnNode()) return;
	const started = Date.now();
	if (!isCurrent) {
		console.log('Installing what the commands of this project need (one to three minutes)…');
		await npm('ci');
	}
	// Install scripts are off; this one puts the Node.js in place that n8n needs.
	await npm('rebuild', 'node', '--ignore-scripts=false');
	if (!hasOwnNode()) {
		console.error(
			`The Node.js in ${node} doesn't run. Remove the folder node_modules and try again.`,
		);
		process.exit(1);
	}
	writeFileSync(stamp, lock);
	console.log(`Installed in ${Math.round((Date.now() - started) / 1_000)} s.`);
}

/**
 * Runs a script with the project's Node.js; ends with its exit code. Signals are passed on. Where npm
 * was ended without passing them on to us, that it's gone is the signal.
 */
function runScript(args) {
	const parent = process.ppid;
	const child = spawn(node, args, {
		cwd: root,
		env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` },
		stdio: 'inherit',
	});
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
		process.on(signal, () => child.kill(signal));
	}
	const watch = setInterval(() => {
		if (process.ppid !== parent) child.kill('SIGTERM');
	}, PARENT_CHECK_MS);
	child.on('exit', (code, signal) => {
		clearInterval(watch);
		process.exitCode = signal ? 128 + constants.signals[signal] : code;
	});
}

await install();
const args = process.argv.slice(2);
if (args.length > 0) runScript(args);
