/** An n8n of its own with our package, for tests that stop it, kill it or damage its database. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { inject } from 'vitest';

import { installPackage } from '../../scripts/n8n/package.mts';
import { type N8n, startN8n } from '../../scripts/n8n/process.mts';
import { type N8nClient, signIn } from '../../scripts/n8n/rest.mts';

/** A run as n8n's database has it, and the finding that it was started for. */
export interface StoredRun {
	findingId: string;
	status: string;
}

export interface OwnN8n {
	n8n: N8n;
	client: N8nClient;
	/** Ends it at once, as a power cut would, and starts it again. */
	killAndRestart(): Promise<void>;
	/** Does something while others may read its database, but not write. */
	whileReadOnly<T>(work: () => Promise<T>): Promise<T>;
	/** All runs of a workflow, those under way and those cut off included. */
	storedRuns(workflowId: string): StoredRun[];
	close(): Promise<void>;
}

export async function startOwnN8n(env: Record<string, string> = {}): Promise<OwnN8n> {
	const userFolder = await mkdtemp(join(tmpdir(), 'auditdex-n8n-'));
	await installPackage(userFolder, inject('tarball'));
	const n8n = await startN8n({ userFolder, env });
	const openDatabase = () =>
		new DatabaseSync(join(userFolder, '.n8n', 'database.sqlite'), { timeout: 10_000 });
	return {
		n8n,
		client: await signIn(n8n.url),
		async killAndRestart() {
			process.kill(n8n.pid!, 'SIGKILL');
			await n8n.restart();
		},
		async whileReadOnly(work) {
			using database = openDatabase();
			database.exec('BEGIN IMMEDIATE');
			try {
				return await work();
			} finally {
				database.exec('ROLLBACK');
			}
		},
		storedRuns(workflowId) {
			using database = openDatabase();
			return database
				.prepare(
					`SELECT status, data FROM execution_entity
						JOIN execution_data ON executionId = id WHERE workflowId = ? ORDER BY id`,
				)
				.all(workflowId)
				.map(({ status, data }) => ({
					status: String(status),
					findingId: /fnd_[0-9a-f-]{36}/.exec(String(data))?.[0] ?? 'none',
				}));
		},
		async close() {
			await n8n.stop();
			await rm(userFolder, { recursive: true, force: true });
		},
	};
}
