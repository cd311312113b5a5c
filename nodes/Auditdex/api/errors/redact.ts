/** JSON Web Tokens (RFC 7519), whole or cut off behind the header. */
const JSON_WEB_TOKEN = /\beyJ[\w-]{6,}(?:\.[\w-]+)*/g;
/** What an Authorization header has, or a sentence about one. */
const AUTHORIZATION = /\b(?:Bearer|Basic)\s+([\w.~+/=-]+)/gi;
/** A value beside a name for a secret: `client_secret=…`, `"api_key": "…"`, `token …`. */
const NAMED =
	/((?:token|secret|password|passwd|api[_-]?key)s?["']?(\s*[:=]\s*|\s+)(?:is\s+)?["'“‘`]?)([\w.~+/=-]+)/gi;
/** A member that holds a secret, by its name. */
const SECRET_MEMBER =
	/(?:^|[_-])(?:token|secret|password|passwd|api[_-]?key|authorization)$|(?:Token|Secret|Password|ApiKey)$/;

const SHORTEST_SECRET = 4;
const SHORTEST_PASSWORD = 6;
const SHORTEST_TOKEN = 16;
/** Words are shorter, also with hyphens between them. */
const LONGEST_WORD = 31;

/** Whether a value is no word: digits among its letters, capitals amid them, or too long for one. */
function looksRandom(value: string): boolean {
	const mixed = /[a-z]/i.test(value) && /\d/.test(value);
	return mixed || /[a-z][A-Z]/.test(value) || value.length > LONGEST_WORD;
}

/**
 * Takes tokens and the given secrets out of what a server sent back (a careless one may echo what
 * it received), so that nothing shown, logged or output holds one. Words around them stay, as do
 * hashes and IDs, which no name for a secret stands beside.
 */
export function redact<T>(value: T, secrets: readonly string[]): T {
	const spellings = secrets.filter((secret) => secret.length >= SHORTEST_SECRET).flatMap(asSent);
	const hide = (text: string) =>
		hideNamed(
			spellings.reduce((shown, secret) => shown.replaceAll(secret, '***'), hideTokens(text)),
		);
	const walk = (part: unknown, name = ''): unknown => {
		if (typeof part === 'string') {
			const isSecret = SECRET_MEMBER.test(name) && isPassword(part);
			return isSecret ? '***' : hide(part);
		}
		if (Array.isArray(part)) return part.map((inner) => walk(inner, name));
		if (typeof part === 'object' && part !== null) {
			return Object.fromEntries(
				Object.entries(part).map(([inner, member]) => [hide(inner), walk(member, inner)]),
			);
		}
		return part;
	};
	return walk(value) as T;
}

function hideTokens(text: string): string {
	return text
		.replace(AUTHORIZATION, (whole, token: string) =>
			looksRandom(token) && token.length > SHORTEST_PASSWORD ? '***' : whole,
		)
		.replace(JSON_WEB_TOKEN, '***');
}

function hideNamed(text: string): string {
	return text.replace(NAMED, (whole, before: string, between: string, value: string) => {
		const shortest = /[:=]/.test(between) ? SHORTEST_PASSWORD : SHORTEST_TOKEN;
		return looksRandom(value) && value.length >= shortest ? `${before}***` : whole;
	});
}

/** Whether all of a text may be a secret, rather than a sentence or word about one. */
function isPassword(text: string): boolean {
	const isLong = text.length >= SHORTEST_TOKEN || looksRandom(text);
	return text.length >= SHORTEST_PASSWORD && isLong && !/\s/.test(text);
}

/** A secret as it is, and as it looks in the body of a token request and in JSON. */
function asSent(secret: string): string[] {
	const form = new URLSearchParams({ secret }).toString().replace('secret=', '');
	return [
		...new Set([secret, encodeURIComponent(secret), form, JSON.stringify(secret).slice(1, -1)]),
	];
}
