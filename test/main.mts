/**
 * `npm test`: builds, then runs the tests, and beside them, as they mostly wait, lint and type check.
 * Arguments are for Vitest.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const cwd = join(import.meta.dirname, '..');
const PROJECTS = ['unit', 'commands', 'engine', 'package'].flatMap((name) => ['--project', name]);

/** Runs a command and says how it ended; what it prints comes out in one piece when it's `kept`. */
async function passes(name: string, command: string[], { kept = true } = {}): Promise<boolean> {
	const started = Date.now();
	const child = spawn(command[0]!, command.slice(1), {
		cwd,
		stdio: kept ? ['ignore', 'pipe', 'pipe'] : 'inherit',
	});
	const stop = () => child.kill();
	process.on('exit', stop);
	let printed = '';
	for (const stream of [child.stdout, child.stderr]) {
		stream?.setEncoding('utf8').on('data', (text: string) => (printed += text));
	}
	const [code] = (await once(child, 'close')) as [number | null];
	process.off('exit', stop);
	const seconds = Math.round((Date.now() - started) / 1_000);
	if (code !== 0) console.log(printed);
	console.log(`${code === 0 ? '✓' : '✗'} ${name}, ${seconds} s`);
	return code === 0;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
	process.on(signal, () => process.exit(1));
}

if (!(await passes('build', ['npm', 'run', 'build']))) process.exit(1);
const passed = await Promise.all([
	passes('tests', ['vitest', 'run', ...PROJECTS, ...process.argv.slice(2)], { kept: false }),
	(async () => {
		const lint = await passes('lint', ['npm', 'run', 'lint']);
		return (await passes('type check', ['npm', 'run', 'typecheck'])) && lint;
	})(),
]);
process.exitCode = passed.every(Boolean) ? 0 : 1;
