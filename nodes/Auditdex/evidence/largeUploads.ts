import { Turns } from '../items/turns';

/**
 * Large files that this process sends at once for one API client: each takes up to 20 MiB of memory, and
 * more of them at once are hardly faster (BENCHMARKS.md, "Parallel Requests").
 */
const LARGE_AT_ONCE = 4;

const turns = new Map<string, Turns>();

/**
 * The turns of an API client's large files, of all its runs. Those of others have their own: one service
 * that stands still must not hold up the rest.
 */
export function largeUploadsOf(account: string): Turns {
	const own = turns.get(account) ?? new Turns(LARGE_AT_ONCE);
	turns.set(account, own);
	return own;
}
