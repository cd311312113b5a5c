/** Runs a command of the set-up and shows that it's at work. */
import { spawn } from 'node:child_process';

interface RunOptions {
	cwd: string;
	env?: Record<string, string>;
	timeoutMs?: number;
}

/**
 * Runs a command, printing a line now and then while it works.
 * @throws Error with its last lines when it doesn't end with 0
 */
export async function run(
	label: string,
	command: string,
	args: string[],
	{ cwd, env, timeoutMs }: RunOptions,
): Promise<string> {
	const started = Date.now();
	const elapsed = () => `${Math.round((Date.now() - started) / 1000)} s`;
	console.log(`${label}…`);
	const child = spawn(command, args, {
		cwd,
		env: { ...process.env, ...env },
		stdio: ['ignore', 'pipe', 'pipe'],
		timeout: timeoutMs,
	});
	// It must not go on in a folder that the next command takes over.
	const kill = () => child.kill();
	process.once('exit', kill);
	let output = '';
	let errors = '';
	child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
	child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
	const progress = setInterval(() => console.log(`  … ${elapsed()}`), 15_000);
	try {
		const code = await new Promise<number | null>((resolve, reject) => {
			child.on('error', reject).on('close', resolve);
		});
		if (code !== 0) {
			const last = `${output}\n${errors}`.trim().split('\n').slice(-40).join('\n');
			throw new Error(`"${command} ${args.join(' ')}" did not work:\n${last}`);
		}
		if (Date.now() - started > 5_000) console.log(`  done in ${elapsed()}`);
		return output;
	} finally {
		clearInterval(progress);
		process.off('exit', kill);
	}
}
