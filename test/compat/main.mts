/**
 * `npm run test:compat`: the engine tests, and those in the real n8n of the credential, submissions,
 * faults and deliveries, on each n8n that has a folder in `scripts/n8n/versions/`, one after another.
 *
 *   --n8n <folder>      only on this one, e.g. `1.123`
 *   --reports <folder>  keeps Vitest's reports in JSON there, one a version
 *   …                   anything else is for Vitest, e.g. the name of a test file
 *
 * With `N8N_URL` set, only those in the real n8n run, on the one at that address, whatever version it is.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const root = join(import.meta.dirname, '..', '..');

const { values: options, tokens } = parseArgs({
	options: { n8n: { type: 'string' }, reports: { type: 'string' } },
	strict: false,
	tokens: true,
});
const ours = new Set(
	tokens.flatMap((token) =>
		token.kind === 'option' && (token.name === 'n8n' || token.name === 'reports')
			? [token.index, ...(token.inlineValue ? [] : [token.index + 1])]
			: [],
	),
);
const forVitest = process.argv.slice(2).filter((_argument, index) => !ours.has(index));

const all = (await readdir(join(root, 'scripts', 'n8n', 'versions'))).sort((a, b) =>
	a.localeCompare(b, 'en', { numeric: true }),
);
const elsewhere = process.env.N8N_URL;
const chosen = options.n8n === undefined ? all : all.filter((name) => name === options.n8n);
const wanted = elsewhere ? ['elsewhere'] : chosen;
if (wanted.length === 0) {
	console.error(
		`There is no n8n “${String(options.n8n)}” in scripts/n8n/versions: ${all.join(', ')}`,
	);
	process.exit(1);
}

interface Report {
	numPassedTests: number;
	numFailedTests: number;
	success: boolean;
}

const temporary = options.reports ? undefined : await mkdtemp(join(tmpdir(), 'auditdex-compat-'));
const reports = temporary ?? String(options.reports);
await mkdir(reports, { recursive: true });

/** @returns a line about it, and whether all is well */
async function testOn(version: string): Promise<{ line: string; passed: boolean }> {
	console.log(`\nn8n ${version}`);
	const started = Date.now();
	const file = join(reports, `compat-${version}.json`);
	const vitest = spawn(
		process.execPath,
		[
			join(root, 'node_modules', 'vitest', 'vitest.mjs'),
			...['run', '--project', elsewhere ? 'compat-n8n' : 'compat-*'],
			...['--reporter=default', '--reporter=json'],
			...[`--outputFile.json=${file}`, ...forVitest],
		],
		{
			cwd: root,
			stdio: 'inherit',
			env: { ...process.env, ...(!elsewhere && { N8N_UNDER_TEST: version }) },
		},
	);
	const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
	let stopped = false;
	const pass = (signal: NodeJS.Signals) => {
		stopped = true;
		vitest.kill(signal);
	};
	for (const signal of signals) process.on(signal, pass);
	const [code] = (await once(vitest, 'close')) as [number | null];
	for (const name of signals) process.off(name, pass);
	if (stopped) process.exit(1);
	const report = await readFile(file, 'utf8').then(
		(text) => JSON.parse(text) as Report,
		() => ({ numPassedTests: 0, numFailedTests: 0, success: false }),
	);
	const minutes = ((Date.now() - started) / 60_000).toFixed(1);
	const passed = code === 0 && report.success && report.numPassedTests > 0;
	return {
		passed,
		line: `${passed ? '✓' : '✗'} n8n ${version}: ${report.numPassedTests} passed, ${report.numFailedTests} failed, ${minutes} min`,
	};
}

const results = [];
for (const version of wanted) results.push(await testOn(version));
if (temporary) await rm(temporary, { recursive: true });
console.log(`\n${results.map(({ line }) => line).join('\n')}`);
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
