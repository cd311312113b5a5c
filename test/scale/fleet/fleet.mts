/**
 * n8n's queue mode with all it needs, on this computer: PostgreSQL, Redis, one main, workers, webhook
 * processors behind a proxy, each with the packed tarball, and the sandbox.
 *
 *   withFleet(size, interrupted, work)   starts it, does the work, stops it, whatever comes of it
 */
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startSandbox, type Sandbox } from '../../../sandbox/server.mts';
import { freePort } from '../../../scripts/n8n/freePort.mts';
import { installN8n } from '../../../scripts/n8n/install.mts';
import { installPackage, packPackage } from '../../../scripts/n8n/package.mts';
import { startN8n, type N8n, type N8nRole } from '../../../scripts/n8n/process.mts';
import { signIn, type N8nClient } from '../../../scripts/n8n/rest.mts';
import { startPostgres, type Postgres } from '../services/postgres.mts';
import { startRedis, type Redis } from '../services/redis.mts';
import { startProxy, type Proxy } from './proxy.mts';
import { startReports, type Reports } from './reports.mts';
import { Supervisor } from './supervisor.mts';

export interface FleetSize {
	workers: number;
	processors: number;
}

export interface Fleet {
	postgres: Postgres;
	redis: Redis;
	main: N8n;
	workers: N8n[];
	/** Webhook processors. */
	processors: N8n[];
	supervisor: Supervisor;
	proxy: Proxy;
	reports: Reports;
	/** Signed in to n8n, by way of the proxy. */
	client: N8nClient;
	/** A folder that every process may read files in. */
	filesFolder: string;
	sandbox: Sandbox;
	/** Has the sandbox gone for a while, keeping what it stores. */
	sandboxDownFor(ms: number): Promise<void>;
	/** Starts another n8n process of this fleet; it's stopped with the others. */
	add(role: N8nRole, env?: Record<string, string>): Promise<N8n>;
}

/**
 * @param interrupted ends the work
 * @throws Error saying what could not be started; whatever the work throws
 */
export async function withFleet(
	size: FleetSize,
	interrupted: Promise<void>,
	work: (fleet: Fleet) => Promise<void>,
): Promise<void> {
	const stops = new Stops();
	const folder = await mkdtemp(join(tmpdir(), 'auditdex-scale-'));
	const started = start(size, folder, stops);
	try {
		await Promise.race([started.then(work), interrupted]);
	} finally {
		console.log('\nStopping…');
		await stops.run();
		await started.catch(() => {}); // What was just being started has ended as well.
		await stops.run();
		await rm(folder, { recursive: true, force: true });
	}
}

/** What stops the parts that have been started, the last one first. */
class Stops {
	private readonly list: Array<() => Promise<void>> = [];

	private isEnding = false;

	/** @throws Error when nothing is to be started any more */
	push(stop: () => Promise<void>): void {
		this.list.push(stop);
		if (this.isEnding) throw new Error('Interrupted');
	}

	async run(): Promise<void> {
		this.isEnding = true;
		for (const stop of this.list.splice(0).reverse()) await stop().catch(console.error);
	}
}

/** @param stops gets what stops each part, as soon as it's there */
async function start(size: FleetSize, folder: string, stops: Stops): Promise<Fleet> {
	if (process.env.N8N_URL) throw new Error('The fleet is started here; unset N8N_URL');
	await installN8n();
	const tarball = await packPackage();
	await chmod(folder, 0o711); // PostgreSQL's user has its folder in it.

	console.log('Starting PostgreSQL, Redis and the sandbox…');
	const postgres = await startPostgres(join(folder, 'postgres'));
	stops.push(postgres.stop);
	const redis = await startRedis(join(folder, 'redis'));
	stops.push(redis.stop);
	const reports = await startReports();
	stops.push(reports.close);

	const sandboxOptions = { dataDir: join(folder, 'sandbox'), port: await freePort() };
	let sandbox = await startSandbox(sandboxOptions);
	stops.push(async () => await sandbox.close());

	const filesFolder = join(folder, 'files');
	await mkdir(filesFolder);
	const supervisor = new Supervisor();
	const processes: N8n[] = [];
	const endAll = async () => {
		await supervisor.stop();
		await Promise.all(processes.splice(0).map(async (n8n) => await supervisor.end(n8n)));
	};
	const counts = { main: 0, worker: 0, webhook: 0 };
	const mainPort = await freePort();
	const proxy = await startProxy(`http://127.0.0.1:${mainPort}`, []);
	stops.push(proxy.close);

	const shared = {
		...postgres.env,
		...redis.env,
		EXECUTIONS_MODE: 'queue',
		N8N_ENCRYPTION_KEY: randomBytes(24).toString('hex'),
		N8N_EDITOR_BASE_URL: proxy.url,
		WEBHOOK_URL: proxy.url,
		N8N_PROXY_HOPS: '1',
		N8N_DEFAULT_BINARY_DATA_MODE: 'database',
		N8N_BINARY_DATA_STORAGE_PATH: join(folder, 'storage'),
		N8N_RESTRICT_FILE_ACCESS_TO: filesFolder,
		// Ten minutes instead of one to stop a killed worker's runs; after that they can't be repeated.
		QUEUE_WORKER_LOCK_DURATION: '600000',
		// Runs that nobody works on any more, noticed by main at its start: more than the usual 100.
		N8N_EXECUTIONS_QUEUE_RECOVERY_BATCH: '5000',
	};
	async function add(role: N8nRole, env: Record<string, string> = {}): Promise<N8n> {
		const name = `${role}-${++counts[role]}`;
		const userFolder = join(folder, name);
		await installPackage(userFolder, tarball);
		const n8n = await startN8n({
			role,
			userFolder,
			port: role === 'main' ? mainPort : undefined,
			env: { ...shared, ...env },
			logFile: join(folder, `${name}.log`),
		});
		supervisor.watch(name, n8n);
		processes.push(n8n);
		stops.push(endAll);
		return n8n;
	}

	console.log(
		`Starting n8n: main, ${size.workers} workers, ${size.processors} webhook processors…`,
	);
	const main = await add('main'); // It sets the database up for the others.
	const client = await signIn(proxy.url);
	const workers: N8n[] = [];
	const processors: N8n[] = [];
	for (let i = 0; i < size.workers; i++) workers.push(await add('worker'));
	for (let i = 0; i < size.processors; i++) processors.push(await add('webhook'));
	proxy.processors = processors.map(({ url }) => url);

	return {
		postgres,
		redis,
		main,
		workers,
		processors,
		supervisor,
		proxy,
		reports,
		client,
		filesFolder,
		get sandbox() {
			return sandbox;
		},
		async sandboxDownFor(ms) {
			await sandbox.close();
			await new Promise((resolve) => setTimeout(resolve, ms));
			sandbox = await startSandbox(sandboxOptions);
		},
		add,
	};
}
