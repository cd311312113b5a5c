import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const VERSIONS = join(import.meta.dirname, '..', '..', 'scripts', 'n8n', 'versions');

/** The version of n8n in the folder of `scripts/n8n/versions` that is under test. */
export async function claimedVersion(): Promise<string> {
	const file = join(VERSIONS, process.env.N8N_UNDER_TEST || 'current', 'package.json');
	const { dependencies } = JSON.parse(await readFile(file, 'utf8')) as {
		dependencies: { n8n: string };
	};
	return dependencies.n8n;
}
