/**
 * A real n8n as a process of its own.
 *
 *   startN8n({ userFolder, role?, port?, env?, logFile? })  → N8n, ready to be used
 *   N8n   url, pid, filesFolder, memory(), resetPeak(), restart(), stop(), kill()
 *
 * It ends when our process ends. With `N8N_URL` set nothing is started: the n8n at that address is
 * used as it is (its community packages and settings are then whoever runs it's business), and
 * `N8N_FILES_FOLDER` names a folder that it sees under the same path and may read.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';

import { freePort } from './freePort.mts';
import { installN8n } from './install.mts';
import { memoryOf, resetPeakOf, type Memory } from './memory.mts';

const READY_TIMEOUT_MS = 300_000;
const STOP_TIMEOUT_MS = 30_000;

/** What a process of n8n does; all but `main` exist in its queue mode only. */
export type N8nRole = 'main' | 'worker' | 'webhook';

const COMMANDS: Record<N8nRole, string> = { main: 'start', worker: 'worker', webhook: 'webhook' };

export interface N8nOptions {
	/** `main` unless given. */
	role?: N8nRole;
	/** Where n8n keeps its `.n8n` folder: database, keys, community packages, binary data. */
	userFolder: string;
	/** Any free one unless given; the same after a restart. */
	port?: number;
	/** Added to the environment, over what's set here. */
	env?: Record<string, string>;
	/** What n8n prints; `<userFolder>/n8n.log` unless given. */
	logFile?: string;
}

export interface N8n {
	url: string;
	/** Null while it isn't running, and for an n8n that runs elsewhere. */
	readonly pid: number | null;
	/** The folder that n8n's file nodes may read and write. */
	filesFolder: string;
	/** Of n8n's main process. @throws Error for an n8n that runs elsewhere */
	memory(): Memory;
	resetPeak(): void;
	/** Stops it as an administrator would, and starts it with the same folder and port. */
	restart(): Promise<void>;
	stop(): Promise<void>;
	/** Ends it at once, as a crash would. */
	kill(): Promise<void>;
}

/**
 * Starts n8n on loopback and waits until it answers.
 * @throws Error with the end of its log when it doesn't come up
 */
export async function startN8n(options: N8nOptions): Promise<N8n> {
	const filesFolder = process.env.N8N_FILES_FOLDER || join(options.userFolder, 'files');
	await mkdir(filesFolder, { recursive: true });
	if (process.env.N8N_URL) return elsewhere(process.env.N8N_URL, filesFolder);

	const n8nFolder = await installN8n();
	const port = options.port ?? (await freePort());
	const url = `http://127.0.0.1:${port}`;
	const logFile = options.logFile ?? join(options.userFolder, 'n8n.log');
	const env = {
		...inheritedEnvironment(),
		N8N_USER_FOLDER: options.userFolder,
		N8N_LISTEN_ADDRESS: '127.0.0.1',
		N8N_PORT: String(port),
		// A worker answers nothing but questions about its health.
		...(options.role === 'worker' && {
			QUEUE_HEALTH_CHECK_ACTIVE: 'true',
			QUEUE_HEALTH_CHECK_PORT: String(port),
			N8N_WORKER_SERVER_ADDRESS: '127.0.0.1',
		}),
		N8N_RUNNERS_BROKER_PORT: String(await freePort()),
		N8N_EDITOR_BASE_URL: url,
		WEBHOOK_URL: url,
		// The session's cookie would be kept from plain http otherwise.
		N8N_SECURE_COOKIE: 'false',
		N8N_DEFAULT_BINARY_DATA_MODE: 'filesystem',
		N8N_RESTRICT_FILE_ACCESS_TO: filesFolder,
		N8N_ENFORCE_SETTINGS_FILE_PERMISSIONS: 'true',
		// n8n answers everything with 503 once its database takes five seconds, as on a busy machine.
		DB_PING_INTERVAL_SECONDS: String(24 * 60 * 60),
		// Nothing that calls home or asks the user for anything.
		N8N_DIAGNOSTICS_ENABLED: 'false',
		N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
		N8N_VERSION_NOTIFICATIONS_WHATS_NEW_ENABLED: 'false',
		N8N_DYNAMIC_BANNERS_ENABLED: 'false',
		N8N_TEMPLATES_ENABLED: 'false',
		N8N_PERSONALIZATION_ENABLED: 'false',
		N8N_HIRING_BANNER_ENABLED: 'false',
		N8N_LICENSE_AUTO_RENEW_ENABLED: 'false',
		N8N_VERIFIED_PACKAGES_ENABLED: 'false',
		// A later n8n would not load ours otherwise.
		N8N_UNVERIFIED_PACKAGES_ENABLED: 'true',
		// Older ones don't have it, and refuse to start over a name that they don't know.
		...(existsSync(join(n8nFolder, 'node_modules/n8n/dist/modules/mcp-registry')) && {
			N8N_DISABLED_MODULES: 'mcp-registry',
		}),
		...options.env,
	};

	let child: ChildProcess | undefined;
	async function start(): Promise<void> {
		const log = openSync(logFile, 'a');
		child = spawn(
			process.execPath,
			[
				'--import',
				join(import.meta.dirname, 'endWithParent.mts'),
				join(n8nFolder, 'node_modules', 'n8n', 'bin', 'n8n'),
				COMMANDS[options.role ?? 'main'],
			],
			{ env, cwd: options.userFolder, stdio: ['ignore', log, log, 'ipc'] },
		);
		// n8n alone must not keep our process from ending.
		child.channel?.unref();
		child.unref();
		await untilReady(url, options.role ?? 'main', child, logFile);
	}
	async function stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
		const stopping = child;
		child = undefined;
		if (stopping) await end(stopping, signal);
	}
	const runningPid = () => (child && isRunning(child) ? (child.pid ?? null) : null);
	const pid = () => {
		const running = runningPid();
		if (running === null) throw new Error('n8n is not running');
		return running;
	};

	await start();
	return {
		url,
		filesFolder,
		get pid() {
			return runningPid();
		},
		memory: () => memoryOf(pid()),
		resetPeak: () => resetPeakOf(pid()),
		async restart() {
			await stop();
			await start();
		},
		stop: async () => await stop(),
		kill: async () => await stop('SIGKILL'),
	};
}

