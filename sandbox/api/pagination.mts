import { ApiProblem } from './problem.mts';

/** How lists are paged; the API page says only that they are. One style an instance. */
export const PAGINATION_STYLES = [
	'link',
	'next',
	'next_url',
	'links.next',
	'pagination.next',
	'next_cursor',
	'pagination.next_cursor',
	'meta.next_cursor',
	'next_page_token',
	'total_pages',
	'has_more',
] as const;

export type PaginationStyle = (typeof PAGINATION_STYLES)[number];

export const LARGEST_PAGE = 200;

type Query = Record<string, unknown>;

export interface PageOfList {
	body: unknown;
	headers: Record<string, string>;
}

interface PagedList {
	style: PaginationStyle;
	listKey: string;
	pageSize: number;
	/** Absolute URL of the list, without a query. */
	url: string;
	count: number;
	slice(offset: number, limit: number): object[];
}

const encodeCursor = (offset: number) => Buffer.from(`after:${offset}`).toString('base64url');

function decodeCursor(field: string, cursor: string): number {
	const offset = /^after:(\d+)$/.exec(Buffer.from(cursor, 'base64url').toString())?.[1];
	if (offset === undefined) {
		throw ApiProblem.validation(`The ${field} is not one this service gave out`, [
			{ field, message: 'is invalid' },
		]);
	}
	return Number(offset);
}

function wholeNumber(query: Query, field: string, fallback: number, most: number): number {
	const text = query[field];
	if (text === undefined) return fallback;
	const value = typeof text === 'string' && /^\d{1,9}$/.test(text) ? Number(text) : 0;
	if (value < 1 || value > most) {
		const message = `must be a whole number from 1 to ${most}`;
		throw ApiProblem.validation(`${field} ${message}`, [{ field, message }]);
	}
	return value;
}

/** The page that the query asks for. Query parameters the style doesn't know are refused. */
export function pageOf(list: PagedList, query: Query): PageOfList {
	const { style } = list;
	const counted = style === 'total_pages' || style === 'has_more';
	const position = counted ? 'page' : style === 'next_page_token' ? 'page_token' : 'cursor';
	const unknown = Object.keys(query).filter((name) => name !== 'limit' && name !== position);
	if (unknown.length > 0) {
		throw ApiProblem.validation(
			`Unknown query parameter: ${unknown.join(', ')}`,
			unknown.map((field) => ({ field, message: 'is not a parameter of this endpoint' })),
		);
	}
	const limit = wholeNumber(query, 'limit', list.pageSize, LARGEST_PAGE);
	const page = counted ? wholeNumber(query, 'page', 1, 1_000_000) : 1;
	const cursor = query[position];
	const offset = counted
		? (page - 1) * limit
		: cursor === undefined
			? 0
			: decodeCursor(position, String(cursor));
	const items = list.slice(offset, limit);
	const end = offset + items.length;
	const more = end < list.count;
	const next = more ? encodeCursor(end) : null;
	const nextUrl = more ? `${list.url}?limit=${limit}&cursor=${next}` : null;
	const inBody = (members: object): PageOfList => ({
		body: { [list.listKey]: items, ...members },
		headers: {},
	});
	switch (style) {
		case 'link':
			return {
				body: items,
				headers: more
					? { link: `<${list.url}?limit=${limit}>; rel="first", <${nextUrl}>; rel="next"` }
					: {},
			};
		case 'next':
		case 'next_url':
			return inBody({ [style]: nextUrl });
		case 'links.next':
			return inBody({ links: { self: list.url, next: nextUrl } });
		case 'pagination.next':
			return inBody({ pagination: { next: nextUrl, total: list.count } });
		case 'next_cursor':
			return inBody({ next_cursor: next });
		case 'pagination.next_cursor':
			return inBody({ pagination: { next_cursor: next, has_more: more } });
		case 'meta.next_cursor':
			return inBody({ meta: { next_cursor: next } });
		case 'next_page_token':
			return inBody({ next_page_token: next ?? '' });
		case 'total_pages':
			return inBody({ page, total_pages: Math.ceil(list.count / limit), total: list.count });
		case 'has_more':
			return inBody({ page, has_more: more });
	}
}
