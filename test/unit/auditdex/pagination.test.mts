import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { PartialListError } from '../../../nodes/Auditdex/api/lists/partialList.ts';
import { ListWalk } from '../../../nodes/Auditdex/api/lists/listWalk.ts';
import type { PageRequest } from '../../../nodes/Auditdex/api/lists/nextPage.ts';

const URL_OF_LIST = 'https://api.augixsys.com/v1/engagements';
const NEXT = `${URL_OF_LIST}?limit=25&cursor=abc`;
const ITEMS = [{ id: 'eng_1' }, { id: 'eng_2' }];

interface Answer {
	body: unknown;
	headers?: Record<string, string>;
	/** The address the page came from, where it matters. */
	url?: string;
}

/** What the first page holds, and what is asked for after it; undefined where the list is whole. */
function read({ body, headers = {}, url = URL_OF_LIST }: Answer) {
	const walk = ListWalk.start(url);
	const items = walk.take(body, headers);
	return { items, next: walk.advance() ? walk.request : undefined };
}
const query = (parameters: Record<string, string | number>): PageRequest => ({
	url: URL_OF_LIST,
	query: parameters,
});
const inBody = (members: object): Answer => ({ body: { data: ITEMS, ...members } });
const inLink = (link: string): Answer => ({ body: ITEMS, headers: { link } });

