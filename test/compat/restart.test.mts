/**
 * Deliveries while n8n is stopped and started, on the n8n that `N8N_UNDER_TEST` names: what was accepted
 * is never run twice for its sender's retries, and what older versions lose is counted.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { finding, sendUntilAccepted, signed } from '../n8n/deliveries.mts';
import { type EventCounter, startEventCounter } from '../n8n/eventCounter.mts';
import { type OwnN8n, startOwnN8n } from '../n8n/ownN8n.mts';
import { TriggerWorkflow } from '../n8n/triggerWorkflow.mts';

const EVENTS = 200;
const PARALLEL = 10;

let own: OwnN8n;
let counter: EventCounter;
let trigger: TriggerWorkflow;

beforeAll(async () => {
	own = await startOwnN8n();
	counter = await startEventCounter();
	trigger = await TriggerWorkflow.start(own.client, { next: counter.node });
});
afterAll(async () => {
	await own.close();
	await counter.close();
});

test(`${EVENTS} deliveries are accepted over a restart, and none reports twice`, async () => {
	const ids: string[] = [];
	const queue = Array.from({ length: EVENTS }, () => finding());
	let restart: Promise<void> | undefined;
	async function work(): Promise<void> {
		for (let event = queue.shift(); event; event = queue.shift()) {
			await sendUntilAccepted(trigger.url, signed(event));
			ids.push(event.data.finding_id);
			if (ids.length >= EVENTS / 2) restart ??= own.n8n.restart();
		}
	}
	await Promise.all(Array.from({ length: PARALLEL }, work));
	await restart;
	let seen: number;
	do {
		seen = counter.received.length;
		await delay(3_000);
	} while (counter.received.length > seen);

	const reported = new Set(counter.received);
	const lost = ids.filter((id) => !reported.has(id));
	const twice = counter.received.length - reported.size;
	console.log(
		`restart: ${ids.length} accepted, ${lost.length} of them did not run, ${twice} ran twice`,
	);
	expect(ids).toHaveLength(EVENTS);
	// One whose run n8n is starting, and one whose answer is on its way.
	expect(twice).toBeLessThanOrEqual(2);
	expect(lost.length).toBeLessThan(EVENTS / 5);
});
