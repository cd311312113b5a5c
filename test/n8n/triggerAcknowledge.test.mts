/** When the sender is told: once n8n has taken the run, or once the run has succeeded. */
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';

import { startSandbox, type Sandbox } from '../../sandbox/server.mts';
import type { N8nClient } from '../../scripts/n8n/rest.mts';
import {
	ACCEPTED,
	DUPLICATE,
	finding,
	refusedWith,
	SECRET,
	send,
	sendCopies,
	signed,
} from './deliveries.mts';
import { type EventCounter, startEventCounter } from './eventCounter.mts';
import { connect, n8n } from './fixture.mts';
import { type OwnN8n, startOwnN8n } from './ownN8n.mts';
import { TriggerWorkflow } from './triggerWorkflow.mts';

const WHEN_SUCCEEDED = { responseMode: 'lastNode' };
/** The sandbox's waits between attempts pass faster. */
const CLOCK_SPEED = 5;

let client: N8nClient;
let counter: EventCounter;

beforeAll(async () => {
	client = await connect();
	counter = await startEventCounter();
});
beforeEach(() => {
	counter.received.length = 0;
	counter.failures = 0;
	counter.answersAfterMs = 0;
});
afterAll(async () => await counter.close());

const statusesOf = async (trigger: TriggerWorkflow) =>
	(await trigger.runs()).map(({ status }) => status);

describe('when the workflow succeeded', () => {
	let trigger: TriggerWorkflow;
	let sandbox: Sandbox;

	beforeAll(async () => {
		sandbox = await startSandbox({ clockSpeed: CLOCK_SPEED });
		return async () => await sandbox.close();
	});
	beforeEach(async () => {
		trigger = await TriggerWorkflow.start(client, {
			parameters: WHEN_SUCCEEDED,
			next: counter.node,
		});
		return async () => await trigger.deactivate();
	});

	/** Has the sandbox deliver to the trigger, and raises a finding there. */
	async function raiseFinding(): Promise<string> {
		const { id } = await sandbox.admin.createWebhook({ url: trigger.url, secret: SECRET });
		await sandbox.admin.raiseFinding('eng_xyz789', 'ctrl_abc123');
		await sandbox.admin.waitForDeliveries(id, 120_000);
		return id;
	}

	it('a flow that fails twice is run again by the service, and then no more', async () => {
		counter.failures = 2;
		const webhookId = await raiseFinding();
		expect(await statusesOf(trigger)).toEqual(['error', 'error', 'success']);
		const [delivered] = await sandbox.admin.listDeliveries({ webhookId });
		expect(delivered?.state).toBe('delivered');
		expect(delivered?.attempts.map(({ status }) => status)).toEqual([500, 500, 200]);
		expect(
			delivered?.attempts.map(({ responseBody }) => JSON.parse(responseBody) as object),
		).toEqual([{ received: false }, { received: false }, { received: true }]);
		await sandbox.admin.redeliver(delivered!.id);
		await sandbox.admin.waitForDeliveries(webhookId);
		expect(await statusesOf(trigger)).toHaveLength(3);
		await sandbox.admin.removeWebhook(webhookId);
	});

	it('a run that takes longer than the service waits runs once', async () => {
		counter.answersAfterMs = 20_000;
		const webhookId = await raiseFinding();
		expect(await statusesOf(trigger)).toEqual(['success']);
		const [delivered] = await sandbox.admin.listDeliveries({ webhookId });
		expect(delivered?.state).toBe('delivered');
		const statuses = delivered!.attempts.map(({ status }) => status);
		expect(statuses.at(0)).toBeNull();
		expect(statuses.at(-1)).toBe(200);
		// A busy n8n may leave one of them unanswered as well.
		expect(statuses.filter((status) => status !== 503 && status !== null)).toEqual([200]);
		expect(JSON.parse(delivered!.attempts.at(-1)!.responseBody)).toEqual(DUPLICATE.body);
		await sandbox.admin.removeWebhook(webhookId);
	});

	it('copies are not run beside the first, whatever becomes of it', async () => {
		counter.answersAfterMs = 1_000;
		counter.failures = 1;
		const message = signed(finding());
		const answers = await sendCopies(trigger.url, message, 3);
		const duplicates = answers.filter((answer) => isDeepStrictEqual(answer, DUPLICATE));
		expect(duplicates).toHaveLength(2);
		expect(answers).toContainEqual(refusedWith(500));
		expect(answers).toContainEqual(ACCEPTED);
		expect(answers).toHaveLength(4);
		expect(await statusesOf(trigger)).toEqual(['error', 'success']);
	});

	it('different deliveries run at the same time', async () => {
		const answer = counter.hold();
		onTestFinished(answer);
		const sent = [1, 2, 3, 4].map(async () => await trigger.send(signed(finding())));
		await expect.poll(() => counter.received.length).toBe(4);
		answer();
		expect(await Promise.all(sent)).toEqual(Array(4).fill(ACCEPTED));
	});

	it('a run that is stopped was no success', async () => {
		const answer = counter.hold();
		onTestFinished(answer);
		const message = signed(finding());
		const first = trigger.send(message);
		await expect.poll(() => counter.received.length).toBe(1);
		const [running] = await client.listExecutions({ workflowId: trigger.id }, 1);
		await client.call('POST', `/executions/${running!.id}/stop`);
		expect((await first).status).toBe(500);
		answer();
		expect(await trigger.send(message)).toEqual(ACCEPTED);
	});
});

