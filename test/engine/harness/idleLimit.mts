import { createRequire } from 'node:module';
import { join } from 'node:path';

import { packageFolder } from './nodeTypes.mts';

const require = createRequire(import.meta.url);
const { IDLE_LIMIT } = require(
	join(packageFolder, 'dist', 'nodes', 'Auditdex', 'api', 'request', 'deadline.js'),
) as { IDLE_LIMIT: { ms: number } };

const SHIPPED_MS = IDLE_LIMIT.ms;

/** Lets the node give up a request after so long without movement; the shipped limit unless told. */
export function setIdleLimit(ms = SHIPPED_MS): void {
	IDLE_LIMIT.ms = ms;
}
