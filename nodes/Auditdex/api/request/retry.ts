import type { Outcome } from './outcome';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;

/** What to do after a request that is not done. */
export interface RetryPlan {
	/** Whether to wait a while first; after a 429 it's the rate limit's gate that waits. */
	backOff: boolean;
	/** Whether to ask the service, before anything else, if it acted on the request. */
	askFirst: boolean;
	/** Whether to send it again, unless the service turns out to have acted on it. */
	sendAgain: boolean;
}

/**
 * Contract, "What is safe to send twice". A 401 is not in here: n8n has already renewed the token
 * and sent the request again when one gets this far.
 * @param repeatable whether sending the request twice does no harm
 * @param retriesLeft how often it may still be sent again
 */
export function planRetry(
	outcome: Exclude<Outcome, { kind: 'done' }>,
	repeatable: boolean,
	retriesLeft: number,
): RetryPlan {
	const sendAgain = outcome.kind !== 'refused' && retriesLeft > 0;
	const askFirst = outcome.kind === 'unavailable' && outcome.processed === 'maybe' && !repeatable;
	return {
		backOff: outcome.kind === 'unavailable' && (sendAgain || askFirst),
		askFirst,
		sendAgain,
	};
}

/**
 * How long to wait before a request is sent again after the service was unavailable, in
 * milliseconds: doubling, with half of it left to chance so that items don't come back in step.
 * @param attempt 0 for the wait after the first try
 */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
	const full = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt);
	return full / 2 + (full / 2) * random();
}
