const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/**
 * The waits between attempts, on the service's clock. They add up to a little less than three days,
 * which is as old as receivers usually let an event be; then a delivery has failed.
 */
export const RETRY_WAITS_MS = [
	5 * SECOND_MS,
	30 * SECOND_MS,
	5 * MINUTE_MS,
	30 * MINUTE_MS,
	2 * HOUR_MS,
	5 * HOUR_MS,
	10 * HOUR_MS,
	14 * HOUR_MS,
	20 * HOUR_MS,
	20 * HOUR_MS,
] as const;

/** Takes up to this share off a wait, so that what failed together doesn't come back together. */
const JITTER = 0.1;

/**
 * The wait after an attempt that wasn't answered with 2xx, in milliseconds of the service's clock.
 * @param retries how many there were before
 * @returns undefined when it's given up
 */
export function waitBeforeRetry(retries: number, random = Math.random()): number | undefined {
	const wait = RETRY_WAITS_MS[retries];
	return wait && wait * (1 - JITTER * random);
}
