import type { INode } from 'n8n-workflow';

const TRIES = { least: 2, most: 5, unset: 3 };
const WAIT_MS = { most: 5_000, unset: 1_000 };

/**
 * How often an item that fails is tried in all, and the wait between tries in milliseconds, by the
 * node's settings as n8n reads them.
 *
 * With Retry On Fail n8n runs the whole node again. With Continue on Fail it does so only where the
 * first output item has an error; any other item would be left as it is, so the node tries it again.
 * @param isFirst whether the output item is the first one, which n8n looks at
 */
export function triesOf(
	{ retryOnFail, maxTries, waitBetweenTries }: INode,
	continueOnFail: boolean,
	isFirst: boolean,
): { tries: number; waitMs: number } {
	if (!retryOnFail || !continueOnFail || isFirst) return { tries: 1, waitMs: 0 };
	return {
		tries: Math.min(TRIES.most, Math.max(TRIES.least, maxTries || TRIES.unset)),
		waitMs: Math.min(WAIT_MS.most, Math.max(0, waitBetweenTries || WAIT_MS.unset)),
	};
}
