import { causesOf } from '../errors/causes';
import type { TokenRefusal } from './tokenOutcome';

/** Why n8n got no token: the token endpoint's answer, or Node.js's code where none came. */
export type TokenFailure = TokenRefusal | { fault: string };

/** The parts that the classes which n8n throws have in common. */
interface Thrown {
	code?: unknown;
	status?: number;
	body?: unknown;
	config?: unknown;
	response?: { status: number; data?: unknown };
	message?: unknown;
	messages?: unknown;
	httpCode?: unknown;
}

/**
 * Finds out of what n8n threw while it got a token why there is none; undefined when that wasn't why.
 */
export function readTokenFailure(thrown: unknown): TokenFailure | undefined {
	for (const error of causesOf(thrown)) {
		const { code, status, body, config, response }: Thrown = error;
		if (code === 'EAUTH' || code === 'ESTATUS') return { status, body };
		if (response && config) return { status: response.status, body: response.data };
		if (typeof code === 'string' && config) return { fault: code };
	}
	return readWords(thrown as Thrown);
}

/** How n8n's OAuth2 client puts the codes of RFC 6749 §5.2 that have a remedy of their own. */
const OAUTH_SENTENCES: ReadonlyArray<[pattern: RegExp, error: string]> = [
	[/Client authentication failed/, 'invalid_client'],
	[/scope is invalid/, 'invalid_scope'],
];

/**
 * Most versions of n8n (1.123, 2.4 and 2.20 among them) drop the cause when they wrap what was thrown.
 * Left are a code in `httpCode`, and words: those of the cause, behind their own.
 */
function readWords({ message, messages, httpCode }: Thrown): TokenFailure | undefined {
	const code = typeof httpCode === 'string' ? httpCode : '';
	const words = [message, ...(Array.isArray(messages) ? (messages as unknown[]) : [])].join('\n');
	const status =
		/^\d{3}$/.exec(code)?.[0] ?? /\b(?:status code|HTTP status) (\d{3})\b/.exec(words)?.[1];
	const oauthError = OAUTH_SENTENCES.find(([pattern]) => pattern.test(words))?.[1];
	if (oauthError) return { status: Number(status) || undefined, body: { error: oauthError } };
	if (status) return { status: Number(status), body: '' };
	if (/socket hang up/.test(words)) return { fault: 'ECONNRESET' };
	const fault = /^[A-Z][A-Z_]+$/.exec(code)?.[0] ?? /\bE[A-Z]{4,}(?:_[A-Z]+)*\b/.exec(words)?.[0];
	if (fault && fault !== 'EAUTH') return { fault };
	if (/certificate|\b(?:SSL|TLS)\b/i.test(words)) return { fault: 'ERR_TLS_HANDSHAKE' };
	if (fault || /access token/.test(words)) return { body: { error_description: String(message) } };
	return undefined;
}
