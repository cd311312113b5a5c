const TOKENS = /\bBearer\s+\S+|\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?/gi;
const SHORTEST_SECRET = 4;

/**
 * Takes tokens and the given secrets out of what a server sent back (a careless one may echo what
 * it received), so that nothing shown, logged or output holds one.
 */
export function redact<T>(value: T, secrets: readonly string[]): T {
	const spellings = secrets.filter((secret) => secret.length >= SHORTEST_SECRET).flatMap(asSent);
	const hide = (text: string) =>
		spellings.reduce(
			(shown, secret) => shown.replaceAll(secret, '***'),
			text.replace(TOKENS, '***'),
		);
	const walk = (part: unknown): unknown => {
		if (typeof part === 'string') return hide(part);
		if (Array.isArray(part)) return part.map(walk);
		if (typeof part === 'object' && part !== null) {
			return Object.fromEntries(
				Object.entries(part).map(([name, inner]) => [hide(name), walk(inner)]),
			);
		}
		return part;
	};
	return walk(value) as T;
}

/** A secret as it is, and as it looks in the body of a token request and in JSON. */
function asSent(secret: string): string[] {
	const form = new URLSearchParams({ secret }).toString().replace('secret=', '');
	return [
		...new Set([secret, encodeURIComponent(secret), form, JSON.stringify(secret).slice(1, -1)]),
	];
}
