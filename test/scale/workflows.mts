/** The workflows that run at scale. Each ends by reporting what it has done (`fleet/reports.mts`). */
import { randomUUID } from 'node:crypto';
import type { IDataObject, INode } from 'n8n-workflow';

import type { CredentialReference } from '../../scripts/n8n/rest.mts';
import { SECRET, type AuditEvent, type Delivery, finding, signed } from '../n8n/deliveries.mts';
import type { Fleet } from './fleet/fleet.mts';

const ENGAGEMENT = 'eng_xyz789';
const CONTROL = 'ctrl_abc123';
const API_CREDENTIAL = 'auditdexOAuth2Api';
const WEBHOOK_CREDENTIAL = 'auditdexWebhookApi';

export interface ActiveWorkflow {
	id: string;
	/** Path of its webhook, to be put after the address of the proxy or of a webhook processor. */
	path: string;
	/** Its webhook, by way of the proxy. */
	url: string;
}

type Step = Pick<INode, 'name' | 'type' | 'typeVersion'> & {
	parameters: IDataObject;
} & Partial<INode>;

/** Saves the steps as a workflow, one after the other, and makes it active. */
async function activate({ client, proxy }: Fleet, steps: Step[]): Promise<ActiveWorkflow> {
	const webhookId = randomUUID();
	const nodes = steps.map((step, index) => ({
		id: randomUUID(),
		position: [index * 200, 0] as [number, number],
		...(index === 0 && { webhookId }),
		...step,
		parameters: step.parameters as INode['parameters'],
	}));
	const connections = Object.fromEntries(
		nodes
			.slice(1)
			.map(({ name }, index) => [
				nodes[index]!.name,
				{ main: [[{ node: name, type: 'main' as const, index: 0 }]] },
			]),
	);
	const { id } = await client.importWorkflow({
		name: `Scale ${webhookId}`,
		nodes,
		connections,
		settings: { executionOrder: 'v1' },
	});
	await client.activate(id);
	const isTrigger = steps[0]!.type === 'n8n-nodes-auditdex.auditdexTrigger';
	const path = `/webhook/${webhookId}/webhook`;
	if (isTrigger) await client.waitForWebhook({ webhookId });
	return { id, path, url: proxy.url + path };
}

/** @param id, result expressions for what the report is about and what it shows */
const report = (fleet: Fleet, id: string, result = '{}'): Step => ({
	name: 'Report',
	type: 'n8n-nodes-base.httpRequest',
	typeVersion: 4.2,
	parameters: {
		method: 'POST',
		url: fleet.reports.url,
		sendBody: true,
		specifyBody: 'json',
		jsonBody: `={{ JSON.stringify({ id: ${id}, executionId: $execution.id, result: ${result} }) }}`,
		options: {},
	},
});

async function auditdexTrigger({ client }: Fleet): Promise<Step> {
	const credential = await client.createCredential(WEBHOOK_CREDENTIAL, { signingSecret: SECRET });
	return {
		name: 'Start',
		type: 'n8n-nodes-auditdex.auditdexTrigger',
		typeVersion: 1.1,
		parameters: { events: ['*'] },
		credentials: { [WEBHOOK_CREDENTIAL]: credential },
	};
}

export const newCredential = async ({ client, sandbox }: Fleet): Promise<CredentialReference> =>
	await client.createCredential(API_CREDENTIAL, {
		clientId: sandbox.client.clientId,
		clientSecret: sandbox.client.clientSecret,
		baseUrl: sandbox.baseUrl,
		scope: 'evidence:write controls:read reports:read',
	});

const auditdex = (parameters: IDataObject, credential: CredentialReference): Step => ({
	name: 'Auditdex',
	type: 'n8n-nodes-auditdex.auditdex',
	typeVersion: 1,
	parameters: {
		engagementId: { __rl: true, mode: 'id', value: ENGAGEMENT },
		controlId: CONTROL,
		...parameters,
	},
	credentials: { [API_CREDENTIAL]: credential },
});

const submit = (credential: CredentialReference, options: IDataObject = {}): Step =>
	auditdex({ resource: 'evidence', operation: 'submit', options }, credential);

const readFile = ({ filesFolder }: Fleet, name: string): Step => ({
	name: 'Read',
	type: 'n8n-nodes-base.readWriteFile',
	typeVersion: 1,
	parameters: { fileSelector: `=${filesFolder}/{{ ${name} }}` },
});

/** A finding is raised → report of it. */
export const onFinding = async (fleet: Fleet): Promise<ActiveWorkflow> =>
	await activate(fleet, [await auditdexTrigger(fleet), report(fleet, '$json.data.finding_id')]);

/** A finding is raised → the status of its control → report of it. */
export async function onFindingGetControl(
	fleet: Fleet,
	credential: CredentialReference,
	options: IDataObject = {},
): Promise<ActiveWorkflow> {
	return await activate(fleet, [
		await auditdexTrigger(fleet),
		auditdex({ resource: 'control', operation: 'get', options }, credential),
		report(fleet, "$('Start').item.json.data.finding_id"),
	]);
}

/** A finding asks for a file → it's read and submitted → report of the receipt. */
export async function onFindingSubmit(
	fleet: Fleet,
	credential: CredentialReference,
	options: IDataObject = {},
): Promise<ActiveWorkflow> {
	return await activate(fleet, [
		await auditdexTrigger(fleet),
		readFile(fleet, '$json.data.title'),
		submit(credential, options),
		report(fleet, "$('Start').item.json.data.title", '$json'),
	]);
}

/** The delivery that starts `onFindingSubmit` for a file. */
export const findingThatAsksFor = (file: string): Delivery => signed(finding({}, { title: file }));

/** A file is uploaded to n8n, by the name in its query → it's submitted → report of the receipt. */
export async function onUploadSubmit(
	fleet: Fleet,
	credential: CredentialReference,
): Promise<ActiveWorkflow> {
	const start = {
		name: 'Start',
		type: 'n8n-nodes-base.webhook',
		typeVersion: 2,
		parameters: { httpMethod: 'POST', path: randomUUID(), options: {} },
	};
	const workflow = await activate(fleet, [
		start,
		submit(credential),
		report(fleet, "$('Start').item.json.query.file", '$json'),
	]);
	const path = `/webhook/${start.parameters.path}`;
	return { ...workflow, path, url: fleet.proxy.url + path };
}

/** An event and its delivery. */
export function newFinding(): { event: AuditEvent; id: string; delivery: Delivery } {
	const event = finding();
	return { event, id: event.data.finding_id, delivery: signed(event) };
}
