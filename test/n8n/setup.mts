/**
 * Started once for all tests of the project `n8n`: one sandbox, and one n8n that has the packed
 * tarball as a community package, unless `N8N_URL` names one. Tests get what they need from `fixture.mts`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

import { startSandbox } from '../../sandbox/server.mts';
import { installPackage, packPackage } from '../../scripts/n8n/package.mts';
import { startN8n } from '../../scripts/n8n/process.mts';
import { signIn } from '../../scripts/n8n/rest.mts';

declare module 'vitest' {
	interface ProvidedContext {
		n8n: { url: string; pid: number | null; filesFolder: string; version: string };
		sandbox: {
			baseUrl: string;
			adminUrl: string;
			settingsUrl: string;
			clientId: string;
			clientSecret: string;
			/** A client of the same sandbox that may not read engagements. */
			limitedClientId: string;
			limitedClientSecret: string;
		};
		/** For an n8n of a test's own; empty with `N8N_URL`, when there is none. */
		tarball: string;
	}
}

const ALL_SCOPES = ['evidence:write', 'controls:read', 'reports:read'];

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
	const userFolder = await mkdtemp(join(tmpdir(), 'auditdex-n8n-'));
	const tarball = process.env.N8N_URL ? '' : await packPackage();
	if (tarball) await installPackage(userFolder, tarball);
	const limited = {
		clientId: 'limited-client',
		clientSecret: 'limited-client-secret-of-the-tests',
		scopes: ['evidence:write', 'controls:read'],
	};
	const sandbox = await startSandbox({
		clients: [
			{ clientId: 'n8n', clientSecret: 'client-secret-of-the-tests', scopes: ALL_SCOPES },
			limited,
		],
	});
	const n8n = await startN8n({ userFolder });
	const client = await signIn(n8n.url);
	const { versionCli } = await client.call<{ versionCli: string }>('GET', '/settings');

	project.provide('n8n', {
		url: n8n.url,
		pid: n8n.pid,
		filesFolder: n8n.filesFolder,
		version: versionCli,
	});
	project.provide('sandbox', {
		baseUrl: sandbox.baseUrl,
		adminUrl: sandbox.adminUrl,
		settingsUrl: sandbox.settingsUrl,
		clientId: sandbox.client.clientId,
		clientSecret: sandbox.client.clientSecret,
		limitedClientId: limited.clientId,
		limitedClientSecret: limited.clientSecret,
	});
	project.provide('tarball', tarball);
	return async () => {
		await n8n.stop();
		await sandbox.close();
		await rm(userFolder, { recursive: true, force: true });
	};
}
