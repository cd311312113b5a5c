/** Runs a command of the set-up and shows how far it is. */
import { spawn } from 'node:child_process';

import { showProgress } from '../progress.mjs';

interface RunOptions {
	cwd: string;
	env?: Record<string, string>;
	timeoutMs?: number;
	/** Says how far the command is, where that can be told. */
	howFar?: () => string;
}

/**
 * Runs a command and says when it's done; on a terminal, also how far it is.
 * @throws Error with its last lines when it doesn't end with 0
 */
export async function run(
	label: string,
	command: string,
	args: string[],
	{ cwd, env, timeoutMs, howFar }: RunOptions,
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
	const hideProgress = showProgress(howFar);
	try {
		const code = await new Promise<number | null>((resolve, reject) => {
			child.on('error', reject).on('close', resolve);
		}).finally(hideProgress);
		if (code !== 0) {
			const last = `${output}\n${errors}`.trim().split('\n').slice(-40).join('\n');
			throw new Error(`"${command} ${args.join(' ')}" did not work:\n${last}`);
		}
		if (Date.now() - started > 5_000) console.log(`  done in ${elapsed()}`);
		return output;
	} finally {
		process.off('exit', kill);
	}
}
