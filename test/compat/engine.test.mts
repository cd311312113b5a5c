/** That the engine tests run on the engine of the n8n under test, and not on the project's own. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { requireOfCore } from '../engine/harness/n8n.mts';
import { claimedVersion } from './claimedVersion.mts';

test('this is the engine of the version that is claimed', async () => {
	const require = createRequire(join(process.env.N8N_INSTALLATION!, 'package.json'));
	const { version, dependencies } = require('n8n/package.json') as {
		version: string;
		dependencies: Record<string, string>;
	};
	expect(version).toBe(await claimedVersion());
	const { version: workflowVersion } = requireOfCore('n8n-workflow/package.json') as {
		version: string;
	};
	expect(workflowVersion).toBe(dependencies['n8n-workflow']);
});
