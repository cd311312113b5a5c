/**
 * What every measurement runs on: the sandbox in a process of its own, one n8n, and a folder for
 * both, in memory where the system offers that, so that no disk is measured.
 *
 *   withStage(interrupted, work)  starts all of it, does the work, and stops and removes all of it
 */
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, statfs } from 'node:fs/promises';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';

import { request } from 'undici';

import { AdminClient } from '../sandbox/adminClient.mts';
import { freePort } from '../scripts/n8n/freePort.mts';
import { installN8n } from '../scripts/n8n/install.mts';
import { installPackage, packPackage } from '../scripts/n8n/package.mts';
import { startN8n, type N8n } from '../scripts/n8n/process.mts';
import { signIn, type CredentialReference, type N8nClient } from '../scripts/n8n/rest.mts';
import { Inspector, type CpuProfile } from './inspector.mts';

export const ENGAGEMENT = 'eng_xyz789';
export const CONTROL = 'ctrl_abc123';
export const ENGAGEMENTS = 10_000;
export const PAGE_SIZE = 100;
const CLIENT_ID = 'sandbox-client';
const CLIENT_SECRET = 'client-secret-of-the-benchmark';

const MEMORY_FOLDER = '/dev/shm';
/** The largest file lies there three times: as it was written, in n8n's store and in the sandbox. */
const ROOM_BYTES = 5 * 1024 ** 3;

/** Where n8n keeps files: `filesystem`, or `default`, which is its memory. */
export type BinaryMode = 'filesystem' | 'default';

export class Stage {
	readonly folder: string;
	readonly baseUrl: string;
	readonly admin: AdminClient;
	/** Where n8n is installed, what it keeps its own files in, and our package as installed there. */
	readonly n8nFolder: string;
	readonly userFolder: string;
	readonly packageFolder: string;
	n8n!: N8n;
	client!: N8nClient;
	inspector!: Inspector;
	/** Of our OAuth2 credential, which the HTTP Request node uses too. */
	credential!: CredentialReference;
	/** How n8n was started; undefined while it isn't running. */
	private settings: string | undefined;
	/** How many `newControl` has made. */
	private controls = 0;

	constructor(folder: string, n8nFolder: string, baseUrl: string, adminUrl: string) {
		this.folder = folder;
		this.n8nFolder = n8nFolder;
		this.userFolder = join(folder, 'n8n');
		this.packageFolder = join(this.userFolder, '.n8n/nodes/node_modules/n8n-nodes-auditdex');
		this.baseUrl = baseUrl;
		this.admin = new AdminClient(adminUrl);
	}

	/**
	 * Starts n8n, or starts the same n8n again when it is to keep files elsewhere, or to have other
	 * settings besides.
	 */
	async useBinaryMode(mode: BinaryMode, env: Record<string, string> = {}): Promise<void> {
		const settings = JSON.stringify([mode, env]);
		if (settings === this.settings) return;
		await this.stopN8n();
		const inspectPort = await freePort();
		this.n8n = await startN8n({
			userFolder: this.userFolder,
			env: {
				N8N_DEFAULT_BINARY_DATA_MODE: mode,
				NODE_OPTIONS: `--inspect-port=127.0.0.1:${inspectPort}`,
				N8N_LOG_LEVEL: 'warn',
				EXECUTIONS_DATA_SAVE_ON_SUCCESS: 'none',
				EXECUTIONS_DATA_SAVE_ON_ERROR: 'none',
				...env,
			},
		});
		this.inspector = await Inspector.connect(this.n8n.pid!, inspectPort);
		this.client = await signIn(this.n8n.url);
		this.credential ??= await this.client.createCredential('auditdexOAuth2Api', {
			clientId: CLIENT_ID,
			clientSecret: CLIENT_SECRET,
			baseUrl: this.baseUrl,
			scope: 'evidence:write controls:read reports:read',
		});
		this.settings = settings;
	}

	async stopN8n(): Promise<void> {
		if (this.settings === undefined) return;
		this.settings = undefined;
		this.inspector.close();
		await this.n8n.stop();
	}

