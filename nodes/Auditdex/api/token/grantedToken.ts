import { AuditdexError } from '../errors/auditdexError';
import { isObject, type JsonObject } from '../json';

/**
 * The mark of a credential whose token the node looks after itself: it needs one scope at a time, and
 * learns from the API whether the token has it.
 */
export const LOOKED_AFTER = { auditdexNodeLooksAfterToken: true };

/** Scopes as an answer or the credential names them: separated by blanks (RFC 6749 §3.3), or as others do it. */
function scopesOf(scopes: unknown): string[] {
	const text = Array.isArray(scopes) ? scopes.join(' ') : String(scopes ?? '');
	return text.split(/[\s,]+/).filter(Boolean);
}

/** The access token in an answer of the token endpoint; undefined where it has none that can be sent. */
export function accessTokenIn(answer: unknown): string | undefined {
	const token = isObject(answer) ? answer.access_token : undefined;
	return typeof token === 'string' && token !== '' ? token : undefined;
}

/**
 * The scopes that were asked for and not granted. The service may grant less (RFC 6749 §3.3) and then
 * names what it granted; where it names none, all of it was granted (§5.1).
 */
function missingScopes({ scope: granted }: JsonObject, asked: unknown): string[] {
	if (typeof granted !== 'string' && !Array.isArray(granted)) return [];
	const has = new Set(scopesOf(granted));
	return scopesOf(asked).filter((scope) => !has.has(scope));
}

/**
 * An answer of the token endpoint that has a token with every scope that was asked for.
 * @throws AuditdexError that says what is missing
 */
export function grantedToken(answer: unknown, asked: unknown): JsonObject {
	if (!isObject(answer) || accessTokenIn(answer) === undefined) {
		throw new AuditdexError(
			"AUDITDEX answered without an access token; check 'Base URL' in the Auditdex credential",
		);
	}
	const missing = missingScopes(answer, asked);
	if (missing.length === 0) return answer;
	throw new AuditdexError(
		`AUDITDEX did not grant the scope ${missing.join(' ')}; ask your AUDITDEX administrator to grant it to this API client, or remove it from Scope in the credential`,
	);
}
