import { PartialListError } from './partialList';

/**
 * The address of a page, resolved against the one that leads to it. Services behind a proxy often
 * believe that they are reached by `http:`; on the same host that is taken as `https:` (contract).
 * @throws PartialListError when it is on another origin, which must not get the token
 */
export function sameOrigin(next: string, current: string): string {
	const { protocol, origin } = new URL(current);
	const url = URL.canParse(next, current) ? new URL(next, current) : undefined;
	if (url?.protocol === 'http:' && protocol === 'https:') url.protocol = protocol;
	if (url?.origin !== origin || url.username || url.password) {
		throw new PartialListError(
			'its next page lies on another server',
			'It was not fetched, as that would hand your access token to that server. Check Base URL in the Auditdex credential, or contact support@augixsys.com.',
		);
	}
	return url.href;
}
