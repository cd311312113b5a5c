import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
	assertNotCutOff,
	narrowPage,
	PageLoopGuard,
	readPage,
	type PageRequest,
} from '../../../nodes/Auditdex/api/lists/pagination.ts';
import { pageOf, PAGINATION_STYLES } from '../../../sandbox/api/pagination.mts';

const URL_OF_LIST = 'https://api.augixsys.com/v1/engagements';
const NEXT = `${URL_OF_LIST}?limit=25&cursor=abc`;
const ITEMS = [{ id: 'eng_1' }, { id: 'eng_2' }];

interface Answer {
	body: unknown;
	headers?: Record<string, string>;
	/** The address the page came from, where it matters. */
	url?: string;
}

const read = ({ body, headers = {}, url = URL_OF_LIST }: Answer) => readPage(body, headers, url);
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
	['next as a path', inBody({ next: '/v1/engagements?p=2' }), { url: `${URL_OF_LIST}?p=2` }],
	['next as a query', inBody({ next: '?p=2' }), { url: `${URL_OF_LIST}?p=2` }],
	['next beside the list', inBody({ next: 'engagements?p=2' }), { url: `${URL_OF_LIST}?p=2` }],
	['next null', inBody({ next: null, links: { next: null } }), undefined],
	['next empty', inBody({ next: '', pagination: { next: '' } }), undefined],
	['next false', inBody({ next: false }), undefined],
	['next before a cursor', inBody({ next: NEXT, next_cursor: 'xyz' }), { url: NEXT }],
	// A cursor
	['next_cursor', inBody({ next_cursor: 'a b+c' }), { query: { cursor: 'a b+c' } }],
	['next_cursor as a number', inBody({ next_cursor: 25 }), { query: { cursor: '25' } }],
	[
		'pagination.next_cursor',
		inBody({ pagination: { next_cursor: 'x' } }),
		{ query: { cursor: 'x' } },
	],
	['meta.next_cursor', inBody({ meta: { next_cursor: 'x' } }), { query: { cursor: 'x' } }],
	['next_page_token', inBody({ next_page_token: 'x' }), { query: { page_token: 'x' } }],
	[
		'meta.next_page_token',
		inBody({ meta: { next_page_token: 'x' } }),
		{ query: { page_token: 'x' } },
	],
	['cursor null', inBody({ next_cursor: null, meta: { next_cursor: null } }), undefined],
	['cursor empty', inBody({ next_cursor: '', next_page_token: '' }), undefined],
	['cursor 0, which is the start', inBody({ next_cursor: 0 }), undefined],
	['cursor “0”', inBody({ next_cursor: '0' }), undefined],
	['cursor that is no text', inBody({ next_cursor: { a: 1 } }), undefined],
	['cursor, but no more', inBody({ next_cursor: 'x', has_more: false }), undefined],
	[
		'cursor, but no more beside it',
		inBody({ pagination: { next_cursor: 'x', has_more: false } }),
		undefined,
	],
	[
		'cursor before page numbers',
		inBody({ next_cursor: 'x', page: 1, total_pages: 3 }),
		{ query: { cursor: 'x' } },
	],
	// Page numbers
	['total_pages', inBody({ page: 1, total_pages: 3 }), { query: { page: 2 } }],
	['total_pages as text', inBody({ page: '2', total_pages: '3' }), { query: { page: 3 } }],
	['total_pages, last page', inBody({ page: 3, total_pages: 3 }), undefined],
	['total_pages, past the last page', inBody({ page: 4, total_pages: 3 }), undefined],
	['no pages', inBody({ page: 1, total_pages: 0 }), undefined],
	['meta.total_pages', inBody({ meta: { page: 1, total_pages: 2 } }), { query: { page: 2 } }],
	['has_more', inBody({ page: 1, has_more: true }), { query: { page: 2 } }],
	['has_more false', inBody({ page: 1, has_more: false }), undefined],
	['has_more false, pages left', inBody({ page: 1, has_more: false, total_pages: 9 }), undefined],
	['page without more', inBody({ page: 1 }), undefined],
	// None
	['nothing', inBody({}), undefined],
	['a bare list', { body: ITEMS }, undefined],
];

describe('the next page', () => {
	test.each(NEXT_PAGES)('%s', (_what, answer, next) => {
		expect(read(answer)).toEqual({ items: ITEMS, ...(next && { next }) });
	});

	test('is resolved against the page that names it', () => {
		const url = 'https://api.augixsys.com/v1/engagements?limit=25&cursor=abc';
		expect(read({ ...inBody({ next: '?cursor=def' }), url }).next).toEqual({
			url: 'https://api.augixsys.com/v1/engagements?cursor=def',
		});
	});

	test.each<[what: string, members: object]>([
		['more without a page', { has_more: true }],
		['more within meta', { meta: { has_more: true } }],
		['an opaque next', { next: 'eyJhZnRlciI6NX0' }],
		['an opaque next with a slash', { next: 'YWJj/ZGVm=' }],
		['a number', { pagination: { next: 2 } }],
	])('%s: more follows, but nobody knows where', (_what, members) => {
		const page = read(inBody(members));
		expect(page).toEqual({ items: ITEMS, cutOff: true });
		expect(() => assertNotCutOff(page)).toThrow('does not tell where the list goes on');
	});

	test.each(NEXT_PAGES)('%s: nothing is cut off', (_what, answer) => {
		expect(() => assertNotCutOff(read(answer))).not.toThrow();
	});
});

