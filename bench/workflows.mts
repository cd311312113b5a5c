/** The same work with our node and with n8n's own, as a user would set it up. */
import type { IDataObject, INode } from 'n8n-workflow';

import type { CredentialReference, WorkflowFile } from '../scripts/n8n/rest.mts';
import { ENGAGEMENTS } from './stage.mts';

export type NodeSpec = Pick<INode, 'name' | 'type' | 'typeVersion'> & {
	parameters: IDataObject;
} & Partial<Omit<INode, 'parameters'>>;

/** Nodes in a row. @param last where given, several nodes that all follow the last of the row */
export function chain(name: string, row: NodeSpec[], last: NodeSpec[] = []): WorkflowFile {
	const connections: WorkflowFile['connections'] = {};
	for (const [index, { name: from }] of row.entries()) {
		const next = row[index + 1];
		const to = next ? [next] : last;
		connections[from] = {
			main: [to.map(({ name: node }) => ({ node, type: 'main' as const, index: 0 }))],
		};
	}
	return {
		name,
		nodes: [...row, ...last].map((node, index) => ({
			id: String(index),
			position: [index * 220, 0] as [number, number],
			...node,
			parameters: node.parameters as INode['parameters'],
		})),
		connections,
		settings: { executionOrder: 'v1', saveManualExecutions: true },
	};
}

/** Copies of a node, under names that start with its own. */
export const copies = (node: NodeSpec, count: number): NodeSpec[] =>
	Array.from({ length: count }, (_, index) => ({ ...node, name: `${node.name} ${index + 1}` }));

export const start: NodeSpec = {
	name: 'Start',
	type: 'n8n-nodes-base.manualTrigger',
	typeVersion: 1,
	parameters: {},
};

export const readFiles = (fileSelector: string): NodeSpec => ({
	name: 'Read',
	type: 'n8n-nodes-base.readWriteFile',
	typeVersion: 1.1,
	parameters: { fileSelector },
});

/** @param json JavaScript for the `n`th item's object */
export const items = (count: number, json: string): NodeSpec => ({
	name: 'Items',
	type: 'n8n-nodes-base.code',
	typeVersion: 2,
	parameters: { jsCode: `return Array.from({ length: ${count} }, (_, n) => ({ json: ${json} }));` },
});

export const auditdex = (credential: CredentialReference, parameters: IDataObject): NodeSpec => ({
	name: 'Work',
	type: 'n8n-nodes-auditdex.auditdex',
	typeVersion: 1,
	parameters,
	credentials: { auditdexOAuth2Api: credential },
	onError: 'continueRegularOutput',
});

/** @param options of the node, e.g. `parallelRequests` */
export const submit = (
	credential: CredentialReference,
	engagementId: string,
	controlId: string,
	options: IDataObject = {},
): NodeSpec =>
	auditdex(credential, {
		resource: 'evidence',
		operation: 'submit',
		engagementId: { __rl: true, mode: 'id', value: engagementId },
		controlId,
		options,
	});

/** The control of the engagement that each item names in `id`. @param options as above */
export const getControl = (
	credential: CredentialReference,
	controlId: string,
	options: IDataObject = {},
): NodeSpec =>
	auditdex(credential, {
		resource: 'control',
		operation: 'get',
		engagementId: { __rl: true, mode: 'id', value: '={{ $json.id }}' },
		controlId,
		options,
	});

/** n8n's HTTP Request node in the version that it offers for new workflows. */
export const httpRequest = (
	credential: CredentialReference,
	parameters: IDataObject,
): NodeSpec => ({
	name: 'Work',
	type: 'n8n-nodes-base.httpRequest',
	typeVersion: 4.5,
	parameters: {
		authentication: 'predefinedCredentialType',
		nodeCredentialType: 'auditdexOAuth2Api',
		options: {},
		...parameters,
	},
	credentials: { auditdexOAuth2Api: credential },
	onError: 'continueRegularOutput',
});

export const httpUpload = (
	credential: CredentialReference,
	url: string,
	controlId: string,
): NodeSpec =>
	httpRequest(credential, {
		method: 'POST',
		url,
		sendBody: true,
		contentType: 'multipart-form-data',
		bodyParameters: {
			parameters: [
				{ parameterType: 'formData', name: 'control_id', value: controlId },
				{ parameterType: 'formBinaryData', name: 'file', inputDataFieldName: 'data' },
			],
		},
	});

/** The same as `getControl`. @param batch how many at a time, and how long from one batch to the next */
export const httpGetControl = (
	credential: CredentialReference,
	baseUrl: string,
	controlId: string,
	batch?: { batchSize: number; batchInterval: number },
): NodeSpec =>
	httpRequest(credential, {
		url: `=${baseUrl}/engagements/{{ $json.id }}/controls/${controlId}`,
		options: batch ? { batching: { batch } } : {},
	});

/** Items that name one engagement each, in `id`; the sandbox has as many as the stage says. */
export const engagementItems = (count: number): NodeSpec =>
	// The first of all engagements has another ID.
	items(count, `{ id: "eng_" + String((n % ${ENGAGEMENTS - 1}) + 1).padStart(6, "0") }`);

/** Makes one item of each element of a field. */
export const splitOut = (fieldToSplitOut: string): NodeSpec => ({
	name: 'Split Out',
	type: 'n8n-nodes-base.splitOut',
	typeVersion: 1,
	parameters: { fieldToSplitOut, options: {} },
});

// Workflows that wait for deliveries

export const trigger = (credential: CredentialReference, webhookId: string): NodeSpec => ({
	name: 'Auditdex Trigger',
	type: 'n8n-nodes-auditdex.auditdexTrigger',
	typeVersion: 1.1,
	webhookId,
	parameters: { events: ['*'] },
	credentials: { auditdexWebhookApi: credential },
});

/** Answers at once, before anything follows. */
export const webhook = (path: string, options: IDataObject): NodeSpec => ({
	name: 'Webhook',
	type: 'n8n-nodes-base.webhook',
	typeVersion: 2.1,
	webhookId: path,
	parameters: { httpMethod: 'POST', path, responseMode: 'onReceived', options },
});

export const cryptoHmac = (
	credential: CredentialReference,
	binaryPropertyName: string,
	dataPropertyName: string,
): NodeSpec => ({
	name: 'Crypto',
	type: 'n8n-nodes-base.crypto',
	typeVersion: 2,
	parameters: {
		action: 'hmac',
		binaryData: true,
		binaryPropertyName,
		type: 'SHA256',
		dataPropertyName,
		encoding: 'hex',
	},
	credentials: { crypto: credential },
});

export const ifEqual = (leftValue: string, rightValue: string): NodeSpec => ({
	name: 'If',
	type: 'n8n-nodes-base.if',
	typeVersion: 2.3,
	parameters: {
		conditions: {
			options: { caseSensitive: true, leftValue: '', typeValidation: 'strict', version: 3 },
			conditions: [
				{ id: 'same', leftValue, rightValue, operator: { type: 'string', operation: 'equals' } },
			],
			combinator: 'and',
		},
		options: {},
	},
});
