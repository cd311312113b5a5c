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
	body?: RequestBody;
}

/** A body that each attempt builds anew and sends from its start. */
export interface RequestBody {
	/** It calls `onProgress` when it's opened and as bytes move. */
	form(onProgress: () => void): FormData;
	/** Whether the service may have all of it by now. */
	mayBeComplete(): boolean;
	/** Stops what is still being sent. */
	abandon(): void;
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
	const isSent = () => request.body?.mayBeComplete() ?? true;
	const options: IHttpRequestOptions = {
		method: request.method,
		url: request.url,
		qs: request.query,
		body: request.body?.form(() => deadline.touch()),
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
		const sent = isSent();
		if ('unsendable' in answered) {
			return { outcome: { kind: 'refused', error: answered.unsendable } };
		}
		if ('fault' in answered) {
			return { outcome: outcomeOfFault({ code: answered.fault, sent }) };
		}
		const secrets = answered.statusCode < 300 ? [] : (await readCredential(context)).secrets;
		return judge(answered, request, sent, secrets);
	} catch (error) {
		if (cancelled?.aborted) throw cancellation(context.getNode());
		const sent = isSent();
		if (deadline.expired) return { outcome: outcomeOfFault({ code: 'ETIMEDOUT', sent }) };
		const { secrets } = await readCredential(context);
		// What came of the request is observed, not thrown. Here it isn't known.
		if (request.body && sent) return { outcome: outcomeOfFault({ code: 'UNKNOWN', sent }) };
		const { message } = error as Error;
		throw new NodeOperationError(context.getNode(), redact(message, secrets));
	} finally {
		deadline.finish();
		// What is still on its way then must not become a whole file behind our back.
		if (!isSent()) request.body?.abandon();
	}
}

function judge(
	{ statusCode: status, headers, body }: Extract<Observed, { statusCode: number }>,
	request: ApiRequest,
	sent: boolean,
	secrets: readonly string[],
): Attempt {
	const answer: HttpAnswer = {
		status,
		headers: headersOf(headers),
		body: typeof body === 'string' ? body : (JSON.stringify(body) ?? ''),
	};
	if (body === undefined && status < 300) {
		// The connection broke off behind the headers, which told of a success.
		return { answer, outcome: outcomeOfFault({ code: 'ECONNRESET', sent, accepted: true }) };
	}
	const wantsObject = request.body !== undefined;
	const outcome = outcomeOfAnswer(answer, { scope: request.scope, sent, wantsObject }, secrets);
	return { answer, outcome };
}
