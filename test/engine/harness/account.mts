import type { INodeCredentials, INodeExecutionData, INodeParameters } from 'n8n-workflow';

import { startSandbox, type Sandbox, type SandboxOptions } from '../../../sandbox/server.mts';
import { CredentialsHelper } from './credentials.mts';
import { runNode, type NodeExecution, type NodeOptions } from './engine.mts';

export const CREDENTIAL_TYPE = 'auditdexOAuth2Api';

/** A user's account: a sandbox of its own, and the credential for it as the editor would save it. */
export interface Account {
	sandbox: Sandbox;
	credentialsHelper: CredentialsHelper;
	credentials: INodeCredentials;
	/** Runs the Auditdex node with the account's credential. */
	run(
		parameters: INodeParameters,
		items: INodeExecutionData[],
		options?: NodeOptions,
	): Promise<NodeExecution>;
	/** The same account through a credential with other values. */
	withCredential(values: Record<string, string>): Promise<Account>;
	/** What must never be shown: client secret and access tokens. */
	secrets(): Promise<string[]>;
	close(): Promise<void>;
}

export async function openAccount(options?: SandboxOptions): Promise<Account> {
	return await accountFor(await startSandbox(options));
}

async function accountFor(sandbox: Sandbox, values: Record<string, string> = {}): Promise<Account> {
	const credentialsHelper = new CredentialsHelper();
	const data = { ...sandbox.client, baseUrl: sandbox.baseUrl, ...values };
	const credentials = await credentialsHelper.save(CREDENTIAL_TYPE, data);
	return {
		sandbox,
		credentialsHelper,
		credentials,
		run: async (parameters, items, { node, ...rest } = {}) =>
			await runNode(parameters, items, {
				credentialsHelper,
				...rest,
				node: { credentials, ...node },
			}),
		withCredential: async (others) => await accountFor(sandbox, { ...values, ...others }),
		secrets: async () => {
			const { clientSecret, oauthTokenData } = await credentialsHelper.storedData(
				credentials[CREDENTIAL_TYPE]!,
			);
			const { access_token: token } = (oauthTokenData ?? {}) as { access_token?: string };
			return [String(clientSecret), ...(token ? [token] : [])];
		},
		close: async () => await sandbox.close(),
	};
}
