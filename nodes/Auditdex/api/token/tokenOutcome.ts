import { AuditdexError } from '../errors/auditdexError';
import { causesOf } from '../errors/causes';
import { describeBody, refusalOf, sentences, textIn } from '../errors/problemDetails';
import { redact } from '../errors/redact';
import { isObject } from '../json';
import { readRetryAfter } from '../limits/rateLimitHeaders';
import { headersOf, jsonOf } from '../request/httpAnswer';
import { outcomeOfFault, type Outcome } from '../request/outcome';
import type { Attempt } from '../request/transport';

/** What n8n's OAuth2 client knows when the token endpoint did not give a token. */
export interface TokenRefusal {
	/** HTTP status, where n8n passes it on. */
	status?: number;
	/** The answer's body: an OAuth error response (RFC 6749 §5.2), or text. */
	body: unknown;
}

/**
 * n8n keeps the `Retry-After` of a 429 to itself. Doubling from here, five retries cover half a minute,
 * six a minute.
 */
const UNTOLD_WAIT_MS = 1_000;
const LONGEST_UNTOLD_WAIT_MS = 32_000;

/** Codes of an OAuth error response for what passes by itself (RFC 6749 §4.1.2.1, RFC 8628 §3.5, and others'). */
const PASSING =
	/temporar|unavailable|server_error|slow_down|busy|(?:^|_)(?:rate|limit|too_many|throttl|quota|overload)/i;

/** The parts that the classes in n8n's chain of causes have in common. */
interface Cause {
	code?: unknown;
	status?: number;
	body?: unknown;
	response?: { status: number; headers?: object; data?: unknown };
}

/**
 * Judges what n8n threw instead of getting a token: nothing of the request itself has been sent.
 * @param faultsBefore how many there were in a row until now
 */
export function outcomeOfTokenFault(
	thrown: unknown,
	secrets: readonly string[],
	faultsBefore: number,
): Attempt {
	for (const cause of causesOf(thrown)) {
		const { code, status, body, response }: Cause = cause;
		if (code === 'EAUTH' || code === 'ESTATUS') {
			const outcome = outcomeOfTokenRefusal({ status, body }, secrets);
			if (!('error' in outcome) || outcome.error.httpStatus !== 429) return { outcome };
			const untold = Math.min(LONGEST_UNTOLD_WAIT_MS, UNTOLD_WAIT_MS * 2 ** faultsBefore);
			return { outcome, waitMs: untold };
		}
		if (response) {
			const refusal = { status: response.status, body: response.data };
			return {
				outcome: outcomeOfTokenRefusal(refusal, secrets),
				waitMs: readRetryAfter(headersOf(response.headers)),
			};
		}
		if (typeof code === 'string') return { outcome: outcomeOfFault({ code, sent: false }) };
	}
	const detail = redact(thrown instanceof Error ? thrown.message : String(thrown), secrets);
	const error = AuditdexError.aboutBlank(
		titleOf(undefined),
		sentences([detail, nextStepOf(undefined)]),
	);
	return { outcome: { kind: 'notSent', error } };
}

/** Judges an answer that n8n took for a token and stored, though it holds none: the next may hold one. */
export function outcomeWithoutToken(answer: unknown, secrets: readonly string[]): Outcome {
	if (isObject(answer) && typeof answer.error === 'string') {
		const { error, error_description } = answer;
		return outcomeOfTokenRefusal({ body: { error, error_description } }, secrets);
	}
	const error = AuditdexError.aboutBlank(
		'AUDITDEX answered without an access token',
		'Check Base URL in the Auditdex credential, or run the workflow again later.',
	);
	return { kind: 'notSent', error };
}

/**
 * Judges an answer of the token endpoint that gave no token. One that can't be read may be another the
 * next time.
 */
export function outcomeOfTokenRefusal(refusal: TokenRefusal, secrets: readonly string[]): Outcome {
	const text =
		typeof refusal.body === 'string' ? refusal.body : (JSON.stringify(refusal.body) ?? '');
	const body = jsonOf({ status: 0, headers: {}, body: text });
	const members = isObject(body) ? body : {};
	const status = refusal.status ?? statusIn(members);
	const title = titleOf(members.error);
	const detail =
		body === undefined
			? describeBody({ status, headers: {}, body: text })
			: members.error_description;
	const answer = { status, headers: {}, body: JSON.stringify({ title, detail, ...members }) };
	const error = refusalOf(answer, 'of the credential', secrets);
	if (status < 300 || status === 408 || status === 429 || status >= 500) {
		return { kind: 'notSent', error };
	}
	const { problem } = error;
	const description = sentences([textIn(problem?.detail), nextStepOf(members.error)]);
	return {
		kind: 'refused',
		error: new AuditdexError(title, { description, problem, httpStatus: status }),
	};
}

/** The status of an answer of which n8n passes on its members alone. */
function statusIn({ error, status }: Record<string, unknown>): number {
	if (Number(status) >= 300) return Number(status);
	if (PASSING.test(textIn(error))) return 429;
	return error === undefined || error === 'invalid_client' ? 401 : 400;
}

function titleOf(error: unknown): string {
	switch (error) {
		case 'invalid_client':
			return 'AUDITDEX refused the client ID or client secret';
		case 'invalid_scope':
			return 'AUDITDEX does not grant the scope that the credential asks for';
		default:
			return 'AUDITDEX gave no access token';
	}
}

function nextStepOf(error: unknown): string {
	switch (error) {
		case 'invalid_client':
			return 'Open the Auditdex credential and enter Client ID and Client Secret again.';
		case 'invalid_scope':
			return 'Correct Scope in the Auditdex credential, or ask your AUDITDEX administrator to grant it.';
		default:
			return 'Open the Auditdex credential and check Client ID, Client Secret, Base URL and Scope.';
	}
}
