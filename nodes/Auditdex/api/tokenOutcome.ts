import { AuditdexError } from './auditdexError';
import type { HttpAnswer } from './httpAnswer';
import type { Outcome } from './outcome';
import { refusalOf } from './problemDetails';
import { redact } from './redact';

/** What n8n's OAuth2 client knows when the token endpoint did not give a token. */
export interface TokenRefusal {
	/** HTTP status, where n8n passes it on. */
	status?: number;
	/** The answer's body: an OAuth error response (RFC 6749 §5.2), or text. */
	body: unknown;
}

/** Judges a refused token request: nothing of the request itself has been sent. */
export function outcomeOfTokenRefusal(refusal: TokenRefusal, secrets: readonly string[]): Outcome {
	const body = redact(
		typeof refusal.body === 'string' ? parse(refusal.body) : refusal.body,
		secrets,
	);
	const members = typeof body === 'object' && body !== null ? { ...body } : {};
	const { error, error_description: detail }: { error?: unknown; error_description?: unknown } =
		members;
	const status = refusal.status ?? Number('status' in members ? members.status : 401);
	const answer: HttpAnswer = {
		status,
		headers: {},
		body: JSON.stringify({ title: titleOf(error), detail, ...members }),
	};
	if (status === 429 || status >= 500) {
		return {
			kind: 'unavailable',
			processed: 'no',
			error: refusalOf(answer, 'of the credential', secrets),
		};
	}
	const { problem } = refusalOf(answer, '', secrets);
	return {
		kind: 'refused',
		error: new AuditdexError(titleOf(error), {
			description: [problem?.detail, nextStepOf(error)].filter(Boolean).join(' '),
			problem,
		}),
	};
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
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
