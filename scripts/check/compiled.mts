import { createRequire } from 'node:module';

const compiled = createRequire(new URL('../../dist/nodes/', import.meta.url));

/**
 * A module of the nodes as they ship: what the checks say of a service or a delivery is what the nodes
 * make of it. Compiled, since the sources are written for n8n's CommonJS.
 * @param module its path in `nodes/`, without the ending
 */
export function shipped<T>(module: string): T {
	return compiled(`./${module}.js`) as T;
}