	/** A token for requests that don't go through n8n. */
	async token(): Promise<string> {
		const response = await request(this.baseUrl.replace(/v1$/, 'oauth/token'), {
			method: 'POST',
			headers: { 'content-type': 'application/x-www-form-urlencoded' },
			body: new URLSearchParams({
				grant_type: 'client_credentials',
				client_id: CLIENT_ID,
				client_secret: CLIENT_SECRET,
			}).toString(),
		});
		return ((await response.body.json()) as { access_token: string }).access_token;
	}

	/** Profiles n8n during a run, while the sandbox takes so many milliseconds to answer. */
	async profileWithLatency(ms: number, run: () => Promise<unknown>): Promise<CpuProfile> {
		await this.admin.setLatency(ms);
		try {
			return await this.inspector.profile(run);
		} finally {
			await this.admin.setLatency(0);
		}
	}

	/**
	 * A control without evidence, of `ENGAGEMENT`. Before a large file is sent, its control is read: with
	 * the thousands of pieces that a whole run submits to one, that would be what is measured.
	 */
	async newControl(): Promise<string> {
		const id = `ctrl_${++this.controls}`;
		await this.admin.addControl(ENGAGEMENT, { id, title: id });
		return id;
	}

	/** Removes the files of the runs so far. */
	async tidy(): Promise<void> {
		const stores = [
			join(this.folder, 'sandbox', 'evidence'),
			join(this.userFolder, '.n8n', 'storage'),
			join(this.userFolder, '.n8n', 'binaryData'),
		];
		for (const store of stores) {
			for (const entry of await readdir(store).catch(() => [])) {
				await rm(join(store, entry), { recursive: true, force: true });
			}
		}
	}
}

/**
 * Starts the sandbox, does the work, and stops and removes everything: when the work is done or
 * fails, and at once when interrupted.
 */
export async function withStage(
	interrupted: Promise<void>,
	work: (stage: Stage) => Promise<void>,
): Promise<void> {
	const stops: Array<() => Promise<void>> = [];
	try {
		await Promise.race([open(stops).then(work), interrupted]);
	} finally {
		for (const stop of stops.reverse()) await stop();
	}
}

/** @param stops gets what stops or removes each part, as soon as it's there */
async function open(stops: Array<() => Promise<void>>): Promise<Stage> {
	const folder = await mkdtemp(join(await parentFolder(), 'auditdex-bench-'));
	stops.push(async () => await rm(folder, { recursive: true, force: true }));
	const n8nFolder = await installN8n();
	const tarball = await packPackage();
	const { port, adminPort, stop } = await startSandbox(join(folder, 'sandbox'));
	stops.push(stop);
	const origin = 'http://127.0.0.1';
	const stage = new Stage(folder, n8nFolder, `${origin}:${port}/v1`, `${origin}:${adminPort}`);
	stops.push(async () => await stage.stopN8n());
	await installPackage(stage.userFolder, tarball);
	return stage;
}

async function parentFolder(): Promise<string> {
	const { bavail, bsize } = await statfs(MEMORY_FOLDER).catch(() => ({ bavail: 0, bsize: 0 }));
	return Math.min(bavail * bsize, freemem()) > ROOM_BYTES ? MEMORY_FOLDER : tmpdir();
}

/** Of its own process, so that its work isn't ours; it stops when we do, however we end. */
async function startSandbox(
	dataDir: string,
): Promise<{ port: number; adminPort: number; stop: () => Promise<void> }> {
	const port = await freePort();
	const adminPort = await freePort();
	const flags = {
		port,
		'admin-port': adminPort,
		plan: 'unlimited',
		'page-size': PAGE_SIZE,
		seed: ENGAGEMENTS,
		'data-dir': dataDir,
		'client-secret': CLIENT_SECRET,
	};
	const sandbox = spawn(
		process.execPath,
		[
			'sandbox/main.mts',
			'--stop-with-parent',
			...Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`),
		],
		{ stdio: ['pipe', 'pipe', 'inherit'] },
	);
	const ended = once(sandbox, 'exit');
	const started = await Promise.race([once(sandbox.stdout, 'data'), ended.then(() => undefined)]);
	if (!started) throw new Error('The sandbox did not start; what it said is above');
	return {
		port,
		adminPort,
		async stop() {
			sandbox.stdin.end();
			await ended;
		},
	};
}
