import { ApiProblem } from './problem.mts';

/** What a page knows of itself, for a style to tell. Places count as the style does. */
interface PageInfo {
	/** Absolute URL of the list, without a query. */
	url: string;
	/** How many items this page has. */
	here: number;
	/** How many there are in all. */
	total: number;
	limit: number;
	offset: number;
	page: number;
	pages: number;
	more: boolean;
	/** The next page's cursor and URL; null on the last one. */
	next: string | null;
	nextUrl: string | null;
}

interface Style {
	/** The query parameter that leads to a page, and what it holds. */
	parameter: string;
	holds: 'cursor' | 'page' | 'offset';
	/** The first page's number; 1 unless it says so. */
	first?: 0;
	/** What stands beside the list; headers where it is the body. */
	members?(page: PageInfo): object;
	headers?(page: PageInfo): Record<string, string>;
}

const byCursor = { parameter: 'cursor', holds: 'cursor' } as const;
const byPage = { parameter: 'page', holds: 'page' } as const;
const byOffset = { parameter: 'offset', holds: 'offset' } as const;

const style = (style: Style): Style => style;

/** How lists are paged; the API page says only that they are. One style at a time. */
const STYLES = {
	link: style({
		...byCursor,
		headers: ({ url, limit, nextUrl }): Record<string, string> =>
			nextUrl ? { link: `<${url}?limit=${limit}>; rel="first", <${nextUrl}>; rel="next"` } : {},
	}),
	next: style({ ...byCursor, members: ({ nextUrl }) => ({ next: nextUrl }) }),
	next_url: style({ ...byCursor, members: ({ nextUrl }) => ({ next_url: nextUrl }) }),
	'links.next': style({
		...byCursor,
		members: ({ url, nextUrl }) => ({ links: { self: url, next: nextUrl } }),
	}),
	'links[]': style({
		...byCursor,
		members: ({ url, nextUrl }) => ({
			links: [{ rel: 'self', href: url }, ...(nextUrl ? [{ rel: 'next', href: nextUrl }] : [])],
		}),
	}),
	'pagination.next': style({
		...byCursor,
		members: ({ nextUrl, total }) => ({ pagination: { next: nextUrl, total } }),
	}),
	/** OData */
	'@odata.nextLink': style({
		...byCursor,
		members: ({ nextUrl, total }) => ({
			'@odata.count': total,
			...(nextUrl && { '@odata.nextLink': nextUrl }),
		}),
	}),
	/** Laravel */
	next_page_url: style({
		...byPage,
		members: ({ page, pages, limit, total, nextUrl }) => ({
			current_page: page,
			last_page: Math.max(1, pages),
			per_page: limit,
			total,
			next_page_url: nextUrl,
		}),
	}),
	/** Fractal: its `count` is of this page. */
	'meta.pagination.links.next': style({
		...byPage,
		members: ({ page, pages, limit, total, here, nextUrl }) => ({
			meta: {
				pagination: {
					total,
					count: here,
					per_page: limit,
					current_page: page,
					total_pages: pages,
					links: nextUrl ? { next: nextUrl } : {},
				},
			},
		}),
	}),
	/** HAL, as Spring sends it; the list belongs under `_embedded` then. */
	'_links.next': style({
		...byPage,
		first: 0,
		members: ({ url, page, pages, limit, total, nextUrl }) => ({
			_links: { self: { href: url }, ...(nextUrl && { next: { href: nextUrl } }) },
			page: { size: limit, totalElements: total, totalPages: pages, number: page },
		}),
	}),
	next_cursor: style({ ...byCursor, members: ({ next }) => ({ next_cursor: next }) }),
	'pagination.next_cursor': style({
		...byCursor,
		members: ({ next, more }) => ({ pagination: { next_cursor: next, has_more: more } }),
	}),
	'meta.next_cursor': style({
		...byCursor,
		members: ({ next }) => ({ meta: { next_cursor: next } }),
	}),
	'cursor.next': style({ ...byCursor, members: ({ next }) => ({ cursor: { next } }) }),
	next_page_token: style({
		parameter: 'page_token',
		holds: 'cursor',
		members: ({ next }) => ({ next_page_token: next ?? '' }),
	}),
	next_page: style({
		...byPage,
		members: ({ page, more }) => ({ meta: { next_page: more ? page + 1 : null } }),
	}),
	/** GitLab */
	'x-next-page': style({
		...byPage,
		headers: ({ page, pages, limit, total, more }) => ({
			'x-page': `${page}`,
			'x-per-page': `${limit}`,
			'x-next-page': more ? `${page + 1}` : '',
			'x-total': `${total}`,
			'x-total-pages': `${pages}`,
		}),
	}),
	total_pages: style({
		...byPage,
		members: ({ page, pages, total }) => ({ page, total_pages: pages, total }),
	}),
	has_more: style({ ...byPage, members: ({ page, more }) => ({ page, has_more: more }) }),
	current_page: style({
		...byPage,
		members: ({ page, pages }) => ({ meta: { current_page: page, last_page: pages } }),
	}),
	per_page: style({
		...byPage,
		members: ({ page, limit, total }) => ({ page, per_page: limit, total }),
	}),
	/** Counted from 0, as Spring does. */
	number: style({
		...byPage,
		first: 0,
		members: ({ page, pages, limit, total, here, more }) => ({
			number: page,
			size: limit,
			total_pages: pages,
			total_elements: total,
			number_of_elements: here,
			last: !more,
		}),
	}),
	page_index: style({
		parameter: 'page_index',
		holds: 'page',
		first: 0,
		members: ({ page, limit, total }) => ({
			page_index: page,
			page_size: limit,
			total_count: total,
		}),
	}),
	/** Ends with a page that isn't full. */
	page: style({ ...byPage, members: ({ page, limit }) => ({ page, per_page: limit }) }),
	offset: style({
		...byOffset,
		members: ({ offset, limit, total }) => ({ offset, limit, total }),
	}),
	'meta.pagination.offset': style({
		...byOffset,
		members: ({ offset, limit, total }) => ({
			meta: { pagination: { offset, limit, total_count: total } },
		}),
	}),
	skip: style({
		parameter: 'skip',
		holds: 'offset',
		members: ({ offset, limit, total }) => ({ skip: offset, take: limit, total_results: total }),
	}),
	/** Jira */
	start_at: style({
		parameter: 'start_at',
		holds: 'offset',
		members: ({ offset, limit, more }) => ({
			start_at: offset,
			max_results: limit,
			is_last: !more,
		}),
	}),
	/** Its `count` is of all. */
	count: style({
		...byOffset,
		members: ({ offset, limit, total }) => ({ paging: { offset, limit, count: total } }),
	}),
	/** Its `count` is of this page, and it ends with a page that isn't full. */
	page_count: style({
		...byOffset,
		members: ({ offset, limit, here }) => ({ offset, limit, count: here }),
	}),
	/** From here on there is no way to the next page that an answer tells. */
	total: style({ ...byCursor, members: ({ total }) => ({ total }) }),
	'x-total-count': style({
		...byCursor,
		headers: ({ total }) => ({ 'x-total-count': `${total}` }),
	}),
	more: style({ ...byCursor, members: ({ more }) => ({ has_more: more }) }),
	limit: style({ ...byCursor, members: ({ limit }) => ({ limit }) }),
	opaque: style({ ...byCursor, members: ({ next }) => ({ next }) }),
};

