import type { Credentials } from 'n8n-core';
import type {
	IAuthenticateGeneric,
	ICredentialDataDecryptedObject,
	ICredentialsExpressionResolveValues,
	IExecuteData,
	IHttpRequestHelper,
	IHttpRequestOptions,
	INode,
	INodeCredentialsDetails,
	INodeProperties,
	IRequestOptionsSimplified,
	IWorkflowExecuteAdditionalData,
	Workflow,
	WorkflowExecuteMode,
} from 'n8n-workflow';

import { withIsolate } from './differences.mts';
import { core, workflow as n8n } from './n8n.mts';
import { credentialTypeOf, NodeTypes } from './nodeTypes.mts';

/** Expressions in a credential are resolved as if they stood in this node. */
const NO_NODE: INode = {
	id: 'credential',
	name: 'Credential',
	typeVersion: 1,
	type: 'test.start',
	position: [0, 0],
	parameters: {},
};

/** Ids are this process's own: n8n-core lets requests of the same credential share a token's renewal. */
let saved = 0;

/**
 * n8n's credentials helper, whose own lives in the `n8n` package and needs a database: same answers,
 * but the (encrypted) credentials are kept in memory. Tokens that n8n-core fetches or renews are
 * stored here and read back for the next request, as in n8n.
 */
export class CredentialsHelper extends n8n.ICredentialsHelper {
	private readonly stored = new Map<string, Credentials>();

	/** Stores a credential as the editor does on Save, and returns what a node refers to it by. */
	async save(
		type: string,
		data: ICredentialDataDecryptedObject,
		name = 'Test Credential',
	): Promise<Record<string, { id: string; name: string }>> {
		const id = `credential-${++saved}`;
		const credentials = new core.Credentials<ICredentialDataDecryptedObject>({ id, name }, type);
		await credentials.setData(data);
		this.stored.set(id, credentials);
		return { [type]: { id, name } };
	}

	/** What is stored, decrypted: tokens included. */
	async storedData(reference: INodeCredentialsDetails): Promise<ICredentialDataDecryptedObject> {
		return await this.find(reference).getData();
	}

	override getParentTypes(name: string): string[] {
		const parents = credentialTypeOf(name).extends ?? [];
		return parents.flatMap((parent) => [parent, ...this.getParentTypes(parent)]);
	}

	override isCredentialUsableByNode(credentialType: string, nodeType: string): boolean {
		const type = credentialTypeOf(credentialType);
		return !type.restrictToSupportedNodes || (type.supportedNodes ?? []).includes(nodeType);
	}

	override getCredentialsProperties(name: string): INodeProperties[] {
		const { extends: parents = [], properties } = credentialTypeOf(name);
		const merged: INodeProperties[] = [];
		for (const parent of parents) {
			n8n.NodeHelpers.mergeNodeProperties(merged, this.getCredentialsProperties(parent));
		}
		n8n.NodeHelpers.mergeNodeProperties(merged, properties);
		return merged;
	}

	override async getCredentials(reference: INodeCredentialsDetails): Promise<Credentials> {
		return this.find(reference);
	}

	override async getDecrypted(
		additionalData: IWorkflowExecuteAdditionalData,
		reference: INodeCredentialsDetails,
		type: string,
		mode: WorkflowExecuteMode,
		executeData?: IExecuteData,
		raw?: boolean,
		expressionResolveValues?: ICredentialsExpressionResolveValues,
	): Promise<ICredentialDataDecryptedObject> {
		const stored = await this.storedData(reference);
		if (raw) return stored;
		const data = n8n.NodeHelpers.getNodeParameters(
			this.getCredentialsProperties(type),
			stored as Parameters<typeof n8n.NodeHelpers.getNodeParameters>[1],
			true,
			false,
			null,
			null,
		) as ICredentialDataDecryptedObject;
		if (stored.oauthTokenData !== undefined) data.oauthTokenData = stored.oauthTokenData;
		return await this.resolveExpressions(
			data,
			additionalData,
			mode,
			executeData,
			expressionResolveValues,
		);
	}

	override async updateCredentials(
		reference: INodeCredentialsDetails,
		_type: string,
		data: ICredentialDataDecryptedObject,
	): Promise<void> {
		await this.find(reference).setData(data);
	}

