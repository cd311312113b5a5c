/** What happens to a trigger while n8n keeps running: activation, edits, secrets, test events. */
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';

import type { N8nClient } from '../../scripts/n8n/rest.mts';
import { ACCEPTED, DUPLICATE, SECRET, finding, refusedWith, send, signed } from './deliveries.mts';
import { SAVES_INCOMPLETE_CREDENTIALS } from './differences.mts';
import { connect } from './fixture.mts';
import { TriggerWorkflow } from './triggerWorkflow.mts';

const NEW_SECRET = 'new-secret-of-24-charact';

let client: N8nClient;

beforeAll(async () => {
	client = await connect();
});

describe('deactivating and activating again', () => {
	it('closes and opens the endpoint, and what was accepted before is still known', async () => {
		const trigger = await TriggerWorkflow.start(client);
		const before = signed(finding());
		expect(await trigger.send(before)).toEqual(ACCEPTED);

		await trigger.deactivate();
		const meanwhile = finding();
		expect((await trigger.send(before)).status).toBe(404);
		expect((await trigger.send(signed(meanwhile))).status).toBe(404);

		await trigger.activate();
		expect(await trigger.send(before)).toEqual(DUPLICATE);
		expect(await trigger.send(signed(meanwhile))).toEqual(ACCEPTED);
		const runs = await trigger.newRuns(2);
		expect(runs).toHaveLength(2);
		expect(runs[1]).toEqual([meanwhile]);
		await trigger.deactivate();
	});
});

describe('editing an active workflow', () => {
	it('takes effect when it is published, and forgets nothing when the node is renamed', async () => {
		const trigger = await TriggerWorkflow.start(client, {
			parameters: { events: ['finding.raised'] },
		});
		const before = signed(finding());
		const concluded = finding({ event: 'control.concluded' });
		expect(await trigger.send(before)).toEqual(ACCEPTED);

		const { nodes } = await client.getWorkflow(trigger.id);
		await client.updateWorkflow(trigger.id, {
			nodes: nodes.map((node) => ({
				...node,
				name: 'Audit events',
				parameters: { ...node.parameters, events: ['finding.raised', 'control.concluded'] },
			})),
		});
		await trigger.activate();
		expect(await trigger.send(before)).toEqual(DUPLICATE);
		expect(await trigger.send(signed(concluded))).toEqual(ACCEPTED);
		expect(await trigger.newRuns(2)).toHaveLength(2);
		await trigger.deactivate();
	});
});

describe('changing the secret of an active workflow', () => {
	it('counts at once where it is new, and no more where it is gone, through a rotation and without one', async () => {
		const trigger = await TriggerWorkflow.start(client);
		const before = finding();
		const answers = async () => [
			await trigger.send(signed(finding())),
			await trigger.send(signed(finding(), NEW_SECRET)),
		];
		expect(await trigger.send(signed(before))).toEqual(ACCEPTED);
		expect(await answers()).toEqual([ACCEPTED, refusedWith(401)]);

		await trigger.changeSecrets({ signingSecret: NEW_SECRET, previousSigningSecret: SECRET });
		expect(await answers()).toEqual([ACCEPTED, ACCEPTED]);

		await trigger.changeSecrets({ signingSecret: NEW_SECRET });
		// It counts for a second more, where deliveries came just before.
		const last = signed(finding());
		await expect.poll(async () => await trigger.send(last)).toEqual(refusedWith(401));
		expect(await answers()).toEqual([refusedWith(401), ACCEPTED]);
		expect(await trigger.send(signed(before, NEW_SECRET))).toEqual(DUPLICATE);
		await trigger.deactivate();
	});
});

describe('two triggers on the same service', () => {
	it('each run once for an event that is sent to both', async () => {
		const triggers = [await TriggerWorkflow.start(client), await TriggerWorkflow.start(client)];
		const event = finding();
		for (const trigger of triggers) {
			expect(await trigger.send(signed(event))).toEqual(ACCEPTED);
			expect(await trigger.send(signed(event))).toEqual(DUPLICATE);
			expect(await trigger.newRuns(1)).toEqual([[event]]);
			await trigger.deactivate();
		}
	});
});