/** The contract's detection table, and what else goes for it, in the order of detection. */
const NEXT_PAGES: ReadonlyArray<[what: string, answer: Answer, next: PageRequest | undefined]> = [
	// RFC 8288
	['Link', inLink(`<${NEXT}>; rel="next"`), { url: NEXT }],
	['Link without quotes', inLink(`<${NEXT}>; rel=next`), { url: NEXT }],
	['Link in other case', inLink(`<${NEXT}>; REL="Next"`), { url: NEXT }],
	['Link with several relations', inLink(`<${NEXT}>; rel="last  next"`), { url: NEXT }],
	[
		'Link among others',
		inLink(`<${URL_OF_LIST}>; rel="first", <${NEXT}>; rel="next", </x>; rel="last"`),
		{ url: NEXT },
	],
	['Link after other parameters', inLink(`<${NEXT}>; title="a"; x; rel="next"`), { url: NEXT }],
	['Link before other parameters', inLink(`<${NEXT}>;rel=next;title*=UTF-8''a`), { url: NEXT }],
	[
		'Link with an address that has commas and semicolons',
		inLink(`<${URL_OF_LIST}?a=1,2;3>; rel="next"`),
		{ url: `${URL_OF_LIST}?a=1,2;3` },
	],
	[
		'Link whose other’s title looks like one',
		inLink(`</a>; rel="prev"; title="</b>; rel=next, <c>; rel=\\"next\\"", <${NEXT}>; rel="next"`),
		{ url: NEXT },
	],
	['Link with rel in a title only', inLink('</a>; rel="prev"; title="; rel=next"'), undefined],
	['Link with rel twice: the first counts', inLink('</a>; rel="prev"; rel="next"'), undefined],
	['Link of another relation', inLink(`<${NEXT}>; rel="nextish"`), undefined],
	['Link without a relation', inLink(`<${NEXT}>`), undefined],
	['Link malformed', inLink(`${NEXT}; rel="next"`), undefined],
	['Link empty', inLink(''), undefined],
	[
		'Link, relative',
		inLink('</v1/engagements?cursor=abc>; rel="next"'),
		{ url: `${URL_OF_LIST}?cursor=abc` },
	],
	[
		'Link before a URL in the body',
		{ ...inBody({ next: `${URL_OF_LIST}?other` }), headers: { link: `<${NEXT}>; rel="next"` } },
		{ url: NEXT },
	],
	// A next URL in the body
	['next', inBody({ next: NEXT }), { url: NEXT }],
	['next_url', inBody({ next_url: NEXT }), { url: NEXT }],
	['links.next', inBody({ links: { next: NEXT } }), { url: NEXT }],
	['links.next as an object', inBody({ links: { next: { href: NEXT } } }), { url: NEXT }],
	['_links.next', inBody({ _links: { next: { href: NEXT } } }), { url: NEXT }],
	['pagination.next', inBody({ pagination: { next: NEXT } }), { url: NEXT }],
	['pagination.next_url', inBody({ pagination: { next_url: NEXT } }), { url: NEXT }],
	['meta.next', inBody({ meta: { next: NEXT } }), { url: NEXT }],
	['nextUrl', inBody({ nextUrl: NEXT }), { url: NEXT }],
	['next_page_url', inBody({ next_page_url: NEXT }), { url: NEXT }],
	['nextPageUrl in meta', inBody({ meta: { nextPageUrl: NEXT } }), { url: NEXT }],
	['nextLink', inBody({ nextLink: NEXT }), { url: NEXT }],
	['@odata.nextLink', inBody({ '@odata.nextLink': NEXT }), { url: NEXT }],
	['hydra:view', inBody({ 'hydra:view': { 'hydra:next': NEXT } }), { url: NEXT }],
	['meta.pagination.next', inBody({ meta: { pagination: { next: NEXT } } }), { url: NEXT }],
	[
		'meta.pagination.links.next',
		inBody({ meta: { pagination: { links: { next: NEXT } } } }),
		{ url: NEXT },
	],
	['paging.next', inBody({ paging: { next: NEXT } }), { url: NEXT }],
	['pages.next', inBody({ pages: { next: NEXT } }), { url: NEXT }],
	['info.next', inBody({ info: { next: NEXT, prev: null } }), { url: NEXT }],
	['next_page.uri', inBody({ next_page: { uri: NEXT, offset: 'x' } }), { url: NEXT }],
	[
		'_links.next.href',
		inBody({ _links: { self: { href: '/a' }, next: { href: NEXT } } }),
		{ url: NEXT },
	],
	['_links.next.href: null', inBody({ _links: { next: { href: null } } }), undefined],
	[
		'links as a list',
		inBody({
			links: [
				{ rel: 'self', href: '/a' },
				{ rel: 'next', href: NEXT },
			],
		}),
		{ url: NEXT },
	],
	['links as a list without one', inBody({ links: [{ rel: 'prev', href: '/a' }] }), undefined],
	[
		'nextRecordsUrl',
		inBody({ done: false, totalSize: 9, nextRecordsUrl: '/v1/engagements?p=2' }),
		{ url: `${URL_OF_LIST}?p=2` },
	],
	['next beside a list in data', { body: { data: { items: ITEMS, next: NEXT } } }, { url: NEXT }],
	['next around a list in data', { body: { data: { items: ITEMS }, next: NEXT } }, { url: NEXT }],
	[
		'paging beside a list in data',
		{ body: { data: { items: ITEMS, paging: { next: NEXT } } } },
		{ url: NEXT },
	],
	[
		'next, with a page size of its own name',
		inBody({ next: `${URL_OF_LIST}?size=100&p=2` }),
		{ url: `${URL_OF_LIST}?size=100&p=2` },
	],
	[
		'next, http: on the same host',
		inBody({ next: NEXT.replace('https:', 'http:') }),
		{ url: NEXT },
	],
	[
		'Link, http: on the same host',
		inLink(`<${NEXT.replace('https:', 'http:')}>; rel="next"`),
		{ url: NEXT },
	],
	['next as a path', inBody({ next: '/v1/engagements?p=2' }), { url: `${URL_OF_LIST}?p=2` }],
	['next as a query', inBody({ next: '?p=2' }), { url: `${URL_OF_LIST}?p=2` }],
	['next beside the list', inBody({ next: 'engagements?p=2' }), { url: `${URL_OF_LIST}?p=2` }],
	['next null', inBody({ next: null, links: { next: null } }), undefined],
	['next empty', inBody({ next: '', pagination: { next: '' } }), undefined],
	['next false', inBody({ next: false }), undefined],
	['next before a cursor', inBody({ next: NEXT, next_cursor: 'xyz' }), { url: NEXT }],
	// A cursor
	['next_cursor', inBody({ next_cursor: 'a b+c' }), query({ cursor: 'a b+c' })],
	['next_cursor as a number', inBody({ next_cursor: 25 }), query({ cursor: '25' })],
	['pagination.next_cursor', inBody({ pagination: { next_cursor: 'x' } }), query({ cursor: 'x' })],
	['meta.next_cursor', inBody({ meta: { next_cursor: 'x' } }), query({ cursor: 'x' })],
	['next_page_token', inBody({ next_page_token: 'x' }), query({ page_token: 'x' })],
	['meta.next_page_token', inBody({ meta: { next_page_token: 'x' } }), query({ page_token: 'x' })],
	['nextCursor', inBody({ nextCursor: 'x' }), query({ cursor: 'x' })],
	[
		'nextCursor that looks like a path',
		inBody({ nextCursor: '/9j?4' }),
		query({ cursor: '/9j?4' }),
	],
	[
		'meta.pagination.nextCursor',
		inBody({ meta: { pagination: { nextCursor: 'x' } } }),
		query({ cursor: 'x' }),
	],
	['cursor.next', inBody({ cursor: { next: 'x', prev: null } }), query({ cursor: 'x' })],
	['paging.cursors.next', inBody({ paging: { cursors: { next: 'x' } } }), query({ cursor: 'x' })],
	[
		'response_metadata.next_cursor',
		inBody({ response_metadata: { next_cursor: 'x' } }),
		query({ cursor: 'x' }),
	],
	['nextPageToken', inBody({ nextPageToken: 'x' }), query({ page_token: 'x' })],
	['cursor alone', inBody({ cursor: 'x', has_more: true }), query({ cursor: 'x' })],
	[
		'cursor beside next_cursor null is its own',
		inBody({ cursor: 'x', next_cursor: null }),
		undefined,
	],
	['cursor after the last one', inBody({ cursor: 'x', total: 2 }), undefined],
	['cursor in data', { body: { data: { items: ITEMS, nextCursor: 'x' } } }, query({ cursor: 'x' })],
	['X-Next-Cursor', { body: ITEMS, headers: { 'x-next-cursor': 'x' } }, query({ cursor: 'x' })],
	['cursor null', inBody({ next_cursor: null, meta: { next_cursor: null } }), undefined],
	['cursor empty', inBody({ next_cursor: '', next_page_token: '' }), undefined],
	['cursor 0, which is the start', inBody({ next_cursor: 0 }), undefined],
	['cursor “0”', inBody({ next_cursor: '0' }), undefined],
	['cursor, but no more', inBody({ next_cursor: 'x', has_more: false }), undefined],
	[
		'cursor, but no more beside it',
		inBody({ pagination: { next_cursor: 'x', has_more: false } }),
		undefined,
	],
	[
		'cursor before page numbers',
		inBody({ next_cursor: 'x', page: 1, total_pages: 3 }),
		query({ cursor: 'x' }),
	],
	// Page numbers
	['total_pages', inBody({ page: 1, total_pages: 3 }), query({ page: 2 })],
	['total_pages as text', inBody({ page: '2', total_pages: '3' }), query({ page: 3 })],
	['total_pages, the only page', inBody({ page: 1, total_pages: 1 }), undefined],
	['last_page, the only one', inBody({ current_page: 1, last_page: 1 }), undefined],
	['no pages', inBody({ page: 1, total_pages: 0 }), undefined],
	['meta.total_pages', inBody({ meta: { page: 1, total_pages: 2 } }), query({ page: 2 })],
	['has_more', inBody({ page: 1, has_more: true }), query({ page: 2 })],
	['has_more false', inBody({ page: 1, has_more: false }), undefined],
	[
		'has_more false, pages left: to be sure',
		inBody({ page: 1, has_more: false, total_pages: 9 }),
		query({ page: 2 }),
	],
	['page without more: to be sure', inBody({ page: 1 }), query({ page: 2 })],
	[
		'current_page and last_page',
		inBody({ current_page: 1, last_page: 2, from: 1, to: 2, per_page: 2, total: 3 }),
		query({ page: 2 }),
	],
	[
		'currentPage and lastPage in meta.page',
		inBody({ meta: { page: { currentPage: 1, lastPage: 3, perPage: 2, total: 5 } } }),
		query({ page: 2 }),
	],
	['page, per_page, total', inBody({ page: 1, per_page: 2, total: 3 }), query({ page: 2 })],
	['page, perPage, totalCount', inBody({ page: 1, perPage: 2, totalCount: 2 }), undefined],
	['page and total', inBody({ page: 1, total: '3' }), query({ page: 2 })],
	[
		'page, pageSize, totalItems as text',
		inBody({ page: '1', pageSize: '2', totalItems: '3' }),
		query({ page: 2 }),
	],
	[
		'pages, has_next, next_num',
		inBody({ page: 1, pages: 3, per_page: 2, total: 5, has_next: true, next_num: 2 }),
		query({ page: 2 }),
	],
	['page and a full page', inBody({ page: 1, per_page: 2 }), query({ page: 2 })],
	['page and a page that is not full', inBody({ page: 1, per_page: 3 }), undefined],
	['next_page, a number', inBody({ meta: { next_page: 2, prev_page: null } }), query({ page: 2 })],
	['nextPage as text', inBody({ pagination: { nextPage: '2' } }), query({ page: 2 })],
	['next_page null', inBody({ page: 1, next_page: null }), undefined],
	[
		'pagination.next beside its page',
		inBody({ pagination: { page: 1, next: 2 } }),
		query({ page: 2 }),
	],
	['next.page', inBody({ next: { page: 2, limit: 2 } }), query({ page: 2 })],
	['page numbers in capitals', inBody({ PageNumber: 1, TotalPages: 2 }), query({ PageNumber: 2 })],
	[
		'pageNumber goes back by its own name',
		inBody({ pageNumber: 1, totalPages: 2 }),
		query({ pageNumber: 2 }),
	],
	[
		'counted from 0: number',
		inBody({ number: 0, totalPages: 2, size: 2, totalElements: 3, last: false }),
		query({ page: 1 }),
	],
	[
		'counted from 0: the only page',
		inBody({ number: 0, totalPages: 1, size: 2, totalElements: 2 }),
		undefined,
	],
	[
		'counted from 0: page.number',
		inBody({ page: { size: 2, totalElements: 3, totalPages: 2, number: 0 } }),
		query({ page: 1 }),
	],
	['counted from 0: a last page', inBody({ page: 0, last_page: 1 }), query({ page: 1 })],
	[
		'counted from 0: page_index',
		inBody({ page_index: 0, page_size: 2, total: 3 }),
		query({ page_index: 1 }),
	],
	[
		'counted from 0: pageable',
		{
			body: {
				content: ITEMS,
				pageable: { pageNumber: 0, pageSize: 2, offset: 0 },
				totalPages: 2,
				number: 0,
			},
		},
		query({ page: 1 }),
	],
	[
		'pages and items both called total',
		inBody({ page: { current: 1, total: 2 } }),
		query({ page: 2 }),
	],
	[
		'pages called total, items called records',
		inBody({ page: 1, total: 2, records: 3 }),
		query({ page: 2 }),
	],
	[
		'headers',
		{ body: ITEMS, headers: { 'x-page': '1', 'x-total-pages': '2' } },
		query({ page: 2 }),
	],
	[
		'X-Next-Page',
		{ body: ITEMS, headers: { 'x-page': '1', 'x-next-page': '2' } },
		query({ page: 2 }),
	],
	[
		'X-Next-Page, empty',
		{ body: ITEMS, headers: { 'x-page': '1', 'x-next-page': '', 'x-total': '2' } },
		undefined,
	],
	[
		'X-Pagination',
		{ body: ITEMS, headers: { 'x-pagination': '{"CurrentPage":1,"TotalPages":2}' } },
		query({ page: 2 }),
	],
	// Offset and limit
	['HubSpot', inBody({ paging: { next: { after: '2', link: NEXT } } }), { url: NEXT }],
	[
		'meta.page.number',
		inBody({ meta: { page: { number: 1, size: 2, total_pages: 2 } } }),
		query({ page: 2 }),
	],
	['pages.current of pages.total', inBody({ pages: { current: 1, total: 2 } }), query({ page: 2 })],
	['pageNo and totalPage', inBody({ pageNo: 1, totalPage: 2 }), query({ pageNo: 2 })],
	[
		'page and page_count as text',
		inBody({ paging: { page: '1', page_count: '2' } }),
		query({ page: 2 }),
	],
	[
		'page.offset, page.limit, page.total',
		inBody({ page: { offset: 0, limit: 2, total: 3 } }),
		query({ offset: 2 }),
	],
	['range.start', inBody({ range: { start: 0, end: 2, total: 3 } }), query({ start: 2 })],
	['nextPage true', inBody({ page: 1, nextPage: true }), query({ page: 2 })],
	['offset, limit, total', inBody({ offset: 0, limit: 2, total: 5 }), query({ offset: 2 })],
	[
		'offset, limit, total as text',
		inBody({ offset: '0', limit: '2', total: '5' }),
		query({ offset: 2 }),
	],
	['offset, limit, total, the only page', inBody({ offset: 0, limit: 2, total: 2 }), undefined],
	['offset and total', inBody({ offset: 0, total: 5 }), query({ offset: 2 })],
	['offset, limit, count of all', inBody({ offset: 0, limit: 2, count: 5 }), query({ offset: 2 })],
	[
		'offset, limit, count of this page',
		inBody({ offset: 0, limit: 2, count: 2 }),
		query({ offset: 2 }),
	],
	[
		'offset, limit, count of a page that is not full',
		inBody({ offset: 0, limit: 5, count: 2 }),
		undefined,
	],
	[
		'meta.pagination.offset',
		inBody({ meta: { pagination: { offset: 0, limit: 2, totalCount: 5 } } }),
		query({ offset: 2 }),
	],
	['skip, take, totalCount', inBody({ skip: 0, take: 2, totalCount: 5 }), query({ skip: 2 })],
	[
		'startAt, maxResults, isLast',
		inBody({ startAt: 0, maxResults: 2, isLast: false }),
		query({ startAt: 2 }),
	],
	[
		'startIndex from 1',
		inBody({ startIndex: 1, itemsPerPage: 2, totalResults: 3 }),
		query({ startIndex: 3 }),
	],
	[
		'startIndex from 1, the only page',
		inBody({ startIndex: 1, itemsPerPage: 2, totalResults: 2 }),
		undefined,
	],
	[
		'from, size, total.value',
		inBody({ from: 0, size: 2, total: { value: 3, relation: 'eq' } }),
		query({ from: 2 }),
	],
	['next_offset', inBody({ next_offset: 2 }), query({ offset: 2 })],
	['nextOffset 0', inBody({ nextOffset: 0 }), undefined],
	['offset, has_more', inBody({ offset: 0, has_more: true }), query({ offset: 2 })],
	[
		'page numbers before offset',
		inBody({ page: 1, offset: 0, limit: 2, total: 3 }),
		query({ page: 2 }),
	],
	// None
	['nothing', inBody({}), undefined],
	['a bare list', { body: ITEMS }, undefined],
	['a count that is reached', inBody({ total: 2 }), undefined],
	['a count of this page', inBody({ count: 2 }), undefined],
	['an unknown count', inBody({ total: -1 }), undefined],
	['a limit that is not reached', inBody({ limit: 50 }), undefined],
	['a count that is reached beside a limit', inBody({ limit: 2, total: 2 }), undefined],
	[
		'a rate limit',
		{ body: ITEMS, headers: { 'x-ratelimit-limit': '600', 'x-ratelimit-remaining': '597' } },
		undefined,
	],
	[
		'other members',
		inBody({ status: 'ok', request_id: 'r', client: { id: 'c', name: 'n' }, next_audit: '2027' }),
		undefined,
	],
];

