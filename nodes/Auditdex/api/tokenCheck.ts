import { createHash } from 'crypto';

import { AuditdexError } from './auditdexError';

/** The parts of the credential that a token is issued for, and the token that n8n keeps of it. */
export interface TokenCredential {
	accessTokenUrl: string;
	clientId: string;
	clientSecret: string;
	scope: string;
	oauthTokenData?: TokenData;
}

/** A token response (RFC 6749 §5.1) as n8n stores it. */
export interface TokenData {
	access_token?: string;
	expires_in?: number | string;
	/** Left out where it is what was asked for. */
	scope?: string;
	/** Epoch milliseconds, added by n8n. */
	n8n_expires_at?: string;
	[member: string]: unknown;
}

/**
 * Asks the token endpoint. Resolves to undefined where it could not answer (network, 5xx).
 * @throws AuditdexError when it refuses
 */
export type RequestToken = (credential: TokenCredential) => Promise<TokenData | undefined>;

const JUST_ISSUED_MS = 2_000;
const CREDENTIALS_KEPT = 1_000;

/** Digests of the combinations of client, secret and scope that the service has accepted. */
const accepted = new Set<string>();
/** By the same digests, what the token endpoint answered; parallel requests share one answer. */
const answers = new Map<string, Promise<TokenData | undefined>>();

/**
 * Finds out at once what n8n would find out within the hour. n8n keeps using the token it has when
 * the credential is changed, so a wrong secret would pass the credential's test and fail at night,
 * and a corrected scope would still be refused. Each new combination of client, secret and scope is
 * therefore tried once a process, unless n8n has just got a token with it.
 *
 * @returns the token to use instead of the stored one, where that one lacks a scope
 * @throws AuditdexError when the service refuses the client, or grants less than the scope asked for
 */
export async function checkToken(
	credential: TokenCredential,
	requestToken: RequestToken,
	now: number = Date.now(),
): Promise<TokenData | undefined> {
	const stored = credential.oauthTokenData ?? {};
	const suffices = missingScopes(credential, stored).length === 0;
	const key = keyOf(credential);
	if (suffices && (accepted.has(key) || issuedJustNow(stored, now))) {
		accepted.add(key);
		return undefined;
	}
	const token = await answerOnce(key, now, async () => await requestToken(credential));
	if (token === undefined) return undefined; // nothing learned; the request itself will tell
	accepted.add(key);
	if (suffices) return undefined;
	const missing = missingScopes(credential, token);
	if (missing.length > 0) throw notGranted(missing);
	return token;
}

async function answerOnce(
	key: string,
	now: number,
	ask: () => Promise<TokenData | undefined>,
): Promise<TokenData | undefined> {
	const known = await answers.get(key);
	if (known && expiryOf(known, now) > now) return known;

	if (answers.size >= CREDENTIALS_KEPT) answers.clear();
	const answer = ask().then(
		(issued) => issued && { ...issued, n8n_expires_at: String(expiryOf(issued, now)) },
	);
	answers.set(key, answer);
	const forget = () => answers.delete(key);
	void answer.then((token) => token ?? forget(), forget); // only a token is worth keeping
	return await answer;
}

function keyOf({ accessTokenUrl, clientId, clientSecret, scope }: TokenCredential): string {
	return createHash('sha256')
		.update(JSON.stringify([accessTokenUrl, clientId, clientSecret, scope]))
		.digest('base64');
}

function scopesOf(text: string): string[] {
	return text.split(/\s+/).filter(Boolean);
}

function missingScopes(
	{ scope }: TokenCredential,
	{ scope: granted = scope }: TokenData,
): string[] {
	const all = new Set(scopesOf(granted));
	return scopesOf(scope).filter((wanted) => !all.has(wanted));
}

function issuedJustNow(
	{ n8n_expires_at: expiresAt, expires_in: lifetime }: TokenData,
	now: number,
) {
	const issuedAt = Number(expiresAt ?? NaN) - Number(lifetime ?? NaN) * 1_000;
	return Math.abs(now - issuedAt) < JUST_ISSUED_MS;
}

function expiryOf({ n8n_expires_at: expiresAt, expires_in: lifetime }: TokenData, now: number) {
	return Number(expiresAt ?? now + Number(lifetime ?? 0) * 1_000);
}

function notGranted(missing: string[]): AuditdexError {
	const title = `AUDITDEX did not grant the scope ${missing.join(' ')}`;
	const detail =
		'Ask your AUDITDEX administrator to grant it to this API client, or remove it from Scope in the Auditdex credential.';
	return new AuditdexError(title, {
		description: detail,
		problem: { type: 'about:blank', title, status: 403, detail },
	});
}
