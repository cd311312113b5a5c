/**
 * Deliveries while n8n is stopped and started, on the n8n that `N8N_UNDER_TEST` names: what was accepted
 * is never run twice for its sender's retries, and what n8n loses as it stops is what is known of it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import {
	ACCEPTED,
	type Attempt,
	DUPLICATE,
	finding,
	mostRunTwice,
	send,
	sendUntilAccepted,
	signed,
} from '../n8n/deliveries.mts';
import { ANSWERS_BEFORE_IT_RECORDS, LOSES_RUNS_AS_IT_STOPS } from '../n8n/differences.mts';
import { type EventCounter, startEventCounter } from '../n8n/eventCounter.mts';
import { Gate } from '../n8n/gate.mts';
import { type OwnN8n, startOwnN8n } from '../n8n/ownN8n.mts';
import { TriggerWorkflow } from '../n8n/triggerWorkflow.mts';

const EVENTS = 200;
const PARALLEL = 10;
/** When no run has reported for so long, none is under way. */
const QUIET_MS = 20_000;

let own: OwnN8n;
let counter: EventCounter;
let trigger: TriggerWorkflow;

beforeAll(async () => {
	own = await startOwnN8n();
	counter = await startEventCounter();
});
beforeEach(async () => {
	counter.received.length = 0;
	trigger = await TriggerWorkflow.start(own.client, { next: counter.node });
});
afterAll(async () => {
	await own.close();
	await counter.close();
});

/**
 * Sends the deliveries until each is accepted, so many at a time, and restarts n8n when half of them are.
 * @param restart is told how many are accepted
 * @returns which were accepted before n8n was told to stop and didn't report, and which after it; how many
 *   reported more than once, and how many may
 */
async function overRestart(restart: (accepted: () => number) => Promise<void>, attempt = send) {
	const accepted: Array<{ id: string; at: number }> = [];
	const attempts: Attempt[] = [];
	let endingSince = 0;
	const queue = Array.from({ length: EVENTS }, () => finding());
	let restarted: Promise<void> | undefined;
	async function work(): Promise<void> {
		for (let event = queue.shift(); event; event = queue.shift()) {
			const ofThis = await sendUntilAccepted(trigger.url, signed(event), attempt);
			attempts.push(...ofThis);
			accepted.push({ id: event.data.finding_id, at: ofThis.at(-1)!.endedAt });
			if (accepted.length < EVENTS / 2 || restarted) continue;
			endingSince = Date.now();
			restarted = restart(() => accepted.length);
		}
	}
	await Promise.all(Array.from({ length: PARALLEL }, work));
	await restarted;
	// n8n doesn't say of a run that was lost that it's over.
	for (let seen = -1; counter.received.length > seen; await delay(QUIET_MS)) {
		seen = counter.received.length;
	}
	const reported = new Set(counter.received);
	const lost = accepted.filter(({ id }) => !reported.has(id));
	const lostBefore = lost.filter(({ at }) => at <= endingSince);
	const lostAfter = lost.filter(({ at }) => at > endingSince);
	const twice = counter.received.length - reported.size;
	console.log(
		`restart: ${accepted.length} accepted, ${lost.length} of them did not run (${lostBefore.length} of`,
		`those before n8n was told to stop), ${twice} ran twice`,
	);
	expect(accepted).toHaveLength(EVENTS);
	const mostTwice = mostRunTwice(attempts, endingSince, PARALLEL);
	return { lostBefore, lostAfter, twice, mostTwice };
}

test('run once each where deliveries are held back meanwhile', async () => {
	const gate = new Gate();
	const { lostBefore, lostAfter, twice } = await overRestart(
		async (accepted) =>
			await gate.restart(own.n8n, async () => {
				const recorded = () => own.storedRuns(trigger.id).length;
				await expect.poll(recorded).toBeGreaterThanOrEqual(accepted());
			}),
		gate.send,
	);
	expect({ lostBefore, lostAfter, twice }).toEqual({ lostBefore: [], lostAfter: [], twice: 0 });
});

test('are accepted while n8n stops and starts, and hardly any reports twice', async () => {
	const { lostBefore, lostAfter, twice, mostTwice } = await overRestart(
		async () => await own.n8n.restart(),
	);
	expect(twice).toBeLessThanOrEqual(mostTwice);
	expect(lostBefore).toEqual([]);
	// How many depends on how long n8n goes on answering after it has let go of its database.
	if (!LOSES_RUNS_AS_IT_STOPS) expect(lostAfter).toEqual([]);
});

test.each(['lastNode', ...(ANSWERS_BEFORE_IT_RECORDS ? [] : ['onReceived'])])(
	'a delivery whose run n8n can’t record is not accepted, acknowledged at %s',
	async (responseMode) => {
		const { url, id } = await TriggerWorkflow.start(own.client, { parameters: { responseMode } });
		const message = signed(finding());
		const refused = await own.whileReadOnly(async () => await send(url, message));
		expect(refused.status).toBeGreaterThanOrEqual(500);
		expect(own.storedRuns(id)).toEqual([]);
		expect(await send(url, message)).toEqual(ACCEPTED);
		expect(await send(url, message)).toEqual(DUPLICATE);
	},
);
