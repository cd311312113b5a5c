import { NodeOperationError, type IHttpRequestOptions } from 'n8n-workflow';

import { cancellation, cancelSignalOf } from './cancellation';
import { CREDENTIAL_TYPE, readCredential, type ApiContext } from '../credential';
import { Deadline, untilAborted } from './deadline';
import { headersOf, type HttpAnswer } from './httpAnswer';
import { observedContext, type Observed } from './observedContext';
import { outcomeOfAnswer, outcomeOfFault, type Outcome } from './outcome';
import { redact } from '../errors/redact';
import { IN_HEADER } from '../token/inHeader';

export interface ApiRequest {
	method: 'GET' | 'POST';
	url: string;
	query?: Record<string, string | number>;
	/** The OAuth scope that the request needs (API page, "Obtaining a Token"). */
	scope: string;
	/** Builds the body for one attempt; it calls `onProgress` when it's opened and as bytes move. */
	body?: (onProgress: () => void) => FormData;
}

export interface Attempt {
	outcome: Outcome;
	answer?: HttpAnswer;
	/** How long the token endpoint asks to be left alone, in milliseconds. */
	waitMs?: number;
}

/**
 * Sends a request once and judges what came of it. n8n adds the token; see `AccessTokens`.
 *
 * Redirects are not followed: they would carry the token away, and n8n would hold the whole body in
 * memory for them.
 * @throws NodeOperationError when the execution is cancelled
 */
export async function attempt(context: ApiContext, request: ApiRequest): Promise<Attempt> {
	const cancelled = cancelSignalOf(context);
	if (cancelled?.aborted) throw cancellation(context.getNode());
	const deadline = new Deadline(cancelled);
	// A request whose body was never opened is not complete, so that nothing can have come of it.
	let sent = request.body === undefined;
	const onProgress = () => {
		sent = true;
		deadline.touch();
	};
	const options: IHttpRequestOptions = {
		method: request.method,
		url: request.url,
		qs: request.query,
		body: request.body?.(onProgress),
		headers: { Accept: 'application/json, application/problem+json' },
		encoding: 'text',
		returnFullResponse: true,
		disableFollowRedirect: true,
		// n8n's own limit counts from the start and would cut long uploads; the deadline doesn't.
		timeout: 0,
		abortSignal: deadline.signal,
	};
	const observed = observedContext(context, deadline.signal);
	try {
		const answered: Observed = await untilAborted(
			context.helpers.httpRequestWithAuthentication.call(observed, CREDENTIAL_TYPE, options, {
				oauth2: IN_HEADER,
			}),
			deadline.signal,
		);
		if ('fault' in answered) {
			return { outcome: outcomeOfFault({ code: answered.fault, sent }) };
		}
		const secrets = answered.statusCode < 300 ? [] : (await readCredential(context)).secrets;
		return judge(answered, request, secrets);
	} catch (error) {
		if (cancelled?.aborted) throw cancellation(context.getNode());
		if (deadline.expired) return { outcome: outcomeOfFault({ code: 'ETIMEDOUT', sent }) };
		const { secrets } = await readCredential(context);
		// What came of the request is observed, not thrown. Here it isn't known.
		if (request.body && sent) return { outcome: outcomeOfFault({ code: 'UNKNOWN', sent }) };
		const { message } = error as Error;
		throw new NodeOperationError(context.getNode(), redact(message, secrets));
	} finally {
		deadline.finish();
	}
}

function judge(
	{ statusCode: status, headers, body }: Exclude<Observed, { fault: string }>,
	request: ApiRequest,
	secrets: readonly string[],
): Attempt {
	const answer: HttpAnswer = {
		status,
		headers: headersOf(headers),
		body: typeof body === 'string' ? body : (JSON.stringify(body) ?? ''),
	};
	// The connection broke off behind the headers.
	if (body === undefined && status < 300) {
		return { answer, outcome: outcomeOfFault({ code: 'ECONNRESET', sent: true }) };
	}
	return { answer, outcome: outcomeOfAnswer(answer, request.scope, secrets) };
}
