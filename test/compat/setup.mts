/**
 * For the engine tests: another n8n's n8n-core and n8n-workflow instead of the project's own, and the
 * packed tarball instead of `dist`. `test/engine/harness` reads both from the environment.
 */
import { mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';

import { installN8n } from '../../scripts/n8n/install.mts';
import { packPackage } from '../../scripts/n8n/package.mts';
import { unpack } from '../../scripts/scan.mts';

export default async function setup(): Promise<() => Promise<void>> {
	const installation = await installN8n();
	const folder = await unpack(await packPackage());
	// The peer that n8n gives every node: its own copy.
	await mkdir(join(folder, 'node_modules'));
	await symlink(
		join(installation, 'node_modules', 'n8n-workflow'),
		join(folder, 'node_modules', 'n8n-workflow'),
	);
	process.env.N8N_INSTALLATION = installation;
	process.env.AUDITDEX_PACKAGE = folder;
	return async () => await rm(folder, { recursive: true });
}
