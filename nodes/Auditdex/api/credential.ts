import type { IExecuteFunctions, ILoadOptionsFunctions } from 'n8n-workflow';

export const CREDENTIAL_TYPE = 'auditdexOAuth2Api';

export type ApiContext = IExecuteFunctions | ILoadOptionsFunctions;

export interface Credential {
	baseUrl: string;
	clientId: string;
	/** Never to be shown, should the service echo it: the client secret and the token, if there is one. */
	secrets: string[];
}

/** Reads the node's credential as it is now: n8n renews the token in it. */
export async function readCredential(context: ApiContext): Promise<Credential> {
	const { baseUrl, clientId, clientSecret, oauthTokenData } = await context.getCredentials<{
		baseUrl: string;
		clientId: string;
		clientSecret: string;
		oauthTokenData?: { access_token?: string };
	}>(CREDENTIAL_TYPE);
	return {
		baseUrl,
		clientId,
		secrets: [clientSecret, oauthTokenData?.access_token].filter((text) => text !== undefined),
	};
}
