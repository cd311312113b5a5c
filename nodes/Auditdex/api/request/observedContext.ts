import type { IHttpRequestOptions } from 'n8n-workflow';

import type { ApiContext } from '../credential';
import { AuditdexError } from '../errors/auditdexError';
import { withHttpRequest } from './withHttpRequest';

/** What came of the request itself: an answer as received, or why there was none. */
export type Observed =
	| { statusCode: number; headers?: object; body?: unknown }
	/** Node.js's or OpenSSL's code, e.g. `ECONNRESET`. */
	| { fault: string }
	/** The body itself said that it can't be sent: its file can't be read, or changed. */
	| { unsendable: AuditdexError };

/** The parts of what n8n's HTTP client throws that say what happened. */
interface ClientError {
	code?: unknown;
	config?: unknown;
	response?: { status: number; headers?: object; data?: unknown };
	cause?: unknown;
}

/**
 * A context to call n8n's `httpRequestWithAuthentication` on, which then gives what came of the
 * request as `Observed`, whatever it was. Throwing is left to what happens before the request: the
 * credential can't be read.
 *
 * n8n sends a request through the `httpRequest` of the context's helpers. What that throws is taken
 * here, as most versions of n8n drop the cause when they wrap it: no answer, headers or code could be
 * found in it (seen in 1.123, 2.4 and 2.20). A 401 doesn't get as far as n8n either, whose renewal
 * differs between versions; see `AccessTokens`.
 * @param signal ends the request; n8n's helper replaces the request's own by the context's
 */
export function observedContext<T extends ApiContext>(context: T, signal: AbortSignal): T {
	const { helpers } = context;
	const httpRequest = async (options: IHttpRequestOptions): Promise<unknown> =>
		await helpers.httpRequest(options).catch((thrown: ClientError): Observed => {
			const unsendable = [thrown, thrown.cause].find((error) => error instanceof AuditdexError);
			if (unsendable) return { unsendable };
			const { code, config, response } = thrown;
			if (response) {
				const { status: statusCode, headers, data: body } = response;
				return { statusCode, headers, body };
			}
			if (config && typeof code === 'string') return { fault: code };
			throw thrown;
		});
	return Object.create(withHttpRequest(context, httpRequest), {
		getExecutionCancelSignal: { value: () => signal },
	}) as T;
}
