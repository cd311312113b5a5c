/**
 * What the demo takes place in: the AUDITDEX sandbox, a fresh n8n with the packed package, and
 * stand-ins for the other systems that the example workflows work with.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startSandbox, type Sandbox } from '../../sandbox/server.mts';
import { installN8n } from '../n8n/install.mts';
import { installPackage, packPackage } from '../n8n/package.mts';
import { startN8n, type N8n } from '../n8n/process.mts';
import { signIn, type N8nClient } from '../n8n/rest.mts';
import { startCompanySystems, type CompanySystems } from './companySystems.mts';

export interface Surroundings {
	sandbox: Sandbox;
	/** Where the sandbox keeps the evidence files, each under its evidence ID. */
	evidenceFolder: string;
	company: CompanySystems;
	n8n: N8n;
	/** Signed in to n8n as its owner. */
	client: N8nClient;
}

/**
 * Starts everything, does the work, and stops everything again: when the work is done or fails, and
 * at once when interrupted.
 * @throws Error saying what could not be started; whatever the work throws
 */
export async function withSurroundings(
	interrupted: Promise<void>,
	work: (all: Surroundings) => Promise<void>,
): Promise<void> {
	const stops: Array<() => Promise<void>> = [];
	try {
		await Promise.race([start(stops).then(work), interrupted]);
	} finally {
		console.log('\nStopping…');
		for (const stop of stops.reverse()) await stop();
	}
}

/** @param stops gets what stops each part, as soon as it's there */
async function start(stops: Array<() => Promise<void>>): Promise<Surroundings> {
	const folder = await mkdtemp(join(tmpdir(), 'auditdex-demo-'));
	stops.push(async () => await rm(folder, { recursive: true, force: true }));
	const userFolder = join(folder, 'n8n');
	// An n8n that runs elsewhere has its packages already.
	if (!process.env.N8N_URL) {
		await installN8n();
		await installPackage(userFolder, await packPackage());
	}

	console.log('Starting the sandbox and n8n…');
	const dataDir = join(folder, 'sandbox');
	const sandbox = await startSandbox({ dataDir });
	stops.push(sandbox.close);
	const company = await startCompanySystems();
	stops.push(company.close);
	const n8n = await startN8n({ userFolder });
	stops.push(n8n.stop);
	const client = await signIn(n8n.url);
	return { sandbox, evidenceFolder: join(dataDir, 'evidence'), company, n8n, client };
}
