import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';

import { freePort } from '../scripts/n8n/freePort.mts';

const PRISM = createRequire(import.meta.url).resolve('@stoplight/prism-cli');

export interface Prism {
	origin: string;
	stop(): Promise<void>;
}

/**
 * Starts Prism, which knows nothing but an OpenAPI document: as a mock of it, or as a proxy that
 * refuses what it doesn't allow.
 * @throws Error with what it said, where it doesn't come to listen
 */
export async function startPrism(command: 'mock' | 'proxy', ...args: string[]): Promise<Prism> {
	const port = String(await freePort());
	const flags = ['--port', port, '--multiprocess', 'false'];
	const prism = spawn(process.execPath, [PRISM, command, ...args, ...flags], {
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	const ended = new Promise<void>((resolve) => prism.once('close', () => resolve()));
	let log = '';
	const listening = new Promise<void>((resolve) => {
		for (const stream of [prism.stdout, prism.stderr]) {
			stream.setEncoding('utf8').on('data', (text: string) => {
				log += text;
				if (log.includes('is listening')) resolve();
			});
		}
	});
	await Promise.race([listening, ended]);
	if (!log.includes('is listening')) throw new Error(`Prism did not start: ${log}`);
	return {
		origin: `http://127.0.0.1:${port}`,
		stop: async () => {
			prism.kill();
			await ended;
		},
	};
}
