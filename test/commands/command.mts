import { spawn } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

export interface Ended {
	code: number | null;
	stdout: string;
	stderr: string;
}

/** Runs a script of this project as its npm script does. */
export async function runCommand(
	script: string,
	args: string[],
	env: Record<string, string> = {},
): Promise<Ended> {
	const child = spawn(process.execPath, [join(root, 'scripts', script), ...args], {
		cwd: root,
		env: { ...process.env, ...env },
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	const ended: Ended = { code: null, stdout: '', stderr: '' };
	child.stdout.setEncoding('utf8').on('data', (text: string) => (ended.stdout += text));
	child.stderr.setEncoding('utf8').on('data', (text: string) => (ended.stderr += text));
	ended.code = await new Promise((resolve) => child.once('close', resolve));
	return ended;
}
