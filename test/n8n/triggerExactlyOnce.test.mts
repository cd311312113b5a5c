/**
 * Each event starts one run, whatever the sender repeats, however n8n ends in between, and whatever
 * its database does.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import {
	ACCEPTED,
	type Attempt,
	type AuditEvent,
	DUPLICATE,
	finding,
	mostRunTwice,
	send,
	sendUntilAccepted,
	signed,
} from './deliveries.mts';
import { type EventCounter, startEventCounter } from './eventCounter.mts';
import { Gate } from './gate.mts';
import { type OwnN8n, startOwnN8n } from './ownN8n.mts';
import { TriggerWorkflow } from './triggerWorkflow.mts';

const EVENTS = 500;
/** Deliveries that are under way at the same time. */
const PARALLEL = 20;

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
afterEach(async () => await trigger.deactivate());
afterAll(async () => {
	await own.close();
	await counter.close();
});

interface SentDelivery {
	id: string;
	attempts: Attempt[];
}

/**
 * Sends each delivery until it is accepted, so many at a time.
 * @param atHalf what happens when half of them are accepted
 */
async function sendAll(
	events: AuditEvent[],
	atHalf: () => Promise<void>,
	attempt = send,
): Promise<SentDelivery[]> {
	const queue = [...events];
	const sent: SentDelivery[] = [];
	let interruption: Promise<void> | undefined;
	async function work(): Promise<void> {
		for (let event = queue.shift(); event; event = queue.shift()) {
			const attempts = await sendUntilAccepted(trigger.url, signed(event), attempt);
			sent.push({ id: event.data.finding_id, attempts });
			if (sent.length >= events.length / 2) interruption ??= atHalf();
		}
	}
	await Promise.all(Array.from({ length: PARALLEL }, work));
	await interruption;
	return sent;
}

const newEvents = () => Array.from({ length: EVENTS }, () => finding());

/** Each event twice, in random order. */
function twice(events: AuditEvent[]): AuditEvent[] {
	return [...events, ...events]
		.map((event) => ({ event, rank: Math.random() }))
		.sort((a, b) => a.rank - b.rank)
		.map(({ event }) => event);
}

const idsOf = (events: AuditEvent[]) => events.map(({ data }) => data.finding_id).sort();
const wasRepeated = ({ attempts }: SentDelivery) => attempts.length > 1;
const lastAnswer = ({ attempts }: SentDelivery) => attempts.at(-1)!.answer;

/** Waits until every run is over, and groups what became of them by finding. */
async function statusesByFinding(): Promise<Map<string, string[]>> {
	await trigger.runs();
	const byFinding = new Map<string, string[]>();
	for (const { findingId, status } of own.storedRuns(trigger.id)) {
		byFinding.set(findingId, [...(byFinding.get(findingId) ?? []), status]);
	}
	return byFinding;
}

describe(`${EVENTS} events, each delivered twice, ${PARALLEL} at a time`, () => {
	it('run once each while n8n is restarted, with deliveries held back meanwhile', async () => {
		const events = newEvents();
		const gate = new Gate();
		const restart = async () => await gate.restart(own.n8n);
		const sent = await sendAll(twice(events), restart, gate.send);

		const runs = await statusesByFinding();
		console.log(
			`restart: ${events.length} events, ${sent.length} deliveries,`,
			`${sent.filter(wasRepeated).length} of them sent again, ${[...runs.values()].flat().length} runs`,
		);
		expect(sent.filter(wasRepeated).length).toBeGreaterThan(0);
		expect([...runs.keys()].sort()).toEqual(idsOf(events));
		expect([...runs].filter(([, statuses]) => statuses.join() !== 'success')).toEqual([]);
		expect(counter.received.toSorted()).toEqual(idsOf(events));
		const answers = sent.map(lastAnswer);
		expect(answers.filter((answer) => answer?.status !== 200)).toEqual([]);
	});

	it.each([
		['stopped and started', async () => await own.n8n.restart()],
		['killed and started', async () => await own.killAndRestart()],
	])(
		'run once each, but for what n8n was just starting, while it is %s under load',
		async (how, again) => {
			const events = newEvents();
			let endingSince = 0;
			const sent = await sendAll(twice(events), async () => {
				endingSince = Date.now();
				await again();
			});

			const answeredBefore = new Set(
				sent.filter(({ attempts }) => attempts.at(-1)!.endedAt <= endingSince).map(({ id }) => id),
			);
			const runs = await statusesByFinding();
			const repeated = [...runs].filter(([, statuses]) => statuses.length > 1);
			const cutOff = [...runs].filter(([, statuses]) => !statuses.includes('success'));
			console.log(
				`${how}: ${events.length} events, ${answeredBefore.size} of them answered before,`,
				`${repeated.length} ran twice, the runs of ${cutOff.length} were cut off`,
			);
			expect([...runs.keys()].sort()).toEqual(idsOf(events));
			expect(repeated.filter(([id]) => answeredBefore.has(id))).toEqual([]);
			expect(repeated.filter(([, statuses]) => statuses.length > 2)).toEqual([]);
			const attempts = sent.flatMap((delivery) => delivery.attempts);
			expect(repeated.length).toBeLessThanOrEqual(mostRunTwice(attempts, endingSince, PARALLEL));
			// n8n itself doesn't go on with runs that were cut off; all others did what they are for.
			expect(cutOff.length).toBeLessThan(EVENTS / 5);
			const reported = new Set(counter.received);
			const lost = [...runs.keys()].filter((id) => !reported.has(id));
			expect(lost.filter((id) => !cutOff.some(([other]) => other === id))).toEqual([]);
		},
	);
});

describe('a delivery that got a 5xx', () => {
	it('runs when it is sent again, as the run could not be started before', async () => {
		const message = signed(finding());
		const refused = await own.whileReadOnly(async () => await send(trigger.url, message));
		expect(refused.status).toBeGreaterThanOrEqual(500);
		expect(own.storedRuns(trigger.id)).toEqual([]);

		expect(await send(trigger.url, message)).toEqual(ACCEPTED);
		expect(await send(trigger.url, message)).toEqual(DUPLICATE);
		expect([...(await statusesByFinding()).values()]).toEqual([['success']]);
	});
});
