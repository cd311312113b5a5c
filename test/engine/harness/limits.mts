import { createRequire } from 'node:module';
import { join } from 'node:path';

import { packageFolder } from './nodeTypes.mts';

const require = createRequire(import.meta.url);
const request = join(packageFolder, 'dist', 'nodes', 'Auditdex', 'api', 'request');
const { IDLE_LIMIT } = require(join(request, 'deadline.js')) as { IDLE_LIMIT: { ms: number } };
const { SETTLING } = require(join(request, 'outcome.js')) as { SETTLING: Record<string, number> };

const SHIPPED_IDLE_MS = IDLE_LIMIT.ms;
const SHIPPED_SETTLING = { ...SETTLING };

/** Lets the node give up a request after so long without movement; the shipped limit unless told. */
export function setIdleLimit(ms = SHIPPED_IDLE_MS): void {
	IDLE_LIMIT.ms = ms;
}

/** Lets the node wait so many times shorter for what an unclear answer leaves open; as shipped unless told. */
export function speedUpSettling(times = 1): void {
	for (const [name, ms] of Object.entries(SHIPPED_SETTLING)) SETTLING[name] = ms / times;
}
