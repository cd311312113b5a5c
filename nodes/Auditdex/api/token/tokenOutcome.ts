import { AuditdexError } from '../errors/auditdexError';
import { jsonOf } from '../request/httpAnswer';
import type { Outcome } from '../request/outcome';
import { describeBody, refusalOf, sentences, textIn } from '../errors/problemDetails';

/** What n8n's OAuth2 client knows when the token endpoint did not give a token. */
export interface TokenRefusal {
	/** HTTP status, where n8n passes it on. */
	status?: number;
	/** The answer's body: an OAuth error response (RFC 6749 §5.2), or text. */
	body: unknown;
}

interface OAuthErrorResponse {
	error?: unknown;
	error_description?: unknown;
	status?: unknown;
}

/**
 * Judges a token request that gave no token: nothing of the request itself has been sent. An answer
 * that can't be read may be another one the next time.
 */
export function outcomeOfTokenRefusal(refusal: TokenRefusal, secrets: readonly string[]): Outcome {
	const text =
		typeof refusal.body === 'string' ? refusal.body : (JSON.stringify(refusal.body) ?? '');
	const body = jsonOf({ status: 0, headers: {}, body: text });
	const members: OAuthErrorResponse = typeof body === 'object' && body !== null ? body : {};
	const usual = members.error === undefined || members.error === 'invalid_client' ? 401 : 400;
	const status = refusal.status ?? (Number(members.status) || usual);
	const title = titleOf(members.error);
	const detail =
		body === undefined
			? describeBody({ status, headers: {}, body: text })
			: members.error_description;
	const answer = { status, headers: {}, body: JSON.stringify({ title, detail, ...members }) };
	const error = refusalOf(answer, 'of the credential', secrets);
	if (status < 300 || status === 429 || status >= 500) {
		return { kind: 'unavailable', processed: 'no', error };
	}
	const { problem } = error;
	const description = sentences([textIn(problem?.detail), nextStepOf(members.error)]);
	return {
		kind: 'refused',
		error: new AuditdexError(title, { description, problem, httpStatus: status }),
	};
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
