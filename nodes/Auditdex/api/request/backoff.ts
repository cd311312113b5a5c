const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;

/**
 * How long to wait before a request is sent again after the service was unavailable, in
 * milliseconds: doubling, with half of it left to chance so that items don't come back in step.
 * @param attempt 0 for the wait after the first try
 */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
	const full = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt);
	return full / 2 + (full / 2) * random();
}
