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
		isReady: async () => await answersPing(port),
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
		async restart() {
			await daemon.stop();
			await daemon.start();
		},
		stop: async () => await daemon.stop(),
	};
}

/** Whether it answers, and not with "loading". */
async function answersPing(port: number): Promise<boolean> {
	return await new Promise((resolve) => {
		const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
		socket.setTimeout(1_000, () => socket.destroy());
		socket.on('error', () => resolve(false)).on('close', () => resolve(false));
		socket.once('data', (answer) => {
			resolve(answer.toString().startsWith('+PONG'));
			socket.destroy();
		});
	});
}
