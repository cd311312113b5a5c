/** The same work with our node and with n8n's own, as a user would set it up. */
import type { IDataObject, INode } from 'n8n-workflow';

import type { CredentialReference, WorkflowFile } from '../scripts/n8n/rest.mts';
import { CONTROL, ENGAGEMENT } from './stage.mts';

type NodeSpec = Pick<INode, 'name' | 'type' | 'typeVersion'> & {
	parameters: IDataObject;
} & Partial<INode>;

export function chain(name: string, nodes: NodeSpec[]): WorkflowFile {
	return {
		name,
		nodes: nodes.map((node, index) => ({
			id: String(index),
			position: [index * 220, 0] as [number, number],
			...node,
			parameters: node.parameters as INode['parameters'],
		})),
		connections: Object.fromEntries(
			nodes
				.slice(1)
				.map((node, index) => [
					nodes[index]!.name,
					{ main: [[{ node: node.name, type: 'main' as const, index: 0 }]] },
				]),
		),
		settings: { executionOrder: 'v1', saveManualExecutions: true },
	};
}

export const start: NodeSpec = {
	name: 'Start',
	type: 'n8n-nodes-base.manualTrigger',
	typeVersion: 1,
	parameters: {},
};

export const readFiles = (fileSelector: string): NodeSpec => ({
	name: 'Read',
	type: 'n8n-nodes-base.readWriteFile',
	typeVersion: 1,
	parameters: { fileSelector },
});

export const items = (count: number): NodeSpec => ({
	name: 'Items',
	type: 'n8n-nodes-base.code',
	typeVersion: 2,
	parameters: { jsCode: `return Array.from({ length: ${count} }, (_, n) => ({ json: { n } }));` },
});

const credentialOf = (credential: CredentialReference) => ({
	credentials: { auditdexOAuth2Api: credential },
});

export const ours = (credential: CredentialReference, parameters: IDataObject): NodeSpec => ({
	name: 'Work',
	type: 'n8n-nodes-auditdex.auditdex',
	typeVersion: 1,
	parameters: {
		engagementId: { __rl: true, mode: 'id', value: ENGAGEMENT },
		controlId: CONTROL,
		...parameters,
	},
	...credentialOf(credential),
});

export const httpRequest = (
	credential: CredentialReference,
	parameters: IDataObject,
): NodeSpec => ({
	name: 'Work',
	type: 'n8n-nodes-base.httpRequest',
	typeVersion: 4.2,
	parameters: {
		authentication: 'predefinedCredentialType',
		nodeCredentialType: 'auditdexOAuth2Api',
		options: {},
		...parameters,
	},
	onError: 'continueRegularOutput',
	...credentialOf(credential),
});

export const httpUpload = (credential: CredentialReference, baseUrl: string): NodeSpec =>
	httpRequest(credential, {
		method: 'POST',
		url: `${baseUrl}/engagements/${ENGAGEMENT}/evidence`,
		sendBody: true,
		contentType: 'multipart-form-data',
		bodyParameters: {
			parameters: [
				{ parameterType: 'formData', name: 'control_id', value: CONTROL },
				{ parameterType: 'formBinaryData', name: 'file', inputDataFieldName: 'data' },
			],
		},
	});