/** Ours, less what would reach into n8n: its settings come from here alone. */
function inheritedEnvironment(): NodeJS.ProcessEnv {
	return Object.fromEntries(
		Object.entries(process.env).filter(
			([name]) =>
				!/^(N8N_|DB_|EXECUTIONS_|QUEUE_|WEBHOOK_|NODE_OPTIONS$|NODE_ENV$|VITEST)/.test(name),
		),
	);
}

async function untilReady(
	url: string,
	role: N8nRole,
	child: ChildProcess,
	logFile: string,
): Promise<void> {
	const deadline = Date.now() + READY_TIMEOUT_MS;
	while (isRunning(child) && Date.now() < deadline) {
		if (await isReady(url, role)) return;
		await delay(250);
	}
	const reason = Date.now() < deadline ? 'ended at once' : 'was not ready in time';
	child.kill('SIGKILL');
	const last = readFileSync(logFile, 'utf8').trim().split('\n').slice(-30).join('\n');
	throw new Error(`n8n ${reason}. The end of ${logFile}:\n${last}`);
}

const isRunning = ({ exitCode, signalCode }: ChildProcess) =>
	exitCode === null && signalCode === null;

/**
 * Whether n8n has its database and takes requests or jobs; workflows may still be being published.
 * Older ones (1.123) say so before their REST API is there.
 */
async function isReady(url: string, role: N8nRole = 'main'): Promise<boolean> {
	const paths = ['/healthz/readiness', ...(role === 'main' ? ['/rest/settings'] : [])];
	try {
		for (const path of paths) {
			const { statusCode, body } = await request(`${url}${path}`);
			await body.dump();
			if (statusCode !== 200) return false;
		}
		return true;
	} catch {
		return false;
	}
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
	if (!isRunning(child)) return;
	child.ref();
	const ended = new Promise((resolve) => child.once('exit', resolve));
	child.kill(signal);
	const patience = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
	await ended;
	clearTimeout(patience);
}

async function elsewhere(url: string, filesFolder: string): Promise<N8n> {
	if (!(await isReady(url))) throw new Error(`No n8n answers at N8N_URL (${url})`);
	const refuse = () => {
		throw new Error('This can only be done with an n8n that is started here; unset N8N_URL');
	};
	return {
		url,
		pid: null,
		filesFolder,
		memory: refuse,
		resetPeak: refuse,
		restart: async () => refuse(),
		stop: async () => {},
		kill: async () => refuse(),
	};
}
