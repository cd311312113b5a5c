import type { ICredentialDataDecryptedObject } from 'n8n-workflow';

import { CREDENTIAL_TYPE, withCredential, type ApiContext } from '../credential';
import { isObject } from '../json';
import { IDLE_LIMIT, untilAborted } from '../request/deadline';
import { withHttpRequest } from '../request/withHttpRequest';
import { IN_HEADER } from './inHeader';

/** Renewals under way in this process, by credential: requests side by side share one. */
const renewals = new Map<string, Promise<void>>();

/** Credentials with a renewal that got no answer in time, and for which n8n still waits. */
const unanswered = new Set<string>();

/**
 * Has n8n get a token and store it, or waits for the one that it's getting for a request beside this.
 * @throws what n8n throws where it gets none; an Error with code `ETIMEDOUT` where no answer comes
 */
export async function renewToken(
	context: ApiContext,
	data: ICredentialDataDecryptedObject,
): Promise<void> {
	const key = context.getNode().credentials?.[CREDENTIAL_TYPE]?.id ?? '';
	const pending =
		renewals.get(key) ?? renewInTime(context, data, key).finally(() => renewals.delete(key));
	renewals.set(key, pending);
	await pending;
}

async function renewInTime(
	context: ApiContext,
	data: ICredentialDataDecryptedObject,
	key: string,
): Promise<void> {
	const limit = AbortSignal.timeout(IDLE_LIMIT.ms); // n8n's own is five minutes
	const isFirst = unanswered.has(key);
	const renewing = isFirst ? getFirstToken(context, data) : refresh(context, data);
	try {
		await untilAborted(renewing, limit);
	} catch (error) {
		if (limit.aborted && !isFirst) {
			unanswered.add(key);
			void Promise.allSettled([renewing]).then(() => unanswered.delete(key));
		}
		throw limit.aborted ? Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' }) : error;
	}
}

async function refresh(context: ApiContext, data: ICredentialDataDecryptedObject): Promise<void> {
	const stored = isObject(data.oauthTokenData) ? data.oauthTokenData : {};
	await context.helpers.refreshOAuth2Token.call(
		withCredential(context, { ...data, oauthTokenData: stored }),
		CREDENTIAL_TYPE,
		{
			...IN_HEADER,
			// n8n gets a token only while the stored one is `===` the given one, which objects never are.
			...(typeof stored.access_token === 'object' && { property: 'access_token.constructor.name' }),
		},
	);
}

/**
 * Has n8n get a token as for a credential that has none, before a request, which isn't sent. n8n (2.41)
 * lets all renewals of a credential wait for the one under way, however long that takes; not this one.
 * Older versions don't, and keep to themselves why this one was refused: which of them it is, a node
 * can't tell.
 */
async function getFirstToken(
	context: ApiContext,
	data: ICredentialDataDecryptedObject,
): Promise<void> {
	const withoutToken = withCredential(context, { ...data, oauthTokenData: {} });
	await context.helpers.httpRequestWithAuthentication.call(
		withHttpRequest(withoutToken, async () => ({ statusCode: 204 })),
		CREDENTIAL_TYPE,
		{ url: String(data.baseUrl) },
		{ oauth2: IN_HEADER },
	);
}
