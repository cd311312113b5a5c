/** What an operator does after an incident, by the means that n8n offers. */
import { setTimeout as delay } from 'node:timers/promises';

import type { ExecutionStatus } from '../../scripts/n8n/rest.mts';
import type { Fleet } from './fleet/fleet.mts';
import { inParallel } from './sender.mts';

const CHECK_MS = 2_000;
/** No run is longer; the longest wait between two tries of a request is half a minute. */
const STILL_MS = 45_000;
const UNDER_WAY: ExecutionStatus[] = ['new', 'running'];
export const FAILED: ExecutionStatus[] = ['error', 'crashed', 'canceled'];
const RETRY_MS = 30_000;

/**
 * Waits until the queue is worked off; stops runs that a killed worker has left "running" (n8n would
 * fail them later, and forget what they were started with); has main look for runs that nobody has
 * in hand any more (it does at its start); and repeats all that with "Retry".
 * @returns ids of the runs that were repeated
 */
export async function repair(fleet: Fleet, workflowId: string): Promise<string[]> {
	await fleet.supervisor.settled();
	await untilWorkedOff(fleet);
	const { client } = fleet;
	for (const { id } of await client.listAllExecutions({ workflowId, status: UNDER_WAY })) {
		await client.call('POST', `/executions/${id}/stop`);
	}
	await fleet.supervisor.begin(fleet.main);
	await delay(CHECK_MS); // for main to look
	const failed = (await client.listAllExecutions({ workflowId, status: FAILED })).map(
		({ id }) => id,
	);
	await inParallel(failed, 5, async (id) => {
		const retry = client.call('POST', `/executions/${id}/retry`, { loadWorkflow: false });
		// The answer comes at the end of the run, and for some never.
		await Promise.race([retry, delay(RETRY_MS)]);
	});
	await untilWorkedOff(fleet);
	return failed;
}

/** Until n8n's queue is empty, or what's left in it are the jobs of a killed worker. */
async function untilWorkedOff({ redis }: Fleet): Promise<void> {
	let jobs = NaN;
	for (let since = Date.now(); Date.now() - since < STILL_MS; await delay(CHECK_MS)) {
		const now = await redis.countJobs();
		if (now === 0) return;
		if (now !== jobs) since = Date.now();
		jobs = now;
	}
}
