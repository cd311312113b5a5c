import type {
	ICredentialDataDecryptedObject,
	IExecuteFunctions,
	ILoadOptionsFunctions,
} from 'n8n-workflow';

import { accessTokenIn, LOOKED_AFTER } from './token/grantedToken';

export const CREDENTIAL_TYPE = 'auditdexOAuth2Api';

export type ApiContext = IExecuteFunctions | ILoadOptionsFunctions;

export interface Credential {
	baseUrl: string;
	clientId: string;
	/** Never to be shown, should the service echo it: the client secret and the token, if there is one. */
	secrets: string[];
	/** The token that n8n has stored; undefined where it has none that can be sent. */
	accessToken?: string;
	/** All of it, as n8n's helpers take it. */
	data: ICredentialDataDecryptedObject;
}

/** Reads the node's credential as it is now: n8n renews the token in it. */
export async function readCredential(context: ApiContext): Promise<Credential> {
	const data = await context.getCredentials(CREDENTIAL_TYPE);
	const { baseUrl, clientId, clientSecret, oauthTokenData } = data;
	const accessToken = accessTokenIn(oauthTokenData);
	return {
		baseUrl: String(baseUrl),
		clientId: String(clientId),
		secrets: [clientSecret, accessToken].filter((text) => typeof text === 'string'),
		accessToken,
		data,
	};
}

/**
 * The context as n8n's helpers shall see it: they read the credential from it, and get the one that has
 * just been read. `preAuthentication` knows by the mark that the node itself looks after the token.
 */
export function withCredential<T extends ApiContext>(
	context: T,
	data: ICredentialDataDecryptedObject,
): T {
	const getCredentials = async () => ({ ...data, ...LOOKED_AFTER });
	return Object.create(context, { getCredentials: { value: getCredentials } }) as T;
}
