/** Builds the nodes where `dist` isn't up to date, and says nothing on the standard output. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { isBuilt } from '../n8n/built.mts';

if (!(await isBuilt())) {
	console.error('Building the nodes…');
	const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', 'build'], {
		cwd: join(import.meta.dirname, '..', '..'),
		encoding: 'utf8',
	});
	if (status !== 0) {
		console.error(stdout + stderr);
		process.exitCode = 1;
	}
}
