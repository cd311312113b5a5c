/**
 * What every measurement runs on: the sandbox in a process of its own, one n8n, and a folder for
 * both. Files are kept in memory where the system offers that, so that no disk is measured.
 */
import { spawn } from 'node:child_process';
import { access, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';

import { AdminClient } from '../sandbox/adminClient.mts';
import { freePort } from '../scripts/n8n/freePort.mts';
import { installPackage, packPackage } from '../scripts/n8n/package.mts';
import { startN8n, type N8n } from '../scripts/n8n/process.mts';
import { signIn, type CredentialReference, type N8nClient } from '../scripts/n8n/rest.mts';
import { request } from 'undici';

export const ENGAGEMENT = 'eng_xyz789';
export const CONTROL = 'ctrl_abc123';
export const SIGNING_SECRET = 'kE8vQ2nX5tR9wZ3bC6mJ1pL4';
const SECRET = 'client-secret-of-the-benchmark';

export interface Stage {
	folder: string;
	baseUrl: string;
	admin: AdminClient;
	n8n: N8n;
	client: N8nClient;
	credential: CredentialReference;
	/** A token for requests that don't go through n8n. */
	token(): Promise<string>;
	/** Removes the files of the runs so far. */
	tidy(): Promise<void>;
	close(): Promise<void>;
}

async function memoryFolder(): Promise<string> {
	const shared = '/dev/shm';
	const base = await access(shared).then(
		() => shared,
		() => tmpdir(),
	);
	return await mkdtemp(join(base, 'auditdex-bench-'));
}

export async function openStage(binaryMode: 'filesystem' | 'default'): Promise<Stage> {
	const folder = await memoryFolder();
	const port = await freePort();
	const adminPort = await freePort();
	const flags = {
		port,
		'admin-port': adminPort,
		plan: 'unlimited',
		'page-size': 100,
		'data-dir': join(folder, 'sandbox'),
		'client-secret': SECRET,
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
	await once(sandbox.stdout, 'data');

	const userFolder = join(folder, 'n8n');
	await installPackage(userFolder, await packPackage());
	const n8n = await startN8n({
		userFolder,
		env: {
			N8N_DEFAULT_BINARY_DATA_MODE: binaryMode,
			N8N_LOG_LEVEL: 'warn',
			EXECUTIONS_DATA_SAVE_ON_SUCCESS: 'none',
		},
	});
	const client = await signIn(n8n.url);
	const baseUrl = `http://127.0.0.1:${port}/v1`;
	const credential = await client.createCredential('auditdexOAuth2Api', {
		clientId: 'sandbox-client',
		clientSecret: SECRET,
		baseUrl,
		scope: 'evidence:write controls:read reports:read',
	});
	return {
		folder,
		baseUrl,
		admin: new AdminClient(`http://127.0.0.1:${adminPort}`),
		n8n,
		client,
		credential,
		async token() {
			const response = await request(baseUrl.replace(/v1$/, 'oauth/token'), {
				method: 'POST',
				headers: { 'content-type': 'application/x-www-form-urlencoded' },
				body: new URLSearchParams({
					grant_type: 'client_credentials',
					client_id: 'sandbox-client',
					client_secret: SECRET,
				}).toString(),
			});
			return ((await response.body.json()) as { access_token: string }).access_token;
		},
		async tidy() {
			const places = [
				join(folder, 'sandbox', 'evidence'),
				join(userFolder, '.n8n', 'storage'),
				join(userFolder, '.n8n', 'binaryData'),
			];
			for (const place of places) {
				const files = await readdir(place).catch(() => []);
				await Promise.all(
					files.map(async (file) => await rm(join(place, file), { recursive: true, force: true })),
				);
			}
		},
		async close() {
			await n8n.stop();
			sandbox.stdin.end();
			await once(sandbox, 'exit');
			await rm(folder, { recursive: true, force: true });
		},
	};
}
