import { NodeOperationError, type IHttpRequestOptions } from 'n8n-workflow';

import { AuditdexError } from '../errors/auditdexError';
import { cancellation, cancelSignalOf } from './cancellation';
import { CREDENTIAL_TYPE, readCredential, type ApiContext } from '../credential';
import { Deadline, untilAborted } from './deadline';
import type { HttpAnswer } from './httpAnswer';
import { outcomeOfAnswer, outcomeOfFault, type Outcome } from './outcome';
import { redact } from '../errors/redact';
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
		// `ignoreHttpStatusErrors` stays unset: n8n renews the token where a 401 is thrown, and before 2.0
		// it could only be told to throw for all refusals or for none.
		// n8n's own limit counts from the start and would cut long uploads; the deadline doesn't.
		timeout: 0,
		abortSignal: deadline.signal,
	};
	try {
		const response: { statusCode: number; headers: object; body: unknown } = await untilAborted(
			context.helpers.httpRequestWithAuthentication.call(
				withSignal(context, deadline.signal),
				CREDENTIAL_TYPE,
				options,
			),
			deadline.signal,
		);
		const { statusCode: status, headers, body: data } = response;
		const secrets = status < 300 ? [] : (await readCredential(context)).secrets;
		return judge({ status, headers, data }, request, secrets);
	} catch (error) {
		if (cancelled?.aborted) throw cancellation(context.getNode());
		if (deadline.expired) return { outcome: outcomeOfFault({ code: 'ETIMEDOUT', sent }) };
		const { secrets } = await readCredential(context);
		const explained = explain(error, request, sent, secrets);
		if (explained) return explained;
		const { message } = error as Error;
		throw new NodeOperationError(context.getNode(), redact(message, secrets));
	} finally {
		deadline.finish();
	}
}

/**
 * n8n's helper replaces the request's abort signal by the execution's, taken from the context it is
 * called on; this context has one that also ends when the deadline does.
 */
function withSignal<T extends ApiContext>(context: T, signal: AbortSignal): T {
	return Object.create(context, {
		getExecutionCancelSignal: { value: () => signal },
	}) as T;
}

interface RawAnswer {
	status: number;
	headers?: object;
	data?: unknown;
}

function judge(raw: RawAnswer, request: ApiRequest, secrets: readonly string[]): Attempt {
	const answer: HttpAnswer = {
		status: raw.status,
		headers: Object.fromEntries(
			Object.entries(raw.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]),
		),
		body: typeof raw.data === 'string' ? raw.data : (JSON.stringify(raw.data) ?? ''),
	};
	// The connection broke off behind the headers.
	if (raw.data === undefined && raw.status < 300) {
		return { answer, outcome: outcomeOfFault({ code: 'ECONNRESET', sent: true }) };
	}
	return { answer, outcome: outcomeOfAnswer(answer, request.scope, secrets) };
}

/** The parts that the classes in n8n's chain of causes have in common. */
interface Cause {
	code?: string;
	status?: number;
	body?: unknown;
	config?: { url?: string };
	response?: RawAnswer;
	cause?: unknown;
}

/** Finds out of what n8n threw whether the request got an answer, or why it got none. */
function explain(
	thrown: unknown,
	request: ApiRequest,
	sent: boolean,
	secrets: readonly string[],
): Attempt | undefined {
	for (let error = thrown; typeof error === 'object' && error !== null; ) {
		if (error instanceof AuditdexError) return { outcome: { kind: 'refused', error } };
		const { code, status, body, config, response, cause }: Cause = error;
		if (code === 'EAUTH' || code === 'ESTATUS') {
			return { outcome: outcomeOfTokenRefusal({ status, body }, secrets) };
		}
		const ownRequest = config?.url === request.url;
		if (response?.status !== undefined && config) {
			return ownRequest
				? judge(response, request, secrets)
				: {
						outcome: outcomeOfTokenRefusal(
							{ status: response.status, body: response.data },
							secrets,
						),
					};
		}
		if (typeof code === 'string' && config) {
			return { outcome: outcomeOfFault({ code, sent: sent && ownRequest }) };
		}
		error = cause;
	}
	return undefined;
}
