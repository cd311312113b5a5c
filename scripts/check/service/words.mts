import type { Outcome } from './rules.mts';

/** What the node would tell the user of an outcome. */
export function sentenceOf(outcome: Outcome): string {
	if (!('error' in outcome)) return '';
	const { message, description = '' } = outcome.error;
	return `${message.replace(/[^.!?]$/, '$&.')} ${description}`.trim();
}

/** How many of something, with a plural where it needs one. */
export function count(number: number, what: string): string {
	return `${number} ${what}${number === 1 ? '' : 's'}`;
}

/** Names of members; others could be names of people or files, as where objects go by file name. */
const MEMBER = /^[@$]?[A-Za-z_][\w-]{0,39}$/;

/**
 * Where in a value something stands, as a path of members' names: `meta.pagination`. Of what isn't a
 * member's name only a star is shown.
 */
export function pathTo(
	value: unknown,
	matches: (part: unknown, name: string) => boolean,
	depth = 6,
): string | undefined {
	let places: Array<{ part: unknown; path: string[] }> = [{ part: value, path: [] }];
	for (let level = 0; level <= depth && places.length > 0; level++) {
		const found = places.find(({ part, path }) => matches(part, path.at(-1) ?? ''));
		if (found) return found.path.map((name) => (MEMBER.test(name) ? name : '*')).join('.');
		places = places.flatMap(({ part, path }) =>
			typeof part === 'object' && part !== null && !Array.isArray(part)
				? Object.entries(part).map(([name, inner]) => ({ part: inner, path: [...path, name] }))
				: [],
		);
	}
	return undefined;
}