describe('a next page on another origin is refused, as the token would go there', () => {
	test.each([
		'https://evil.example/v1/engagements',
		'http://api.augixsys.com/v1/engagements',
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
			'The next page of the list lies on another server',
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
					const page = read(inBody({ next, links: { next } }));
					if (page.next && 'url' in page.next) {
						expect(new URL(page.next.url).origin).toBe('https://api.augixsys.com');
					}
				} catch (error) {
					expect(error).toMatchObject({ message: expect.stringContaining('another server') });
				}
			}),
			{ numRuns: 1_000 },
		);
	});
});

describe('the list', () => {
	test.each(['data', 'engagements', 'items', 'results'])('is found under “%s”', (key) => {
		expect(read({ body: { [key]: ITEMS, other: [1] } }).items).toEqual(ITEMS);
	});

	test.each([null, {}, 'items'])('is found beside another member that is %j', (other) => {
		expect(read({ body: { items: other, data: ITEMS } }).items).toEqual(ITEMS);
	});

	test('may be empty', () => {
		expect(read({ body: [] }).items).toEqual([]);
		expect(read({ body: { results: [] } }).items).toEqual([]);
	});

	test.each<[what: string, body: unknown]>([
		['no list', { total: 3 }],
		['two lists', { data: [], items: [] }],
		['a list of text', { data: ['eng_1'] }],
		['a list with a list in it', [[{ id: 'eng_1' }]]],
		['a list with null in it', { data: [{ id: 'eng_1' }, null] }],
		['null', null],
		['text', 'engagements'],
	])('%s is refused, with what to check', (_what, body) => {
		expect(() => read({ body })).toThrow(
			expect.objectContaining({
				message: 'AUDITDEX sent no list where one was expected',
				description: expect.stringContaining('Base URL'),
			}),
		);
	});
});

describe('asking for no more than is wanted', () => {
	const narrowed = (url: string, wanted: number) => narrowPage({ url }, wanted);

	test.each(['limit', 'per_page', 'page_size'])('%s is lowered', (name) => {
		const url = `${URL_OF_LIST}?${name}=25&cursor=abc`;
		expect(narrowed(url, 10)).toEqual({ url: `${URL_OF_LIST}?${name}=10&cursor=abc` });
		expect(narrowed(url, 25)).toEqual({ url });
		expect(narrowed(url, 1_000)).toEqual({ url });
		expect(narrowed(url, Infinity)).toEqual({ url });
	});

	test.each(['page=3&limit=25', 'offset=50&limit=25', 'cursor=abc', 'limit=all&cursor=abc'])(
		'%s is left alone',
		(query) => {
			expect(narrowed(`${URL_OF_LIST}?${query}`, 10)).toEqual({ url: `${URL_OF_LIST}?${query}` });
		},
	);

	test('a query without a page size is left alone', () => {
		expect(narrowPage({ query: { cursor: 'abc' } }, 10)).toEqual({ query: { cursor: 'abc' } });
	});
});

describe('a list that goes round in circles', () => {
	const endless = 'AUDITDEX keeps sending the same page of the list';
	const page = (id: number, next?: string) => ({
		items: [{ id }],
		...(next && { next: { query: { cursor: next } } }),
	});

	test.each<[what: string, pages: Array<ReturnType<typeof page>>]>([
		['the same page at once', [page(1, 'a'), page(1, 'b')]],
		['the same page later', [page(1, 'a'), page(2, 'b'), page(3, 'c'), page(1, 'd')]],
		['the same cursor at once', [page(1, 'a'), page(2, 'a')]],
		['the same cursor later', [page(1, 'a'), page(2, 'b'), page(3, 'c'), page(4, 'a')]],
		['the same page, now the last', [page(1, 'a'), page(1)]],
	])('%s is noticed', (_what, pages) => {
		const guard = new PageLoopGuard();
		for (const each of pages.slice(0, -1)) guard.check(each);
		expect(() => guard.check(pages.at(-1)!)).toThrow(endless);
	});

	test('empty pages are none, as long as they lead on', () => {
		const guard = new PageLoopGuard();
		for (let n = 0; n < 1_000; n++) {
			guard.check({ items: [], next: { query: { cursor: String(n) } } });
		}
		guard.check(page(1, 'on'));
		guard.check({ items: [] });
	});

	test('empty pages without end are one', () => {
		const guard = new PageLoopGuard();
		expect(() => {
			for (let n = 0; n < 2_000; n++) {
				guard.check({ items: [], next: { query: { cursor: String(n) } } });
			}
		}).toThrow(endless);
	});
});

/** Reads the sandbox's list to its end, as the client does. */
function readAll(style: (typeof PAGINATION_STYLES)[number], count: number, pageSize: number) {
	const all = Array.from({ length: count }, (_, n) => ({ id: n }));
	const guard = new PageLoopGuard();
	const items: unknown[] = [];
	let requests = 0;
	let query: Record<string, unknown> = {};
	for (;;) {
		requests += 1;
		const { body, headers } = pageOf(
			{
				style,
				listKey: 'results',
				pageSize,
				url: URL_OF_LIST,
				count,
				slice: (offset, limit) => all.slice(offset, offset + limit),
			},
			Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(value)])),
		);
		const page = readPage(body, headers, URL_OF_LIST);
		guard.check(page);
		items.push(...page.items);
		if (!page.next) return { items, all, requests };
		query =
			'url' in page.next
				? Object.fromEntries(new URL(page.next.url).searchParams)
				: page.next.query;
	}
}

test.each(PAGINATION_STYLES)('%s: every item comes once, in order, whatever the sizes', (style) => {
	fc.assert(
		fc.property(
			fc.integer({ min: 0, max: 300 }),
			fc.integer({ min: 1, max: 50 }),
			(count, size) => {
				const { items, all, requests } = readAll(style, count, size);
				expect(items).toEqual(all);
				expect(requests).toBe(Math.max(1, Math.ceil(count / size)));
			},
		),
	);
});