export type PaginationStyle = keyof typeof STYLES;

export const PAGINATION_STYLES = Object.keys(STYLES) as PaginationStyle[];

/** Those whose answers don't lead beyond the first page. */
export const DEAD_ENDS: readonly PaginationStyle[] = [
	'total',
	'x-total-count',
	'more',
	'limit',
	'opaque',
];

/**
 * Where a list stands; the members beside it stand where it does, but HAL's. Styles that page by
 * headers have the list itself as their body.
 */
export const LIST_KEYS = [
	'data',
	'engagements',
	'items',
	'results',
	'records',
	'data.engagements',
	'data.items',
	'response.data.items',
	'_embedded.engagements',
] as const;
export type ListKey = (typeof LIST_KEYS)[number];

export const NAME_CASES = ['snake', 'camel'] as const;
export type NameCase = (typeof NAME_CASES)[number];

/**
 * How a list goes wrong: its first page again and again, whatever is asked for, under the place that
 * was asked for (`repeats`) or the first one's (`stuck`); one item missing on each page (`drops`).
 */
export const LIST_FAULTS = ['none', 'repeats', 'stuck', 'drops'] as const;
export type ListFault = (typeof LIST_FAULTS)[number];

/** How lists are sent; can be changed while the service runs. */
export interface ListShape {
	pagination: PaginationStyle;
	listKey: ListKey;
	/** Items a page unless the request asks for fewer. */
	pageSize: number;
	nameCase: NameCase;
	/** Whether numbers are sent as text. */
	textNumbers: boolean;
	/** Whether every second page is empty, as if the client may not see what is on it. */
	emptyPages: boolean;
	listFault: ListFault;
}

export const LARGEST_PAGE = 200;

type Query = Record<string, unknown>;

export interface PageOfList {
	body: unknown;
	headers: Record<string, string>;
}

interface PagedList extends ListShape {
	/** Absolute URL of the list, without a query. */
	url: string;
	count: number;
	slice(offset: number, limit: number): object[];
}

const encodeCursor = (offset: number) => Buffer.from(`after:${offset}`).toString('base64url');

function decodeCursor(field: string, cursor: unknown): number {
	const text = typeof cursor === 'string' ? Buffer.from(cursor, 'base64url').toString() : '';
	const offset = /^after:(\d+)$/.exec(text)?.[1];
	if (offset === undefined) {
		throw ApiProblem.validation(`The ${field} is not one this service gave out`, [
			{ field, message: 'is invalid' },
		]);
	}
	return Number(offset);
}

