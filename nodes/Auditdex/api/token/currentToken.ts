import type { ICredentialDataDecryptedObject, IHttpRequestHelper } from 'n8n-workflow';

import { AuditdexError } from '../errors/auditdexError';
import { sentences } from '../errors/problemDetails';
import { isObject, type JsonObject } from '../json';
import { jsonOf } from '../request/httpAnswer';
import { grantedToken } from './grantedToken';
import { IN_HEADER } from './inHeader';
import { outcomeOfTokenRefusal } from './tokenOutcome';

const LIMIT_MS = 60_000;

/**
 * The credential's token as n8n should send it: the stored one where it has every scope that the
 * credential asks for, else a new one, as scopes are granted and credentials changed meanwhile.
 * @throws AuditdexError when the service gives none, or one that lacks a scope
 */
export async function currentToken(
	helpers: IHttpRequestHelper['helpers'],
	credential: ICredentialDataDecryptedObject,
): Promise<JsonObject> {
	const { oauthTokenData, scope } = credential;
	const { tokenType: token_type } = IN_HEADER;
	try {
		return { ...grantedToken(oauthTokenData, scope), token_type, ...IN_HEADER };
	} catch {
		const answer = await requestToken(helpers, credential);
		return { ...grantedToken(answer, scope), token_type, ...IN_HEADER };
	}
}

/** The token request of the API page ("Obtaining a Token"). The credential's test shows messages alone. */
async function requestToken(
	helpers: IHttpRequestHelper['helpers'],
	{ accessTokenUrl, clientId, clientSecret, scope }: ICredentialDataDecryptedObject,
): Promise<unknown> {
	const answer: unknown = await helpers.httpRequest({
		method: 'POST',
		url: String(accessTokenUrl),
		headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
		body: new URLSearchParams({
			grant_type: 'client_credentials',
			client_id: String(clientId),
			client_secret: String(clientSecret),
			scope: String(scope),
		}).toString(),
		encoding: 'text',
		returnFullResponse: true,
		ignoreHttpStatusErrors: true,
		disableFollowRedirect: true,
		timeout: LIMIT_MS,
	});
	const { statusCode: status, body } = isObject(answer) ? answer : {};
	if (typeof status === 'number' && status >= 200 && status < 300) {
		return jsonOf({ status, headers: {}, body: String(body) });
	}
	const outcome = outcomeOfTokenRefusal({ status: Number(status), body }, [String(clientSecret)]);
	if (outcome.kind === 'done') return outcome.body;
	const { message, description = '' } = outcome.error;
	throw new AuditdexError(sentences([message, description]));
}
