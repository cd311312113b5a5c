/** An active workflow that starts with an Auditdex Trigger, and what it has run. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { IDataObject, INode } from 'n8n-workflow';

import type {
	CredentialReference,
	ExecutionSummary,
	N8nClient,
	WorkflowFile,
} from '../../scripts/n8n/rest.mts';
import { SECRET, type Answer, type Delivery, send } from './deliveries.mts';

export const TRIGGER = 'Auditdex Trigger';
export const WEBHOOK_CREDENTIAL = 'auditdexWebhookApi';

/** Of a machine however busy. */
const LONGEST_WAIT_FOR_RUNS_MS = 120_000;

export interface TriggerOptions {
	/** Added to those of a trigger on every event. */
	parameters?: IDataObject;
	/** Fields of its credential. */
	secrets?: IDataObject;
	/** The node that gets the trigger's items. */
	next?: INode;
}

export class TriggerWorkflow {
	readonly client: N8nClient;
	readonly id: string;
	readonly credential: CredentialReference;
	private readonly webhookId: string;
	private readonly seen = new Set<string>();

	private constructor(
		client: N8nClient,
		id: string,
		credential: CredentialReference,
		webhookId: string,
	) {
		this.client = client;
		this.id = id;
		this.credential = credential;
		this.webhookId = webhookId;
	}

	/** Saves the workflow with a credential of its own, not yet active. */
	static async save(
		client: N8nClient,
		{ parameters, secrets = { signingSecret: SECRET }, next }: TriggerOptions = {},
	): Promise<TriggerWorkflow> {
		const credential = await client.createCredential(WEBHOOK_CREDENTIAL, secrets);
		const webhookId = randomUUID();
		const file: WorkflowFile = {
			name: `Trigger ${webhookId}`,
			nodes: [
				{
					id: randomUUID(),
					name: TRIGGER,
					type: 'n8n-nodes-auditdex.auditdexTrigger',
					typeVersion: 1.1,
					position: [0, 0],
					webhookId,
					parameters: { events: ['*'], ...parameters } as INode['parameters'],
					credentials: { [WEBHOOK_CREDENTIAL]: credential },
				},
				...(next ? [next] : []),
			],
			connections: next
				? { [TRIGGER]: { main: [[{ node: next.name, type: 'main', index: 0 }]] } }
				: {},
			settings: { executionOrder: 'v1' },
		};
		const { id } = await client.importWorkflow(file, { [WEBHOOK_CREDENTIAL]: credential });
		return new TriggerWorkflow(client, id, credential, webhookId);
	}

	/** Saves it and makes it active. */
	static async start(client: N8nClient, options?: TriggerOptions): Promise<TriggerWorkflow> {
		const workflow = await TriggerWorkflow.save(client, options);
		await workflow.activate();
		return workflow;
	}

	get url(): string {
		return `${this.client.url}/webhook/${this.webhookId}/webhook`;
	}

	get testUrl(): string {
		return `${this.client.url}/webhook-test/${this.webhookId}/webhook`;
	}

	async activate(): Promise<void> {
		await this.client.activate(this.id);
		await this.client.waitForWebhook({ webhookId: this.webhookId });
	}

	async deactivate(): Promise<void> {
		await this.client.deactivate(this.id);
	}

	async changeSecrets(secrets: IDataObject): Promise<void> {
		await this.client.updateCredential(this.credential, WEBHOOK_CREDENTIAL, secrets);
	}

	async send(delivery: Delivery, chunks?: Buffer[]): Promise<Answer> {
		return await send(this.url, delivery, chunks);
	}

	/**
	 * What the trigger put out in each run since this was last asked, oldest first.
	 * @param expected how many there must be
	 */
	async newRuns(expected = 0): Promise<unknown[][]> {
		const all = await this.runs(this.seen.size + expected);
		const started = all.filter(({ id }) => !this.seen.has(id));
		const runs: unknown[][] = [];
		for (const { id } of started) {
			this.seen.add(id);
			const execution = await this.client.getExecution(id);
			runs.push(execution.output(TRIGGER).map(({ json }) => json));
		}
		return runs;
	}

	/**
	 * All runs, oldest first. n8n lists those under way and those that are over one after the other:
	 * a run that ends in between is listed twice or not at all. So it's asked until it says the same
	 * twice, and everything is over.
	 * @param expected how many there must be: waited for, as older n8n answer a delivery before they
	 *   record its run (`ANSWERS_BEFORE_IT_RECORDS`). One too many may then show at the next look only.
	 */
	async runs(expected = 0): Promise<ExecutionSummary[]> {
		const deadline = Date.now() + LONGEST_WAIT_FOR_RUNS_MS;
		let last: string | undefined;
		for (;;) {
			const runs = await this.listRuns();
			const now = runs.map(({ id, status }) => `${id} ${status}`).join();
			const areOver = !runs.some(({ status }) => ['new', 'running'].includes(status));
			if (now === last && areOver && (runs.length >= expected || Date.now() > deadline)) {
				return runs;
			}
			last = now;
			await delay(20);
		}
	}

	private async listRuns(): Promise<ExecutionSummary[]> {
		const runs = await this.client.listAllExecutions({ workflowId: this.id });
		return runs.sort((a, b) => Number(a.id) - Number(b.id));
	}

	/** "Listen for test event" in the editor. */
	async listenForTestEvent(): Promise<void> {
		const { waitingForWebhook } = await this.client.call<{ waitingForWebhook?: boolean }>(
			'POST',
			`/workflows/${this.id}/run`,
			{
				// Older ones (2.4) run the workflow that they are sent; newer ones take their own.
				workflowData: await this.client.getWorkflow(this.id),
				triggerToStartFrom: { name: TRIGGER },
			},
		);
		if (!waitingForWebhook) throw new Error("n8n doesn't listen for a test event");
	}
}
