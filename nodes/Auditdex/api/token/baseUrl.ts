import { AuditdexError } from '../errors/auditdexError';

/**
 * Base URLs that a client secret may be sent to: any https host, http on loopback only (contract).
 * No user info, so that nothing before an `@` can pass for the host. Group 1 is the origin.
 * The credential builds its token URL expression from the same pattern.
 */
export const BASE_URL_PATTERN =
	/^(https:\/\/[^/?#@\\\s]+|http:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?)(?:\/[^?#\s]*)?$/i;

/**
 * Checks the credential's base URL and returns it without a trailing slash.
 * @throws AuditdexError when requests, and with them the token, could travel unprotected
 */
export function parseBaseUrl(baseUrl: string): string {
	if (!BASE_URL_PATTERN.test(baseUrl) || !URL.canParse(baseUrl)) {
		throw new AuditdexError(
			'The base URL in the Auditdex credential must be a plain https:// address',
			{
				description:
					"Open the credential and correct 'Base URL', e.g. https://api.augixsys.com/v1, without user name, spaces, “?” or “#”. Plain http:// is accepted for this computer only (localhost).",
			},
		);
	}
	return baseUrl.replace(/\/+$/, '');
}