/** Answers that say that more follows, in no way that leads to it. */
const DEAD_ENDS: Array<[what: string, answer: Answer]> = [
	['more without a page', inBody({ has_more: true })],
	['more within meta', inBody({ meta: { has_more: true } })],
	['hasMore', inBody({ hasMore: true })],
	['hasNextPage in pageInfo', inBody({ pageInfo: { hasNextPage: true, endCursor: 'x' } })],
	['hasMore as text', inBody({ hasMore: 'true' })],
	['isLast false', inBody({ isLast: false })],
	['done false', inBody({ done: false })],
	['truncated', inBody({ is_truncated: true })],
	['an opaque next', inBody({ next: 'eyJhZnRlciI6NX0' })],
	['an opaque next with a slash', inBody({ next: 'YWJj/ZGVm=' })],
	['a number', inBody({ pagination: { next: 2 } })],
	['a token of another kind', inBody({ nextToken: 'abc' })],
	['a continuation token', inBody({ continuationToken: 'abc' })],
	['a marker', inBody({ NextMarker: 'abc' })],
	['a cursor that is no text', inBody({ next_cursor: { a: 1 } })],
	['a last page as the first', inBody({ page: 3, total_pages: 3 })],
	['an object', inBody({ next: { after: 'eng_2' } })],
	['a link without an address', inBody({ links: [{ rel: 'next', id: 2 }], total: 3 })],
	['a last key', inBody({ LastEvaluatedKey: { id: 'eng_2' } })],
	['remaining', inBody({ remaining: 1 })],
	['remainingItemCount', inBody({ metadata: { remainingItemCount: 1 } })],
	['results as a number', inBody({ results: 3 })],
	['total', inBody({ total: 3 })],
	['total as text', inBody({ total: '3' })],
	['total_count', inBody({ total_count: 3 })],
	['totalCount', inBody({ totalCount: 3 })],
	['total_results', inBody({ meta: { total_results: 3 } })],
	['totalElements', inBody({ totalElements: 3 })],
	['totalItems', inBody({ 'hydra:totalItems': 3 })],
	['total_records', inBody({ pagination: { total_records: 3 } })],
	['count', inBody({ count: 3 })],
	['count beside a page size', inBody({ count: 3, per_page: 2 })],
	['@odata.count', inBody({ '@odata.count': 3 })],
	['total.value', inBody({ total: { value: 3 } })],
	['total pages', inBody({ total_pages: 2 })],
	['last page', inBody({ meta: { last_page: 2 } })],
	['a total beside next: null', inBody({ next: null, total: 3 })],
	['a total beside has_more: false', inBody({ has_more: false, total: 3 })],
	['a total beside a page size', inBody({ limit: 2, total: 3 })],
	['a full page that says nothing more', inBody({ limit: 2 })],
	['a full page of which there is a count', inBody({ limit: 2, count: 2 })],
	['X-Total-Count', { body: ITEMS, headers: { 'x-total-count': '3' } }],
	['Content-Range', { body: ITEMS, headers: { 'content-range': 'items 0-1/3' } }],
	['X-Total-Pages', { body: ITEMS, headers: { 'x-total-pages': '2' } }],
];

