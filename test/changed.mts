/**
 * `npm run test:changed`: the tests that a change can affect, of what isn't committed and of the commits
 * since `main`, or since another commit that is named: `npm run test:changed -- origin/main`. Not those
 * that need a whole n8n.
 *
 * Vitest follows imports. Some tests reach what they test in another way: compiled, packed, or as a
 * command. Where any of that has changed, all of them run.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';

const cwd = join(import.meta.dirname, '..');
const SHIPPED = ['nodes/', 'credentials/', 'icons/', 'package.json', 'tsconfig.json'];

/** What the tests of a project reach without importing it, as the beginnings of paths. */
const REACHED: Record<string, readonly string[]> = {
	unit: ['docs/openapi.yaml', 'package-lock.json'],
	commands: [...SHIPPED, 'scripts/', 'package-lock.json'],
	engine: [...SHIPPED, 'package-lock.json'],
	// It reads all of the repository: the tarball, the sources, the documents.
	package: [''],
};

const [since = 'main'] = process.argv.slice(2);
const lines = (...args: string[]) =>
	execFileSync('git', args, { cwd, encoding: 'utf8' }).split('\n').filter(Boolean);
const [base] = lines('merge-base', since, 'HEAD');
const changed = [
	...lines('diff', '--name-only', base!),
	...lines('ls-files', '--others', '--exclude-standard'),
];
const isReached = (starts: readonly string[]) =>
	changed.some((file) => starts.some((start) => file.startsWith(start)));
const projects = Object.keys(REACHED);
const whole = projects.filter((name) => isReached(REACHED[name]!));
const traced = projects.filter((name) => !whole.includes(name));

/** Whether a command ended well. */
function passes(command: string, ...args: string[]): boolean {
	return spawnSync(command, args, { cwd, stdio: 'inherit' }).status === 0;
}
const vitest = (names: string[], ...args: string[]) =>
	names.length === 0 ||
	passes('vitest', 'run', ...args, ...names.flatMap((name) => ['--project', name]));

console.log(
	changed.length === 0
		? `Nothing differs from ${since}.`
		: `${changed.length} files differ from ${since}. All tests of these run: ${whole.join(', ')}.`,
);
const passed =
	changed.length === 0 ||
	(passes(process.execPath, join(cwd, 'scripts/check/build.mts')) &&
		[vitest(traced, '--changed', base!, '--passWithNoTests'), vitest(whole)].every(Boolean));
process.exitCode = passed ? 0 : 1;
