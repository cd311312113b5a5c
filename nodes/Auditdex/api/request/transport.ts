import { NodeOperationError, type IHttpRequestOptions } from 'n8n-workflow';

import { AuditdexError } from '../errors/auditdexError';
import { causesOf } from '../errors/causes';
import { cancellation, cancelSignalOf } from './cancellation';
import { CREDENTIAL_TYPE, readCredential, type ApiContext } from '../credential';
import { Deadline, untilAborted } from './deadline';
import type { HttpAnswer } from './httpAnswer';
import { observedContext, type Observed } from './observedContext';
import { outcomeOfAnswer, outcomeOfFault, type Outcome } from './outcome';
import { redact } from '../errors/redact';
import { readTokenFailure } from '../token/tokenFailure';
import { outcomeOfTokenRefusal } from '../token/tokenOutcome';

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
}

/**
 * Sends a request once and judges what came of it. n8n adds the token, and after a 401 gets a new
 * one and sends the request a second time (a WHATWG `FormData` body is read anew for that).
 *
 * Redirects are not followed: they would carry the token away, and n8n would hold the whole body in
 * memory for them.
 * @throws NodeOperationError when the execution is cancelled
 */
export async function attempt(context: ApiContext, request: ApiRequest): Promise<Attempt> {
	const cancelled = cancelSignalOf(context);
	if (cancelled?.aborted) throw cancellation(context.getNode());
	const deadline = new Deadline(cancelled);
	// A request whose body was never opened is not complete, so that nothing can have come of it; nor
	// of one that was refused with its token.
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
	const observed = observedContext(context, deadline.signal, () => (sent = false));
	try {
		const answered: Observed = await untilAborted(
			context.helpers.httpRequestWithAuthentication.call(observed, CREDENTIAL_TYPE, options),
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
		const outcome = outcomeOfThrown(error, request.body !== undefined && sent, secrets);
		if (outcome) return { outcome };
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
		headers: Object.fromEntries(
			Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]),
		),
		body: typeof body === 'string' ? body : (JSON.stringify(body) ?? ''),
	};
	// The connection broke off behind the headers.
	if (body === undefined && status < 300) {
		return { answer, outcome: outcomeOfFault({ code: 'ECONNRESET', sent: true }) };
	}
	return { answer, outcome: outcomeOfAnswer(answer, request.scope, secrets) };
}

/**
 * Judges what n8n threw, which isn't what came of the request: that is observed. As a rule no token
 * was given.
 * @param underWay whether a body was opened, and not refused with its token since
 */
function outcomeOfThrown(
	thrown: unknown,
	underWay: boolean,
	secrets: readonly string[],
): Outcome | undefined {
	const own = causesOf(thrown).find((error) => error instanceof AuditdexError);
	if (own) return { kind: 'refused', error: own };
	if (underWay) return outcomeOfFault({ code: 'UNKNOWN', sent: true });
	const failure = readTokenFailure(thrown);
	if (!failure) return undefined;
	if ('fault' in failure) return outcomeOfFault({ code: failure.fault, sent: false });
	return outcomeOfTokenRefusal(failure, secrets);
}