describe('the next page', () => {
	test.each(NEXT_PAGES)('%s', (_what, answer, next) => {
		expect(read(answer)).toEqual({ items: ITEMS, next });
	});

	test('is resolved against the page that names it', () => {
		const url = 'https://api.augixsys.com/v1/engagements?limit=25&cursor=abc';
		expect(read({ ...inBody({ next: '?cursor=def' }), url }).next).toEqual({
			url: 'https://api.augixsys.com/v1/engagements?cursor=def',
		});
	});

	test.each(DEAD_ENDS)('%s: more follows, but nobody knows where', (_what, answer) => {
		expect(() => read(answer)).toThrow(PartialListError);
		expect(() => read(answer)).toThrow(
			'The list is not whole: AUDITDEX does not tell where it goes on',
		);
	});
});

describe('a next page on another origin is refused, as the token would go there', () => {
	test.each([
		'https://evil.example/v1/engagements',
		'http://evil.example/v1/engagements',
		'http://api.augixsys.com:8080/v1/engagements',
		'https://api.augixsys.com:8443/v1/engagements',
		'https://api.augixsys.com.evil.example/v1/engagements',
		'https://api.augixsys.com@evil.example/v1/engagements',
		'https://user:pass@api.augixsys.com/v1/engagements',
		'//evil.example/v1/engagements',
		'/\\evil.example/v1/engagements',
		'\\\\evil.example/?x',
		'ftp://api.augixsys.com/v1/engagements',
		'javascript:alert(1)',
		'data:application/json,[]',
		'https://[/v1/engagements',
	])('%s', (next) => {
		expect(() => read(inBody({ next }))).toThrow(
			'The list is not whole: its next page lies on another server',
		);
		expect(() => read(inLink(`<${next}>; rel="next"`))).toThrow('lies on another server');
	});

	test('the same origin in other words is not', () => {
		const next = 'HTTPS://API.augixsys.com:443/v1/engagements?cursor=x';
		expect(read(inBody({ next })).next).toEqual({ url: `${URL_OF_LIST}?cursor=x` });
	});

	test('whatever the body holds, only the list’s own origin is asked', () => {
		const text = fc.oneof(fc.webUrl(), fc.string(), fc.webPath(), fc.constant('//'), fc.domain());
		fc.assert(
			fc.property(text, (next) => {
				try {
					const { next: request } = read(inBody({ next, links: { next } }));
					expect(new URL(request?.url ?? URL_OF_LIST).origin).toBe('https://api.augixsys.com');
				} catch (error) {
					expect(error).toBeInstanceOf(PartialListError);
				}
			}),
			{ numRuns: 1_000 },
		);
	});
});

