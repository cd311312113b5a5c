import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';

export interface Machine {
	cpu: string;
	cores: number;
	memoryGiB: number;
	system: string;
	node: string;
	n8n: string;
	package: string;
}

/** What it ran on and with. */
export function describeMachine(n8nFolder: string): Machine {
	const version = (folder: string): string =>
		(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;
	const [processor] = cpus();
	return {
		cpu: processor?.model.trim() || 'unknown',
		cores: cpus().length,
		memoryGiB: Math.round(totalmem() / 1024 ** 3),
		system: `${type()} ${release()}`,
		node: process.versions.node,
		n8n: version(join(n8nFolder, 'node_modules', 'n8n')),
		package: version(join(import.meta.dirname, '..', '..')),
	};
}