// An n8n at N8N_URL is not for tests to restart.
describe.runIf(n8n.pid !== null)('when the workflow succeeded, in an n8n that is restarted', () => {
	let own: OwnN8n;
	beforeAll(async () => {
		own = await startOwnN8n();
		return async () => await own.close();
	});

	it('what came before the last delivery is still known', async () => {
		const trigger = await TriggerWorkflow.start(own.client, {
			parameters: WHEN_SUCCEEDED,
			next: counter.node,
		});
		const messages = Array.from({ length: 20 }, () => signed(finding()));
		for (const message of messages) expect(await trigger.send(message)).toEqual(ACCEPTED);
		// Copies store it, too.
		expect(await trigger.send(messages.at(-1)!)).toEqual(DUPLICATE);
		const failed = signed(finding());
		counter.failures = 1;
		expect((await trigger.send(failed)).status).toBe(500);

		await own.killAndRestart();
		await own.client.waitForWebhook({ webhookId: new URL(trigger.url).pathname.split('/')[2]! });
		for (const message of messages) expect(await trigger.send(message)).toEqual(DUPLICATE);
		expect(await trigger.send(failed)).toEqual(ACCEPTED);
		expect(await trigger.send(failed)).toEqual(DUPLICATE);
		expect(await statusesOf(trigger)).toHaveLength(22);
	});
});

describe('Include Delivery', () => {
	it('adds what all copies of a delivery share', async () => {
		const trigger = await TriggerWorkflow.start(client, {
			parameters: { ...WHEN_SUCCEEDED, options: { includeDelivery: true } },
			next: counter.node,
		});
		const event = finding();
		counter.failures = 1;
		const before = Date.now();
		expect((await send(trigger.url, signed(event))).status).toBe(500);
		await delay(5);
		expect(await send(trigger.url, signed(event))).toEqual(ACCEPTED);
		expect(await send(trigger.url, signed(finding()))).toEqual(ACCEPTED);
		type Output = { delivery: { id: string; receivedAt: string } };
		const runs = (await trigger.newRuns()).flat() as Output[];
		const [first, again, other] = runs.map(({ delivery }) => delivery);
		expect(runs[0]).toEqual({ ...event, delivery: first });
		expect(again!.id).toBe(first!.id);
		expect(other!.id).not.toBe(first!.id);
		expect(Date.parse(first!.receivedAt)).toBeGreaterThanOrEqual(before);
		expect(Date.parse(again!.receivedAt)).toBeGreaterThan(Date.parse(first!.receivedAt));
		await trigger.deactivate();
	});
});