describe('the list', () => {
	const itemsOf = (body: unknown) => ListWalk.start(URL_OF_LIST).take(body, {});

	test.each([
		'data',
		'engagements',
		'items',
		'results',
		'records',
		'content',
		'value',
		'values',
		'entries',
		'hydra:member',
		'engagementList',
	])('is found under “%s”', (key) => {
		expect(itemsOf({ [key]: ITEMS, other: [1] })).toEqual(ITEMS);
	});

	test.each([
		'data.engagements',
		'data.items',
		'result.data',
		'response.data.items',
		'_embedded.engagements',
		'_embedded.engagementDtoList',
		'_embedded.audits',
		'data._embedded.engagements',
	])('is found under “%s”', (path) => {
		const body = path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), ITEMS);
		expect(itemsOf(body)).toEqual(ITEMS);
	});

	test.each([null, {}, 'items', [1, 2]])('is found beside another member that is %j', (other) => {
		expect(itemsOf({ items: other, data: ITEMS })).toEqual(ITEMS);
	});

	test('that is called after engagements is the one of several', () => {
		expect(itemsOf({ engagements: ITEMS, items: [{ id: 'itm_1' }] })).toEqual(ITEMS);
	});

	test('may be empty', () => {
		expect(itemsOf([])).toEqual([]);
		expect(itemsOf({ results: [] })).toEqual([]);
	});

	test.each<[what: string, body: unknown]>([
		['no list', { total: 3 }],
		['two lists', { data: [], items: [] }],
		['two lists in one', { data: { items: [], results: [] } }],
		['two lists of engagements', { engagements: [], archivedEngagements: [] }],
		['a list of something else', { errors: [{ id: 'eng_1' }] }],
		['a list of text', { data: ['eng_1'] }],
		['a list with a list in it', [[{ id: 'eng_1' }]]],
		['a list with null in it', { data: [{ id: 'eng_1' }, null] }],
		['null', null],
		['text', 'engagements'],
	])('%s is refused, with what to check', (_what, body) => {
		expect(() => itemsOf(body)).toThrow(
			expect.objectContaining({
				message: 'AUDITDEX sent no list where one was expected',
				description: expect.stringContaining('Base URL'),
			}),
		);
	});
});

