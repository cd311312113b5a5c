import type { ICredentialType, INodeProperties, INodeTypeDescription } from 'n8n-workflow';

import type { N8nClient } from '../../../scripts/n8n/rest.mts';

/** Every node and credential type that an n8n knows: what its editor works with. */
export interface Catalog {
	node(type: string, version: number): INodeTypeDescription | undefined;
	credential(type: string): ICredentialType | undefined;
	/** The fields of a credential type, those of the types it extends included. */
	credentialFields(type: string): INodeProperties[];
}

export async function catalogOf(client: N8nClient): Promise<Catalog> {
	const [nodes, credentials] = await Promise.all([
		client.editorFile<INodeTypeDescription[]>('/types/nodes.json'),
		client.editorFile<ICredentialType[]>('/types/credentials.json'),
	]);
	const credential = (type: string) => credentials.find(({ name }) => name === type);
	const credentialFields = (type: string): INodeProperties[] => {
		const { properties = [], extends: parents = [] } = credential(type) ?? {};
		return [...parents.flatMap(credentialFields), ...properties];
	};
	return {
		node: (type, version) =>
			nodes.find(({ name, version: versions }) => name === type && [versions].flat().includes(version)),
		credential,
		credentialFields,
	};
}
