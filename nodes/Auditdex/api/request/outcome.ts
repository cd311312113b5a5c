import { AuditdexError } from '../errors/auditdexError';
import { isObject } from '../json';
import { jsonOf, type HttpAnswer } from './httpAnswer';
import { describeBody, refusalOf } from '../errors/problemDetails';

/** What came of sending a request once. */
export type Outcome =
	| { kind: 'done'; body: object }
	/** Final: sending it again would be answered the same. */
	| { kind: 'refused'; error: AuditdexError }
	/** Not processed, as the plan's rate limit is used up. */
	| { kind: 'rateLimited'; error: AuditdexError }
	/** Not processed: it didn't reach the service, or not as a whole. */
	| { kind: 'notSent'; error: AuditdexError }
	/** The service has the whole request, and no usable answer tells what it did. */
	| {
			kind: 'unclear';
			error: AuditdexError;
			/** How long the service may still be at work on it, in milliseconds; see `SETTLING`. */
			settlesInMs: number;
			/** Whether it answered with a success, so that the request must not be sent again. */
			accepted: boolean;
	  };

/**
 * How long after an unclear answer the service may still act on the request, in milliseconds (contract,
 * "What is safe to send twice"): its own 500 ends its work; behind a broken connection or a gateway it
 * may go on. Tests shorten them.
 */
export const SETTLING = { ownErrorMs: 1_000, brokenMs: 5_000, timeoutMs: 30_000 };

/** Statuses by which a gateway says that it waited in vain; the last ones are CDNs' own. */
const TIMEOUT_STATUSES = new Set([408, 504, 522, 524, 598, 599]);

/** Why no answer came. */
export interface ConnectionFault {
	/** Node.js's or OpenSSL's code, e.g. `ECONNRESET`. */
	code: string;
	/** False when the API can't have the whole request: token, connection or a part of the body was missing. */
	sent: boolean;
	/** Whether an answer had begun that told of a success. */
	accepted?: boolean;
}

/** What of a request decides how its answer is judged. */
export interface AnsweredRequest {
	/** The OAuth scope that the request needs. */
	scope: string;
	/** Whether every byte of it had left before the answer came. */
	sent: boolean;
	/** Whether its answer has to be a JSON object, as a list may be an array. */
	wantsObject: boolean;
}

/**
 * Judges an answer.
 * @param secrets what must not be shown should the service echo it
 */
export function outcomeOfAnswer(
	answer: HttpAnswer,
	{ scope, sent, wantsObject }: AnsweredRequest,
	secrets: readonly string[],
): Outcome {
	const { status } = answer;
	if (status >= 200 && status < 300) {
		if (!sent) return { kind: 'notSent', error: answeredTooEarly(status) };
		const body = jsonOf(answer);
		if (isObject(body) || (Array.isArray(body) && !wantsObject)) {
			return { kind: 'done', body };
		}
		return {
			kind: 'unclear',
			settlesInMs: SETTLING.brokenMs,
			accepted: true,
			error: AuditdexError.aboutBlank(
				'AUDITDEX sent an answer that could not be read',
				`${describeBody(answer)} Check Base URL in the Auditdex credential, or run the workflow again later.`,
				status,
			),
		};
	}
	const error = refusalOf(answer, scope, secrets);
	if (status === 429) return { kind: 'rateLimited', error };
	if (status !== 408 && status < 500) return { kind: 'refused', error };
	if (!sent) return { kind: 'notSent', error };
	return { kind: 'unclear', settlesInMs: settlesInMs(answer), accepted: false, error };
}

function settlesInMs(answer: HttpAnswer): number {
	if (TIMEOUT_STATUSES.has(answer.status)) return SETTLING.timeoutMs;
	const isOwn = answer.status === 500 && isObject(jsonOf(answer));
	return isOwn ? SETTLING.ownErrorMs : SETTLING.brokenMs;
}

function answeredTooEarly(status: number): AuditdexError {
	return AuditdexError.aboutBlank(
		'AUDITDEX answered before the whole file had been sent',
		'Such an answer is no receipt. Run the workflow again later; if it stays so, check Base URL in the Auditdex credential and the proxies on the way.',
		status,
	);
}

const UNREACHED = new Set([
	'ECONNREFUSED',
	'EHOSTUNREACH',
	'ENETUNREACH',
	'ENOTFOUND',
	'EAI_AGAIN',
]);

/** Judges a request that got no answer. */
export function outcomeOfFault({ code, sent, accepted = false }: ConnectionFault): Outcome {
	const { message, next, final } = explainFault(code);
	const error = AuditdexError.aboutBlank(message, `${next} (${code})`);
	if (final) return { kind: 'refused', error };
	if (!sent || UNREACHED.has(code)) return { kind: 'notSent', error };
	const isTimeout = /TIMEDOUT|TIMEOUT|ECONNABORTED/.test(code);
	const settlesInMs = isTimeout ? SETTLING.timeoutMs : SETTLING.brokenMs;
	return { kind: 'unclear', settlesInMs, accepted, error };
}

function explainFault(code: string): { message: string; next: string; final?: boolean } {
	switch (code) {
		case 'ENOTFOUND':
		case 'EAI_AGAIN':
			return {
				message: 'The host of the base URL could not be found',
				next: 'Check Base URL in the Auditdex credential and the DNS of the machine that runs n8n.',
			};
		case 'ECONNREFUSED':
		case 'EHOSTUNREACH':
		case 'ENETUNREACH':
			return {
				message: 'AUDITDEX could not be reached: the connection was refused',
				next: 'Check Base URL in the Auditdex credential, and that a firewall or proxy lets n8n through.',
			};
		case 'ETIMEDOUT':
		case 'ECONNABORTED':
			return {
				message: 'AUDITDEX did not answer in time',
				next: 'Nothing moved for 60 seconds. Run the workflow again later, or check the network between n8n and AUDITDEX.',
			};
		default:
			if (isTlsFault(code)) {
				return {
					message: 'No secure connection to the base URL could be made',
					next: 'The TLS certificate is not trusted, or the server does not speak TLS. Check Base URL in the Auditdex credential, and whether a proxy replaces certificates.',
					final: true,
				};
			}
			return {
				message: 'The connection to AUDITDEX broke off before it answered',
				next: 'Run the workflow again later, or check the network between n8n and AUDITDEX.',
			};
	}
}

/** OpenSSL's and Node.js's codes for a certificate or protocol that can't be trusted. */
function isTlsFault(code: string): boolean {
	if (/BAD_RECORD_MAC|DECRYPT/.test(code)) return false; // of a connection that worked until then
	return /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|^ERR_(TLS|SSL)|EPROTO/.test(code);
}