/** Reads these pages to the end, or to what stops it. */
function readPages(pages: object[]) {
	const walk = ListWalk.start(URL_OF_LIST);
	const ids: unknown[] = [];
	for (const page of pages) {
		ids.push(...walk.take(page, {}).map(({ id }) => id));
		if (!walk.advance()) return ids;
	}
	return [...ids, 'and more'];
}

describe('a list that goes round in circles', () => {
	const page = (id: number | string, next?: string) => ({ data: [{ id }], next_cursor: next });

	test.each<[what: string, pages: object[]]>([
		['the same page at once', [page(1, 'a'), page(1, 'b')]],
		['the same page later', [page(1, 'a'), page(2, 'b'), page(3, 'c'), page(1, 'd')]],
		['the same cursor at once', [page(1, 'a'), page(2, 'a')]],
		['the same cursor later', [page(1, 'a'), page(2, 'b'), page(3, 'c'), page(4, 'a')]],
		['the same page, now the last', [page(1, 'a'), page(1)]],
		[
			'the same engagements with something new in them',
			[page(1, 'a'), { data: [{ id: 1, seenAt: 2 }], next_cursor: 'b' }],
		],
		[
			'the same engagements without IDs',
			[{ data: [{ name: 'x' }], next_cursor: 'a' }, { data: [{ name: 'x' }] }],
		],
	])('%s is noticed', (_what, pages) => {
		expect(() => readPages(pages)).toThrow(
			'The list is not whole: AUDITDEX keeps sending the same page',
		);
	});

	test('what moved to the next page while the list was read comes once', () => {
		expect(
			readPages(
				[{ data: [{ id: 1 }, { id: 2 }], next_cursor: 'a' }, page(2, 'b'), page(3)].map(
					(each, index) =>
						index === 1 ? { data: [{ id: 2 }, { id: 4 }], next_cursor: 'b' } : each,
				),
			),
		).toEqual([1, 2, 4, 3]);
	});

	test('empty pages are none, as long as they lead on', () => {
		const empty = Array.from({ length: 1_000 }, (_, n) => ({ data: [], next_cursor: `e${n}` }));
		expect(readPages([...empty, page(1, 'on'), { data: [] }])).toEqual([1]);
	});

	test('empty pages without end are one', () => {
		const empty = Array.from({ length: 2_000 }, (_, n) => ({ data: [], next_cursor: `e${n}` }));
		expect(() => readPages(empty)).toThrow(/keeps sending the same page/);
	});

	test.each([
		['page', { page: 1, total_pages: 3 }],
		['offset', { offset: 0, total: 3 }],
		['page counted from 0', { page: 0, total_pages: 3 }],
	])('a page that is not the one asked for (%s) is refused', (_what, members) => {
		const stuck = (id: number) => ({ data: [{ id }], ...members });
		expect(() => readPages([stuck(1), stuck(2)])).toThrow(
			'The list is not whole: AUDITDEX sent another page than the one asked for',
		);
	});
});

