/** n8n with a limit of runs at once: it keeps a delivery's run, and its answer, waiting for a place. */
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

import {
	ACCEPTED,
	type Answer,
	DUPLICATE,
	finding,
	refusedWith,
	send,
	signed,
} from './deliveries.mts';
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
	// A copy of one that n8n hasn't begun after a few seconds is to come again.
	expect(count(ACCEPTED)).toBe(4);
	expect(count(DUPLICATE) + count(refusedWith(503))).toBe(4);
	for (const message of messages) expect(await send(trigger.url, message)).toEqual(DUPLICATE);
	expect((await trigger.runs()).map(({ status }) => status)).toEqual(Array(4).fill('success'));
	expect(new Set(counter.received).size).toBe(4);
});

it('answers the copies of one whose queued run was stopped, which n8n never answers', async () => {
	const ageLimit = 30;
	const limited = await TriggerWorkflow.start(own.client, {
		parameters: { options: { maxEventAgeSeconds: ageLimit } },
		next: counter.node,
	});
	counter.received.length = 0;
	counter.answersAfterMs = 35_000;
	expect(await send(limited.url, signed(finding()))).toEqual(ACCEPTED);
	const stopped = signed(finding());
	const hangUp = new AbortController();
	const unanswered = send(limited.url, stopped, undefined, hangUp.signal).catch(() => 'hung up');
	let queued: string | undefined;
	await expect
		.poll(async () => {
			const waiting = await own.client.listExecutions(
				{ workflowId: limited.id, status: ['new'] },
				1,
			);
			queued = waiting[0]?.id;
			return queued;
		})
		.toBeDefined();
	await own.client.call('POST', `/executions/${queued}/stop`);

	const copies = Array.from({ length: 5 }, async () => await send(limited.url, stopped));
	expect(await Promise.all(copies)).toEqual(Array(5).fill(refusedWith(503)));
	hangUp.abort();
	expect(await unanswered).toBe('hung up');
	expect(await send(limited.url, stopped)).toEqual(refusedWith(503));

	// Others run, and after the age limit nothing waits for the stopped one any more.
	counter.answersAfterMs = 0;
	const other = signed(finding());
	expect(await send(limited.url, other)).toEqual(ACCEPTED);
	await expect
		.poll(async () => await send(limited.url, stopped), { interval: 1_000 })
		.toEqual(refusedWith(401));
	expect(await send(limited.url, signed(finding()))).toEqual(ACCEPTED);
	await expect.poll(() => counter.received.length).toBe(3);
	await limited.deactivate();
});