function wholeNumber(
	query: Query,
	field: string,
	{ fallback, least, most }: { fallback: number; least: number; most: number },
): number {
	const text = query[field];
	if (text === undefined) return fallback;
	const value = typeof text === 'string' && /^\d{1,9}$/.test(text) ? Number(text) : -1;
	if (value < least || value > most) {
		const message = `must be a whole number from ${least} to ${most}`;
		throw ApiProblem.validation(`${field} ${message}`, [{ field, message }]);
	}
	return value;
}

const camel = (name: string) =>
	name.replace(/(?<=\w)_(.)/g, (_all, letter) => letter.toUpperCase());

/** The page that the query asks for. Query parameters the style doesn't know are refused. */
export function pageOf(list: PagedList, query: Query): PageOfList {
	const { pageSize, url, listFault } = list;
	const { holds, members, headers, ...asked }: Style = STYLES[list.pagination];
	const first: number = asked.first ?? 1;
	const named = (name: string) => (list.nameCase === 'camel' ? camel(name) : name);
	const parameter = holds === 'cursor' ? asked.parameter : named(asked.parameter);
	const unknown = Object.keys(query).filter((name) => name !== 'limit' && name !== parameter);
	if (unknown.length > 0) {
		throw ApiProblem.validation(
			`Unknown query parameter: ${unknown.join(', ')}`,
			unknown.map((field) => ({ field, message: 'is not a parameter of this endpoint' })),
		);
	}
	const limit = wholeNumber(query, 'limit', { fallback: pageSize, least: 1, most: LARGEST_PAGE });
	const offset = offsetIn(query, parameter, holds, first, limit);
	const places = list.emptyPages ? spread(list.count, pageSize) : list.count;
	const here = listFault === 'none' || listFault === 'drops' ? offset : 0;
	const items = itemsFrom(list, here, limit);
	if (listFault === 'drops') items.pop();

	const said = listFault === 'stuck' ? 0 : offset;
	const end = said + limit;
	const more = end < places;
	const page = Math.floor(said / limit) + first;
	const nextPlace = { cursor: encodeCursor(end), page: page + 1, offset: end }[holds];
	const info: PageInfo = {
		url,
		here: items.length,
		total: list.count,
		limit,
		offset: said,
		page,
		pages: Math.ceil(places / limit),
		more,
		next: more ? encodeCursor(end) : null,
		nextUrl: more ? `${url}?limit=${limit}&${parameter}=${nextPlace}` : null,
	};
	if (headers) return { body: items, headers: headers(info) };
	return { body: bodyOf(list, items, spelled(members?.(info) ?? {}, list, named)), headers: {} };
}

function offsetIn(
	query: Query,
	parameter: string,
	holds: Style['holds'],
	first: number,
	limit: number,
): number {
	if (holds === 'cursor') {
		return query[parameter] === undefined ? 0 : decodeCursor(parameter, query[parameter]);
	}
	const least = holds === 'page' ? first : 0;
	const place = wholeNumber(query, parameter, { fallback: least, least, most: 1_000_000 });
	return holds === 'page' ? (place - first) * limit : place;
}

/** How many places `count` items take when every second page of `size` is empty. */
function spread(count: number, size: number): number {
	const full = Math.floor(Math.max(0, count - 1) / size);
	return count === 0 ? 0 : count + full * size;
}

function itemsFrom({ emptyPages, pageSize, slice }: PagedList, from: number, limit: number) {
	if (!emptyPages) return slice(from, limit);
	/** How many items there are before a place. */
	const before = (place: number) =>
		Math.floor(place / (2 * pageSize)) * pageSize + Math.min(place % (2 * pageSize), pageSize);
	return slice(before(from), before(from + limit) - before(from));
}

function bodyOf({ listKey, pagination }: PagedList, items: object[], members: object): object {
	const path = listKey.split('.');
	const key = path.pop()!;
	const isHal = path[0] === '_embedded' || pagination === '_links.next';
	const innermost = { [key]: items, ...(isHal ? {} : members) };
	const body = path.reduceRight<object>((inner, name) => ({ [name]: inner }), innermost);
	return isHal ? { ...body, ...members } : body;
}

/** The members in the case and with the numbers that the service has chosen. */
function spelled(value: unknown, shape: ListShape, named: (name: string) => string): object {
	const spell = (member: unknown): unknown => {
		if (typeof member === 'number' && shape.textNumbers) return String(member);
		if (typeof member !== 'object' || member === null) return member;
		if (Array.isArray(member)) return member.map(spell);
		return Object.fromEntries(
			Object.entries(member).map(([name, held]) => [named(name), spell(held)]),
		);
	};
	return spell(value) as object;
}