describe('the end of a list', () => {
	const data = (...ids: number[]) => ({ data: ids.map((id) => ({ id })) });

	test.each<[what: string, pages: object[]]>([
		['by pages', [1, 2].map((page) => ({ ...data(page), page, total_pages: 2, total: 3 }))],
		[
			'by offset',
			[
				{ ...data(1, 2), offset: 0, limit: 2, total: 4 },
				{ ...data(3), offset: 2, limit: 2, total: 4 },
				{ ...data(), offset: 3, limit: 2, total: 4 },
			],
		],
		[
			'by cursor',
			[
				{ ...data(1), next_cursor: 'a', total: 3 },
				{ ...data(2), next_cursor: null },
			],
		],
		[
			'by cursor, with more pages',
			[
				{ ...data(1), next_cursor: 'a', total_pages: 3 },
				{ ...data(2), total_pages: 3 },
			],
		],
		[
			'by URL',
			[
				{ ...data(1), next: '?a', count: 3 },
				{ ...data(2), next: null, count: 3 },
			],
		],
	])('with fewer than were counted (%s) is none', (_what, pages) => {
		expect(() => readPages(pages)).toThrow(PartialListError);
		expect(() => readPages(pages)).toThrow(/not whole/);
	});

	test.each<[what: string, pages: object[], ids: number[]]>([
		[
			'the last page is reached',
			[
				{ ...data(1), page: 1, total_pages: 2 },
				{ ...data(2), page: 2, total_pages: 2 },
			],
			[1, 2],
		],
		[
			'pages are no longer as many',
			[
				{ ...data(1), page: 1, total_pages: 2 },
				{ ...data(2), page: 2, total_pages: 1 },
			],
			[1, 2],
		],
		[
			'last_page is reached',
			[
				{ ...data(1), current_page: 1, last_page: 2 },
				{ ...data(2), current_page: 2, last_page: 2 },
			],
			[1, 2],
		],
		[
			'one was removed meanwhile',
			[
				{ ...data(1), next_cursor: 'a', total: 3 },
				{ ...data(2), total: 2 },
			],
			[1, 2],
		],
		[
			'the count is of each page',
			[
				{ ...data(1, 2), offset: 0, limit: 2, count: 2 },
				{ ...data(3), offset: 2, limit: 2, count: 1 },
			],
			[1, 2, 3],
		],
		[
			'the last page is empty',
			[
				{ ...data(1), page: 1, per_page: 1 },
				{ ...data(), page: 2, per_page: 1 },
			],
			[1],
		],
		[
			'a cursor is the page’s own',
			[
				{ ...data(1), cursor: 'a' },
				{ ...data(2), cursor: 'a' },
			],
			[1, 2],
		],
		[
			'a URL led there, and page numbers don’t end',
			[
				{ ...data(1), page: 1, next: '?page=2' },
				{ ...data(2), page: 2 },
			],
			[1, 2],
		],
		[
			'the page is full in Spring’s words',
			[{ content: [{ id: 1 }], number: 0, size: 20, totalPages: 1, numberOfElements: 1 }],
			[1],
		],
		[
			'pages overlap',
			[
				{ ...data(1, 2), offset: 0, has_more: true },
				{ ...data(2, 3), offset: 2, has_more: false },
			],
			[1, 2, 3],
		],
	])('is one where %s', (_what, pages, ids) => {
		expect(readPages(pages)).toEqual(ids);
	});
});
