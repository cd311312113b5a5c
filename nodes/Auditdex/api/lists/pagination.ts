import { createHash } from 'crypto';

import { AuditdexError } from '../errors/auditdexError';
import { isObject, type JsonObject } from '../json';

/** What to ask for to get a page: another address, or more query parameters for the first one. */
export type PageRequest = { url: string } | { query: Record<string, string | number> };

export interface Page {
	items: JsonObject[];
	/** Undefined on the last page. */
	next?: PageRequest;
	/** True when the service says that more follows, but not where. */
	cutOff?: boolean;
}

const LIST_KEYS = ['data', 'engagements', 'items', 'results'];
/** Where services put what they say about paging: beside the list, or in one of these. */
const PAGING_KEYS = ['links', '_links', 'pagination', 'paging', 'meta'];
const NEXT_URL_KEYS = ['next', 'next_url', 'next_page_url'];
/** Body member → query parameter that it's sent back as. */
const CURSORS: ReadonlyArray<readonly [member: string, parameter: string]> = [
	['next_cursor', 'cursor'],
	['next_page_token', 'page_token'],
];
const PAGE_SIZE_PARAMETERS = ['limit', 'per_page', 'page_size'];

/**
 * Reads one page of a list whatever pagination the service uses, looking in the contract's order:
 * RFC 8288 `Link`, a next URL in the body, a cursor, page numbers.
 * @param url the address this page came from; a relative next URL is resolved against it
 * @throws AuditdexError when the body holds no list, or the next page is on another origin
 */
export function readPage(
	body: unknown,
	headers: Readonly<Record<string, string | undefined>>,
	url: string,
): Page {
	const items = listIn(body);
	const nextUrl = linkedNext(headers.link) ?? nextUrlIn(body);
	if (nextUrl !== undefined) return { items, next: { url: sameOrigin(nextUrl, url) } };
	if (!isObject(body)) return { items };
	const query = cursorIn(body) ?? nextPageIn(body);
	if (query) return { items, next: { query } };
	return saysMore(body) ? { items, cutOff: true } : { items };
}

function listIn(body: unknown): JsonObject[] {
	const lists = Array.isArray(body)
		? [body]
		: isObject(body)
			? LIST_KEYS.map((key) => body[key]).filter(Array.isArray)
			: [];
	const list = lists.length === 1 ? lists[0] : undefined;
	if (!list?.every(isObject)) {
		throw AuditdexError.aboutBlank(
			'AUDITDEX sent no list where one was expected',
			'Check Base URL in the Auditdex credential; it should end in /v1 and lead to the AUDITDEX API.',
		);
	}
	return list;
}

