import { isObject, type JsonObject } from '../json';

/** One member that may speak about paging. */
export interface Member {
	/** As `canonical` has it. */
	name: string;
	/** As the service spells it, for a query parameter of the same name. */
	spelling: string;
	holds: unknown;
}

/** Objects deeper than at the first level are looked into only where their name speaks of paging. */
const PAGING_PLACE = /pag|link|meta|cursor|info|result|data|list|embedded|summary|header|response/;
const DEEPEST = 4;
/** Links and positions of other pages than the next one, and other counts and limits. */
const OTHER_PLACES = /^(self|first|last|prev|previous|current|rate.*|quotas?|usage)$/;
/** Other headers with such names have nothing to do with lists. */
const PAGING_HEADER = /page|total|count|limit|offset|cursor|more|next/;
/** Its members are read as part of the name: `next: { href }`, `total: { value }`. */
const PREFIXES = /^(next(page|link)?|total)$/;

/**
 * A name without case and separators: `next_page_url`, `nextPageUrl` and `NextPageURL` are one, and
 * so are the names that OData and Hydra mark as theirs (`@odata.nextLink`, `hydra:next`).
 */
export function canonical(name: string): string {
	return name
		.toLowerCase()
		.replace(/[^a-z\d]/g, '')
		.replace(/^(odata|hydra)/, '');
}

/**
 * What an answer says beside its list: the body's members, those of the objects in it a few levels
 * down (the outermost first), and the headers that speak about paging in its words.
 * @param around the objects that the list is wrapped in
 */
export function membersOf(
	around: readonly JsonObject[],
	headers: Readonly<Record<string, string | undefined>>,
): Member[] {
	const members: Member[] = [];
	let places = around.slice(0, 1).map((object) => ({ object, place: '' }));
	for (let depth = 0; depth <= DEEPEST; depth++) {
		const deeper: typeof places = [];
		for (const { object, place } of places) {
			for (const [spelling, value] of Object.entries(object)) {
				const name = canonical(spelling);
				members.push({ name: nameIn(place, name), spelling, holds: value });
				if (name.includes('link')) members.push(...linksIn(value));
				if (!isObject(value) || OTHER_PLACES.test(name) || PREFIXES.test(place)) continue;
				const isPlace = depth === 0 || around.includes(value) || PAGING_PLACE.test(name);
				if (isPlace || PREFIXES.test(name)) deeper.push({ object: value, place: name });
			}
		}
		places = deeper;
	}
	return [...members, ...Object.entries(headers).flatMap(inHeader)];
}

/** What a member is called, as its place says more of it. */
function nameIn(place: string, name: string): string {
	if (PREFIXES.test(place)) return place + name;
	if (/^cursors?$/.test(place) && name === 'next') return 'nextcursor';
	if (/^pages?$/.test(place)) {
		if (/^(number|index)$/.test(name)) return 'current';
		// Of pages or of items.
		if (/^(total|count)$/.test(name)) return 'totalofsomething';
	}
	return name;
}

/** `[{ "rel": "next", "href": "…" }]` */
function linksIn(value: unknown): Member[] {
	const links = (Array.isArray(value) ? value : []).filter(isObject);
	return links
		.filter(({ rel, relation }) => (rel ?? relation) === 'next')
		.map(({ href, url, uri }) => ({ name: 'nexturl', spelling: '', holds: href ?? url ?? uri }));
}

/** `X-Total-Count: 61`, `X-Pagination: {"TotalCount":61}`, `Content-Range: items 0-24/61` */
function inHeader([header, value = '']: [string, string | undefined]): Member[] {
	const name = canonical(header.replace(/^x-/, '').replace(/^(pagination|paging)-/, ''));
	if (name === 'contentrange') {
		const total = /\/\s*(\d+)\s*$/.exec(value)?.[1];
		return [{ name: 'total', spelling: '', holds: total }];
	}
	if (/^(pagination|paging)$/.test(name)) return membersOf([parsedObject(value)], {});
	return PAGING_HEADER.test(name) ? [{ name, spelling: '', holds: value }] : [];
}

function parsedObject(text: string): JsonObject {
	try {
		const parsed: unknown = JSON.parse(text);
		return isObject(parsed) ? parsed : {};
	} catch {
		return {};
	}
}
