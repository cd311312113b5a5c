import type { IHttpRequestHelper } from 'n8n-workflow';

import { jsonOf, type HttpAnswer } from './httpAnswer';
import type { RequestToken, TokenData } from './tokenCheck';
import { outcomeOfTokenRefusal } from './tokenOutcome';

const LIMIT_MS = 30_000;

/** Asks for a token as the API page says: client credentials in a form-encoded body. */
export const requestToken =
	(httpRequest: IHttpRequestHelper['helpers']['httpRequest']): RequestToken =>
	async ({ accessTokenUrl, clientId, clientSecret, scope }) => {
		const answer = await httpRequest({
			method: 'POST',
			url: accessTokenUrl,
			body: new URLSearchParams({
				grant_type: 'client_credentials',
				client_id: clientId,
				client_secret: clientSecret,
				scope,
			}),
			encoding: 'text',
			returnFullResponse: true,
			disableFollowRedirect: true,
			ignoreHttpStatusErrors: true,
			timeout: LIMIT_MS,
		}).then(
			(response: { statusCode: number; body: string }): HttpAnswer => ({
				status: response.statusCode,
				headers: {},
				body: response.body,
			}),
			() => undefined, // no answer: n8n's own request will tell
		);
		if (answer === undefined) return undefined;
		if (answer.status < 300) return jsonOf(answer) as TokenData | undefined;
		const outcome = outcomeOfTokenRefusal(answer, [clientSecret]);
		if (outcome.kind === 'refused') throw outcome.error;
		return undefined;
	};
