/** n8n with a limit of runs at once: it keeps a delivery's run, and its answer, waiting for a place. */
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { ACCEPTED, type Answer, DUPLICATE, finding, send, signed } from './deliveries.mts';
import { type EventCounter, startEventCounter } from './eventCounter.mts';
import { type OwnN8n, startOwnN8n } from './ownN8n.mts';
import { TriggerWorkflow } from './triggerWorkflow.mts';

let own: OwnN8n;
let counter: EventCounter;
let trigger: TriggerWorkflow;

beforeAll(async () => {
	own = await startOwnN8n({ N8N_CONCURRENCY_PRODUCTION_LIMIT: '1' });
	counter = await startEventCounter();
	trigger = await TriggerWorkflow.start(own.client, { next: counter.node });
});
afterAll(async () => {
	await trigger.deactivate();
	await own.close();
	await counter.close();
});

it('accepts and runs each of several at once, and their copies not', async () => {
	// Longer, in all, than one delivery waits for the run of another to be started.
	counter.answersAfterMs = 3_000;
	const messages = Array.from({ length: 4 }, () => signed(finding()));
	const answers = messages.map(async (message) => await send(trigger.url, message));
	const copies = messages.map(async (message) => await send(trigger.url, message));
	const all = await Promise.all([...answers, ...copies]);

	const count = (wanted: Answer) =>
		all.filter((answer) => isDeepStrictEqual(answer, wanted)).length;
	expect([count(ACCEPTED), count(DUPLICATE)]).toEqual([4, 4]);
	expect((await trigger.runs()).map(({ status }) => status)).toEqual(Array(4).fill('success'));
	expect(new Set(counter.received).size).toBe(4);
});
