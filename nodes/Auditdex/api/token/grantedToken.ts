import { AuditdexError } from '../errors/auditdexError';

/** What n8n keeps of a token response. */
export interface GrantedToken {
	access_token?: unknown;
	scope?: unknown;
}

const scopesOf = (text: string) => text.split(/\s+/).filter(Boolean);

/**
 * Checks that a token is there and has every scope that was asked for. The service may grant less
 * (RFC 6749 §3.3) and then names what it granted; where it names none, all of it was granted (§5.1).
 * @throws AuditdexError that says what is missing
 */
export function assertGranted(token: GrantedToken, asked: string): void {
	if (typeof token.access_token !== 'string' || token.access_token === '') {
		throw refusal(
			'AUDITDEX answered without an access token',
			'check Base URL in the Auditdex credential and save it again',
			401,
		);
	}
	if (typeof token.scope !== 'string') return;
	const has = new Set(scopesOf(token.scope));
	const missing = scopesOf(asked).filter((scope) => !has.has(scope));
	if (missing.length === 0) return;
	throw refusal(
		`AUDITDEX did not grant the scope ${missing.join(' ')}`,
		'ask your AUDITDEX administrator to grant it to this API client, or remove it from Scope in the credential',
		403,
	);
}

/** The credential's test shows the message alone, so it says what to do as well. */
function refusal(title: string, next: string, status: number): AuditdexError {
	return new AuditdexError(`${title}; ${next}`, {
		problem: { type: 'about:blank', title, status, detail: next },
	});
}
