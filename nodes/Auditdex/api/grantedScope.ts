import { AuditdexError } from './auditdexError';

const scopesOf = (text: string) => text.split(/\s+/).filter(Boolean);

/**
 * Checks that a token has every scope that was asked for. The service may grant less (RFC 6749 §3.3)
 * and then names what it granted; where it names none, all of it was granted (§5.1).
 * @throws AuditdexError that names the missing scopes
 */
export function assertGranted(asked: string, granted: unknown): void {
	if (typeof granted !== 'string') return;
	const has = new Set(scopesOf(granted));
	const missing = scopesOf(asked).filter((scope) => !has.has(scope));
	if (missing.length === 0) return;
	const title = `AUDITDEX did not grant the scope ${missing.join(' ')}`;
	const next =
		'ask your AUDITDEX administrator to grant it to this API client, or remove it from Scope in the credential';
	// The credential's test shows the message alone, so it says what to do as well.
	throw new AuditdexError(`${title}; ${next}`, {
		problem: { type: 'about:blank', title, status: 403, detail: next },
	});
}