describe('two triggers in one workflow', () => {
	it('remember apart from each other, across a deactivation', async () => {
		const trigger = await TriggerWorkflow.start(client);
		const { nodes } = await client.getWorkflow(trigger.id);
		const webhookId = randomUUID();
		const second = { ...nodes[0]!, id: randomUUID(), name: 'Second', webhookId };
		await client.updateWorkflow(trigger.id, { nodes: [...nodes, second] });
		await trigger.activate();
		const urls = [trigger.url, await client.waitForWebhook({ webhookId })];

		const [one, another] = [signed(finding()), signed(finding())];
		// At the same time, so that each saves static data that it loaded before the other's.
		const first = urls.map(async (url) => await send(url, one));
		expect(await Promise.all(first)).toEqual([ACCEPTED, ACCEPTED]);
		expect(await send(urls[1]!, another)).toEqual(ACCEPTED);
		await trigger.deactivate();
		await trigger.activate();
		for (const url of urls) {
			await client.waitForWebhook({ webhookId });
			expect(await send(url, one)).toEqual(DUPLICATE);
		}
		expect(await send(urls[1]!, another)).toEqual(DUPLICATE);
		expect(await send(urls[0]!, another)).toEqual(ACCEPTED);
		expect(await trigger.runs(4)).toHaveLength(4);
		await trigger.deactivate();
	});
});

describe('listening for a test event', () => {
	/** Older n8n answer the event before they stop listening. A forged one doesn't end it. */
	async function untilOver(trigger: TriggerWorkflow): Promise<void> {
		const forged = signed(finding(), NEW_SECRET);
		await expect.poll(async () => (await send(trigger.testUrl, forged)).status).toBe(404);
	}

	it('is checked like any other, and goes on until one is right', async () => {
		const trigger = await TriggerWorkflow.save(client);
		const event = finding();
		expect((await send(trigger.testUrl, signed(event))).status).toBe(404);

		await trigger.listenForTestEvent();
		expect(await send(trigger.testUrl, signed(event, NEW_SECRET))).toEqual(refusedWith(401));
		expect(await trigger.newRuns()).toEqual([]);
		expect(await send(trigger.testUrl, signed(event))).toEqual(ACCEPTED);
		expect(await trigger.newRuns(1)).toEqual([[event]]);
		expect(await trigger.runs()).toMatchObject([{ mode: 'manual' }]);
		// One is enough; the editor has to be told to listen again.
		await untilOver(trigger);
		expect((await send(trigger.testUrl, signed(event))).status).toBe(404);
	});

	it("can't be done without a secret", async () => {
		const saving = TriggerWorkflow.save(client, { secrets: { signingSecret: '' } });
		if (!SAVES_INCOMPLETE_CREDENTIALS) {
			await expect(saving).rejects.toThrow('mandatory');
			return;
		}
		await expect((await saving).listenForTestEvent()).rejects.toThrow("'Signing Secret' isn't set");
	});

	it("leaves production's memory alone, and production leaves it alone", async () => {
		const trigger = await TriggerWorkflow.start(client);
		const [tested, produced] = [finding(), finding()];

		// The same test event may be sent again and again.
		for (const _again of [1, 2]) {
			await trigger.listenForTestEvent();
			expect(await send(trigger.testUrl, signed(tested))).toEqual(ACCEPTED);
			expect(await trigger.newRuns(1)).toEqual([[tested]]);
			await untilOver(trigger);
		}
		expect(await trigger.send(signed(tested))).toEqual(ACCEPTED);
		expect(await trigger.send(signed(tested))).toEqual(DUPLICATE);
		expect(await trigger.newRuns(1)).toEqual([[tested]]);

		expect(await trigger.send(signed(produced))).toEqual(ACCEPTED);
		expect(await trigger.newRuns(1)).toEqual([[produced]]);
		await trigger.listenForTestEvent();
		expect(await trigger.send(signed(produced))).toEqual(DUPLICATE);
		expect(await send(trigger.testUrl, signed(produced))).toEqual(ACCEPTED);
		expect(await trigger.newRuns(1)).toEqual([[produced]]);
		expect(await trigger.send(signed(produced))).toEqual(DUPLICATE);
		expect(await trigger.newRuns()).toEqual([]);
		await trigger.deactivate();
	});
});
