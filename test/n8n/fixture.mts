/**
 * What tests in the real n8n work with: the shared n8n and sandbox (`setup.mts`), a signed-in client,
 * credentials, and the workflows they run.
 */
import type { IDataObject, INode } from 'n8n-workflow';
import { inject } from 'vitest';

import { AdminClient } from '../../sandbox/adminClient.mts';
import {
	type CredentialReference,
	type N8nClient,
	type WorkflowFile,
	signIn,
} from '../../scripts/n8n/rest.mts';

export const n8n = inject('n8n');
export const sandbox = inject('sandbox');
export const admin = new AdminClient(sandbox.adminUrl);

export const CREDENTIAL_TYPE = 'auditdexOAuth2Api';
export const ENGAGEMENT = 'eng_xyz789';
export const CONTROL = 'ctrl_abc123';

/** A client signed in as n8n's owner. */
export const connect = async (): Promise<N8nClient> => await signIn(n8n.url);

/** What a user would type into the credential for the sandbox. */
export const credentialData = (changes: IDataObject = {}): IDataObject => ({
	clientId: sandbox.clientId,
	clientSecret: sandbox.clientSecret,
	baseUrl: sandbox.baseUrl,
	scope: 'evidence:write controls:read reports:read',
	...changes,
});

/** A credential of its own, without a token yet. */
export const newCredential = async (client: N8nClient): Promise<CredentialReference> =>
	await client.createCredential(CREDENTIAL_TYPE, credentialData());

/** Nodes in a row, from a Manual Trigger named "Start" on. */
export function chain(
	name: string,
	nodes: Array<Partial<INode> & Pick<INode, 'name' | 'type' | 'parameters'>>,
): WorkflowFile {
	const all = [
		{ name: 'Start', type: 'n8n-nodes-base.manualTrigger', parameters: {} },
		...nodes,
	].map((node, index) => ({
		id: String(index),
		typeVersion: 1,
		position: [index * 200, 0] as [number, number],
		...node,
	}));
	const connections = Object.fromEntries(
		all
			.slice(1)
			.map(({ name: next }, index) => [
				all[index]!.name,
				{ main: [[{ node: next, type: 'main' as const, index: 0 }]] },
			]),
	);
	return { name, nodes: all, connections, settings: { executionOrder: 'v1' } };
}

/** A node that submits its input's file, with other parameters or settings where given. */
export const submitNode = (parameters: IDataObject = {}, settings: Partial<INode> = {}) => ({
	name: 'Submit',
	type: 'n8n-nodes-auditdex.auditdex',
	parameters: {
		resource: 'evidence',
		operation: 'submit',
		engagementId: { __rl: true, mode: 'id', value: ENGAGEMENT },
		controlId: CONTROL,
		...parameters,
	} as INode['parameters'],
	credentials: { [CREDENTIAL_TYPE]: { id: '', name: '' } },
	...settings,
});

/** A node that reads the files of a path or pattern within `n8n.filesFolder`. */
export const readFilesNode = (fileSelector: string) => ({
	name: 'Read',
	type: 'n8n-nodes-base.readWriteFile',
	parameters: { fileSelector },
});