	override async updateCredentialsOauthTokenData(
		reference: INodeCredentialsDetails,
		_type: string,
		{ oauthTokenData }: ICredentialDataDecryptedObject,
	): Promise<void> {
		await this.find(reference).updateData({ oauthTokenData });
	}

	override async authenticate(
		credentials: ICredentialDataDecryptedObject,
		typeName: string,
		incoming: IHttpRequestOptions | IRequestOptionsSimplified,
		workflow?: Workflow,
		node?: INode,
	): Promise<IHttpRequestOptions> {
		const request = incoming as IHttpRequestOptions;
		const { authenticate } = credentialTypeOf(typeName);
		if (typeof authenticate === 'function') return await authenticate(credentials, request);
		if (!authenticate || !workflow || !node) return request;
		const resolve = (value: string) =>
			n8n.isExpression(value)
				? String(
						workflow.expression.getSimpleParameterValue(
							node,
							value,
							'internal',
							{ $credentials: credentials },
							undefined,
							'',
						),
					)
				: value;
		const { properties } = authenticate as IAuthenticateGeneric;
		for (const [part, entries] of Object.entries(properties)) {
			const resolved = Object.entries(entries as Record<string, string>).map(([name, value]) => [
				resolve(name),
				resolve(value),
			]);
			Object.assign(request, {
				[part]: {
					...(request[part as keyof IHttpRequestOptions] as object | undefined),
					...Object.fromEntries(resolved),
				},
			});
		}
		return request;
	}

	override async preAuthentication(
		helpers: IHttpRequestHelper,
		credentials: ICredentialDataDecryptedObject,
		typeName: string,
		node: INode,
		credentialsExpired: boolean,
	): Promise<ICredentialDataDecryptedObject | undefined> {
		const type = credentialTypeOf(typeName);
		const expirable = type.properties.find(
			({ type: kind, typeOptions }) => kind === 'hidden' && typeOptions?.expirable === true,
		);
		if (!expirable || !type.preAuthentication) return undefined;
		if (credentials[expirable.name] !== '' && !credentialsExpired) return undefined;
		const output = await type.preAuthentication.call(helpers, credentials);
		const reference = node.credentials?.[typeName];
		if (output[expirable.name] === undefined || !reference) return undefined;
		await this.updateCredentials(reference, typeName, {
			...(await this.storedData(reference)),
			...(output as ICredentialDataDecryptedObject),
		});
		return Object.assign(credentials, output);
	}

	override async runPreAuthentication(
		helpers: IHttpRequestHelper,
		credentials: ICredentialDataDecryptedObject,
		typeName: string,
	): Promise<ICredentialDataDecryptedObject | undefined> {
		const output = await credentialTypeOf(typeName).preAuthentication?.call(helpers, credentials);
		return output as ICredentialDataDecryptedObject | undefined;
	}

	private find({ id, name }: INodeCredentialsDetails): Credentials {
		const credentials = id ? this.stored.get(id) : undefined;
		if (!credentials) throw new Error(`There is no credential “${name}” with the id ${id}`);
		return credentials;
	}

	/** `$self` in a credential's expression is the credential's own data. */
	private async resolveExpressions(
		data: ICredentialDataDecryptedObject,
		additionalData: IWorkflowExecuteAdditionalData,
		mode: WorkflowExecuteMode,
		executeData: IExecuteData | undefined,
		values: ICredentialsExpressionResolveValues | undefined,
	): Promise<ICredentialDataDecryptedObject> {
		const keys = core.getAdditionalKeys(additionalData, mode, null, { isCredential: true });
		if (values) {
			return values.workflow.expression.getParameterValue(
				data as Parameters<typeof values.workflow.expression.getParameterValue>[0],
				values.runExecutionData,
				values.runIndex,
				values.itemIndex,
				values.node.name,
				values.connectionInputData,
				mode,
				keys,
				executeData,
				false,
				data,
			) as ICredentialDataDecryptedObject;
		}
		const standIn = new n8n.Workflow({
			nodes: [NO_NODE],
			connections: {},
			active: false,
			nodeTypes: new NodeTypes(),
		});
		return await withIsolate(
			standIn.expression,
			() =>
				standIn.expression.getComplexParameterValue(
					NO_NODE,
					data as Parameters<typeof standIn.expression.getComplexParameterValue>[1],
					mode,
					keys,
					undefined,
					undefined,
					data,
				) as ICredentialDataDecryptedObject,
		);
	}
}
