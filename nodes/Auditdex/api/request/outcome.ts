import { AuditdexError } from '../errors/auditdexError';
import { jsonOf, type HttpAnswer } from './httpAnswer';
import { describeBody, refusalOf } from '../errors/problemDetails';

/** What came of sending a request once. */
export type Outcome =
	| { kind: 'done'; body: object }
	/** Final: sending it again would be answered the same. */
	| { kind: 'refused'; error: AuditdexError }
	/** Not processed, as the plan's rate limit is used up. */
	| { kind: 'rateLimited'; error: AuditdexError }
	/** No usable answer. `processed` says whether the service may have acted on the request. */
	| { kind: 'unavailable'; error: AuditdexError; processed: 'no' | 'maybe' };

/** Why no answer came. */
export interface ConnectionFault {
	/** Node.js's or OpenSSL's code, e.g. `ECONNRESET`. */
	code: string;
	/** False when the request can't have reached the API: the token or the connection was missing. */
	sent: boolean;
}

/**
 * Judges an answer.
 * @param scope the OAuth scope the request needs
 * @param secrets what must not be shown should the service echo it
 */
export function outcomeOfAnswer(
	answer: HttpAnswer,
	scope: string,
	secrets: readonly string[],
): Outcome {
	const { status } = answer;
	if (status >= 200 && status < 300) {
		const body = jsonOf(answer);
		if (typeof body === 'object' && body !== null) return { kind: 'done', body };
		return {
			kind: 'unavailable',
			processed: 'maybe',
			error: AuditdexError.aboutBlank(
				'AUDITDEX sent an answer that could not be read',
				`${describeBody(answer)} Check Base URL in the Auditdex credential, or run the workflow again later.`,
				status,
			),
		};
	}
	const error = refusalOf(answer, scope, secrets);
	if (status === 429) return { kind: 'rateLimited', error };
	if (status === 408 || status >= 500) return { kind: 'unavailable', processed: 'maybe', error };
	return { kind: 'refused', error };
}

const UNREACHED = new Set([
	'ECONNREFUSED',
	'EHOSTUNREACH',
	'ENETUNREACH',
	'ENOTFOUND',
	'EAI_AGAIN',
]);

/** Judges a request that got no answer. */
export function outcomeOfFault({ code, sent }: ConnectionFault): Outcome {
	const { message, next, final } = explainFault(code);
	const error = AuditdexError.aboutBlank(message, `${next} (${code})`);
	if (final) return { kind: 'refused', error };
	return { kind: 'unavailable', processed: sent && !UNREACHED.has(code) ? 'maybe' : 'no', error };
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
	return /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|^ERR_(TLS|SSL)|EPROTO/.test(code);
}
