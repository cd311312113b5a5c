/** The workflows that run at scale. Each ends by reporting what it has done (`fleet/reports.mts`). */
import { randomUUID } from 'node:crypto';
import type { IDataObject, INode } from 'n8n-workflow';

import type { CredentialReference, Workflow } from '../../scripts/n8n/rest.mts';
import { TriggerWorkflow } from '../n8n/triggerWorkflow.mts';
import type { Fleet } from './fleet/fleet.mts';

export const ENGAGEMENT = 'eng_xyz789';
export const CONTROL = 'ctrl_abc123';
const CREDENTIAL_TYPE = 'auditdexOAuth2Api';

/** @param id expression for what the report is about; @param result for what it shows */
const report = (fleet: Fleet, id: string, result: string): INode => ({
	id: randomUUID(),
	name: 'Report',
	type: 'n8n-nodes-base.httpRequest',
	typeVersion: 4.2,
	position: [600, 0],
	parameters: {
		method: 'POST',
		url: fleet.reports.url,
		sendBody: true,
		specifyBody: 'json',
		jsonBody: `={{ JSON.stringify({ id: ${id}, executionId: $execution.id, result: ${result} }) }}`,
		options: {},
	},
});

/** Auditdex Trigger → report of the event. */
export async function startTriggerWorkflow(fleet: Fleet): Promise<TriggerWorkflow> {
	const next = report(fleet, '$json.data.finding_id', '{}');
	return await TriggerWorkflow.start(fleet.client, { next });
}

export const newCredential = async (fleet: Fleet): Promise<CredentialReference> =>
	await fleet.client.createCredential(CREDENTIAL_TYPE, {
		clientId: fleet.sandbox.client.clientId,
		clientSecret: fleet.sandbox.client.clientSecret,
		baseUrl: fleet.sandbox.baseUrl,
		scope: 'evidence:write controls:read reports:read',
	});

export interface SubmissionWorkflow {
	workflow: Workflow;
	/** Starts a run for a file when it's sent `{ "file": <its name> }`. */
	url: string;
}

/**
 * Webhook → read the file → submit it → report of the receipt. The webhook stands for whatever starts
 * such a workflow on a worker: a schedule, a form, another system.
 */
export async function startSubmissionWorkflow(
	fleet: Fleet,
	parameters: IDataObject = {},
	credential?: CredentialReference,
): Promise<SubmissionWorkflow> {
	const { client } = fleet;
	const webhookId = randomUUID();
	const nodes: INode[] = [
		{
			id: randomUUID(),
			name: 'Start',
			type: 'n8n-nodes-base.webhook',
			typeVersion: 2,
			position: [0, 0],
			webhookId,
			parameters: { httpMethod: 'POST', path: webhookId, options: {} },
		},
		{
			id: randomUUID(),
			name: 'Read',
			type: 'n8n-nodes-base.readWriteFile',
			typeVersion: 1,
			position: [200, 0],
			parameters: { fileSelector: `=${fleet.filesFolder}/{{ $json.body.file }}` },
		},
		{
			id: randomUUID(),
			name: 'Submit',
			type: 'n8n-nodes-auditdex.auditdex',
			typeVersion: 1,
			position: [400, 0],
			parameters: {
				resource: 'evidence',
				operation: 'submit',
				engagementId: { __rl: true, mode: 'id', value: ENGAGEMENT },
				controlId: CONTROL,
				...parameters,
			} as INode['parameters'],
			credentials: { [CREDENTIAL_TYPE]: credential ?? (await newCredential(fleet)) },
		},
		report(fleet, "$('Start').item.json.body.file", '$json'),
	];
	const workflow = await client.importWorkflow({
		name: `Submit ${webhookId}`,
		nodes,
		connections: Object.fromEntries(
			nodes
				.slice(1)
				.map(({ name }, index) => [
					nodes[index]!.name,
					{ main: [[{ node: name, type: 'main' as const, index: 0 }]] },
				]),
		),
		settings: { executionOrder: 'v1' },
	});
	await client.activate(workflow.id);
	const url = `${client.url}/webhook/${webhookId}`;
	return { workflow, url };
}
