import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';

import { freePort } from '../../../scripts/n8n/freePort.mts';
import { Daemon } from './daemon.mts';
import { installDebianPackages } from './debianPackages.mts';

const PROGRAM = '/usr/bin/redis-server';

export interface Redis {
	/** What n8n is told of it. */
	env: Record<string, string>;
	readonly pid: number;
	/** Jobs in n8n's queue: those that wait, and those that a worker has or had when it was killed. */
	countJobs(): Promise<number>;
	restart(): Promise<void>;
	stop(): Promise<void>;
}

/** Starts Redis in a new folder of its own, so that it loses no job that it has accepted. */
export async function startRedis(folder: string): Promise<Redis> {
	if (!existsSync(PROGRAM)) await installDebianPackages(['redis-server']);
	await mkdir(folder);
	const port = await freePort();
	const daemon = new Daemon({
		command: PROGRAM,
		args: [
			...['--bind', '127.0.0.1', '--port', String(port), '--dir', folder],
			...['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''],
		],
		stopSignal: 'SIGTERM',
		logFile: join(folder, '..', 'redis.log'),
		// While it reads its file it answers with "-LOADING".
		isReady: async () => (await ask(port, 'PING')) === '+PONG',
	});
	await daemon.start();
	return {
		env: {
			QUEUE_BULL_REDIS_HOST: '127.0.0.1',
			QUEUE_BULL_REDIS_PORT: String(port),
		},
		get pid() {
			return daemon.pid;
		},
		async countJobs() {
			const lengths = ['wait', 'active'].map(async (list) => {
				const answer = await ask(port, `LLEN bull:jobs:${list}`);
				return Number(/^:(\d+)$/.exec(answer)?.[1]);
			});
			const [waiting, active] = await Promise.all(lengths);
			return waiting! + active!;
		},
		async restart() {
			await daemon.stop();
			await daemon.start();
		},
		stop: async () => await daemon.stop(),
	};
}

/** One command and the first line of its answer; an empty one where there's none. */
async function ask(port: number, command: string): Promise<string> {
	return await new Promise((resolve) => {
		const socket = connect(port, '127.0.0.1', () => socket.write(`${command}\r\n`));
		socket.setTimeout(1_000, () => socket.destroy());
		socket.on('error', () => resolve('')).on('close', () => resolve(''));
		socket.once('data', (answer) => {
			resolve(answer.toString().split('\r\n')[0]!);
			socket.destroy();
		});
	});
}