/** One parameter of a link: its name, and its value with or without quotes (RFC 8288 §3). */
const LINK_PARAMETER = /\s*;\s*([^\s=;,"]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?/;
const LINK = new RegExp(`<([^>]*)>((?:${LINK_PARAMETER.source})*)`, 'g');

/** The target of `rel="next"` in a Link header; of several `rel` the first counts (RFC 8288 §3.3). */
function linkedNext(header: string | undefined): string | undefined {
	for (const [, target, parameters = ''] of (header ?? '').matchAll(LINK)) {
		const [rel] = [...parameters.matchAll(new RegExp(LINK_PARAMETER, 'g'))].filter(
			([, name]) => name?.toLowerCase() === 'rel',
		);
		const relations = (rel?.[2] ?? rel?.[3] ?? '').toLowerCase().split(/\s+/);
		if (relations.includes('next')) return target;
	}
	return undefined;
}

/** The body itself and the objects in it that may speak about paging. */
function pagingObjects(body: JsonObject): JsonObject[] {
	return [body, ...PAGING_KEYS.map((key) => body[key]).filter(isObject)];
}

/** What the body holds under the names for a next URL, links as objects with `href` included. */
function nextIn(body: JsonObject): unknown[] {
	return pagingObjects(body).flatMap((place) =>
		NEXT_URL_KEYS.map((key) => place[key]).map((next) => (isObject(next) ? next.href : next)),
	);
}

/** An absolute URL, a path or a query; other text could be anything. */
const isUrl = (value: unknown): value is string =>
	typeof value === 'string' && /^(?:[a-z][a-z\d+.-]*:|[/?])|\?/i.test(value);

function nextUrlIn(body: unknown): string | undefined {
	return isObject(body) ? nextIn(body).find(isUrl) : undefined;
}

/** Whether something follows although no way to it was recognised: better to say so than lose it. */
function saysMore(body: JsonObject): boolean {
	return (
		pagingObjects(body).some((place) => place.has_more === true) ||
		nextIn(body).some((next) => (typeof next === 'string' && next !== '') || Number(next) > 0)
	);
}

function cursorIn(body: JsonObject): Record<string, string> | undefined {
	const places = pagingObjects(body);
	if (places.some((place) => place.has_more === false)) return undefined;
	for (const [member, parameter] of CURSORS) {
		for (const place of places) {
			const value = place[member];
			// 0 would lead back to the start: some services say with it that the list ends.
			if ((typeof value === 'string' || typeof value === 'number') && !/^0?$/.test(`${value}`)) {
				return { [parameter]: String(value) };
			}
		}
	}
	return undefined;
}

function nextPageIn(body: JsonObject): Record<string, number> | undefined {
	for (const { page, total_pages: total, has_more: more } of pagingObjects(body)) {
		const current = Number(page ?? NaN);
		if (!Number.isInteger(current)) continue;
		if (more === true || (more !== false && current < Number(total ?? NaN))) {
			return { page: current + 1 };
		}
	}
	return undefined;
}

/**
 * The address of a page, resolved against the one that leads to it.
 * @throws AuditdexError when it is on another origin, which must not get the token
 */
export function sameOrigin(next: string, current: string): string {
	const url = URL.canParse(next, current) ? new URL(next, current) : undefined;
	if (url?.origin !== new URL(current).origin || url.username || url.password) {
		throw AuditdexError.aboutBlank(
			'The next page of the list lies on another server',
			'It was not fetched, as that would hand your access token to that server. Check Base URL in the Auditdex credential, or contact support@augixsys.com.',
		);
	}
	return url.href;
}

/**
 * Asks for no more items than are still wanted, where the next URL tells its page size parameter.
 * URLs that count pages or offsets are left alone: another size would shift what they mean.
 */
export function narrowPage(next: PageRequest, wanted: number): PageRequest {
	if (!('url' in next)) return next;
	const url = new URL(next.url);
	if (url.searchParams.has('page') || url.searchParams.has('offset')) return next;
	for (const name of PAGE_SIZE_PARAMETERS) {
		if (Number(url.searchParams.get(name)) > wanted) url.searchParams.set(name, String(wanted));
	}
	return { url: url.href };
}

/** @throws AuditdexError when more follows and it isn't known where */
export function assertNotCutOff({ cutOff }: Page): void {
	if (!cutOff) return;
	throw AuditdexError.aboutBlank(
		'AUDITDEX does not tell where the list goes on',
		'There are more engagements, but the answer has no link or cursor to them that this node knows. Lower Limit to what the first page holds, or contact support@augixsys.com.',
	);
}

/** More empty pages in a row than any honest list has. */
const EMPTY_PAGES_ALLOWED = 1_000;

/** Notices when a list goes round in circles. Holds 20 bytes or so a page. */
export class PageLoopGuard {
	private readonly seen = new Set<string>();

	private emptyInARow = 0;

	/**
	 * @throws AuditdexError when the page's items came before, its next page was asked for before,
	 * or empty pages don't end
	 */
	check({ items, next }: Page): void {
		this.emptyInARow = items.length === 0 ? this.emptyInARow + 1 : 0;
		const marks = [
			...(items.length > 0 ? [fingerprint(items)] : []),
			...(next ? [fingerprint(next)] : []),
		];
		if (
			this.emptyInARow > EMPTY_PAGES_ALLOWED ||
			marks.some((mark) => this.seen.has(mark) || !this.seen.add(mark))
		) {
			throw AuditdexError.aboutBlank(
				'AUDITDEX keeps sending the same page of the list',
				'The list was not read to its end, as it would never end. Run the workflow again; if it stays so, contact support@augixsys.com.',
			);
		}
	}
}

function fingerprint(value: unknown): string {
	return createHash('sha256').update(JSON.stringify(value)).digest('base64').slice(0, 20);
}
