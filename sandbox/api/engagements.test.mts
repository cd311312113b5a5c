import { describe, expect, test } from 'vitest';

import { startSandbox, type Sandbox } from '../server.mts';
import { authorized, call, type Reply } from '../testing/api.mts';
import {
	DEAD_ENDS,
	LIST_KEYS,
	PAGINATION_STYLES,
	type ListFault,
	type PaginationStyle,
} from './pagination.mts';

const COUNT = 23;
const LIST_PATH = '/v1/engagements';

/** How a client finds the next page of each style: its path, or undefined on the last one. */
const NEXT: Record<PaginationStyle, (reply: Reply) => string | undefined> = {
	link: ({ headers }) => pathOf(/<([^>]+)>; rel="next"/.exec(headers.link ?? '')?.[1]),
	next: ({ json }) => pathOf(json.next),
	next_url: ({ json }) => pathOf(json.next_url),
	'links.next': ({ json }) => pathOf(json.links.next),
	'links[]': ({ json }) =>
		pathOf(json.links.find(({ rel }: { rel: string }) => rel === 'next')?.href),
	'pagination.next': ({ json }) => pathOf(json.pagination.next),
	'@odata.nextLink': ({ json }) => pathOf(json['@odata.nextLink']),
	next_page_url: ({ json }) => pathOf(json.next_page_url),
	'meta.pagination.links.next': ({ json }) => pathOf(json.meta.pagination.links.next),
	'_links.next': ({ json }) => pathOf(json._links.next?.href),
	next_cursor: ({ json }) => query('cursor', json.next_cursor),
	'pagination.next_cursor': ({ json }) => query('cursor', json.pagination.next_cursor),
	'meta.next_cursor': ({ json }) => query('cursor', json.meta.next_cursor),
	'cursor.next': ({ json }) => query('cursor', json.cursor.next),
	next_page_token: ({ json }) => query('page_token', json.next_page_token),
	next_page: ({ json }) => query('page', json.meta.next_page),
	'x-next-page': ({ headers }) => query('page', headers['x-next-page'] || null),
	total_pages: ({ json }) => query('page', json.page < json.total_pages ? json.page + 1 : null),
	has_more: ({ json }) => query('page', json.has_more ? json.page + 1 : null),
	current_page: ({ json: { meta } }) =>
		query('page', meta.current_page < meta.last_page ? meta.current_page + 1 : null),
	per_page: ({ json }) =>
		query('page', json.page * json.per_page < json.total ? json.page + 1 : null),
	number: ({ json }) => query('page', json.last ? null : json.number + 1),
	page_index: ({ json }) =>
		query(
			'page_index',
			(json.page_index + 1) * json.page_size < json.total_count ? json.page_index + 1 : null,
		),
	page: ({ json }) => query('page', json.data.length === json.per_page ? json.page + 1 : null),
	offset: ({ json }) => nextOffset('offset', json.offset + json.limit, json.total),
	'meta.pagination.offset': ({ json: { meta } }) =>
		nextOffset(
			'offset',
			meta.pagination.offset + meta.pagination.limit,
			meta.pagination.total_count,
		),
	skip: ({ json }) => nextOffset('skip', json.skip + json.take, json.total_results),
	start_at: ({ json }) => query('start_at', json.is_last ? null : json.start_at + json.max_results),
	count: ({ json: { paging } }) => nextOffset('offset', paging.offset + paging.limit, paging.count),
	page_count: ({ json }) =>
		query('offset', json.count === json.limit ? json.offset + json.limit : null),
	total: () => undefined,
	'x-total-count': () => undefined,
	more: () => undefined,
	limit: () => undefined,
	opaque: () => undefined,
};
const LEADING_ON = PAGINATION_STYLES.filter((style) => !DEAD_ENDS.includes(style));

const nextOffset = (name: string, offset: number, total: number) =>
	query(name, offset < total ? offset : null);
const pathOf = (url?: string | null) =>
	url ? new URL(url).pathname + new URL(url).search : undefined;
const query = (name: string, value: string | number | null) =>
	value ? `${LIST_PATH}?${name}=${value}` : undefined;

const itemsOf = ({ json }: Reply, key = 'data') =>
	(Array.isArray(json) ? json : json[key]) as Array<{ id: string }>;

async function withSandbox(
	options: Parameters<typeof startSandbox>[0],
	work: (get: (path?: string) => Promise<Reply>, sandbox: Sandbox) => Promise<void>,
): Promise<void> {
	const sandbox = await startSandbox({ seed: COUNT, pageSize: 5, ...options });
	try {
		const headers = await authorized(sandbox);
		await work(async (path = LIST_PATH) => await call(sandbox, path, { headers }), sandbox);
	} finally {
		await sandbox.close();
	}
}

describe.each(LEADING_ON)('pages in the style %s', (pagination) => {
	test('lead through the whole list, each engagement once', async () => {
		await withSandbox({ pagination }, async (get) => {
			const sizes: number[] = [];
			const ids = new Set<string>();
			for (let path: string | undefined = LIST_PATH; path; ) {
				const page = await get(path);
				expect(page.status).toBe(200);
				sizes.push(itemsOf(page).length);
				for (const { id } of itemsOf(page)) ids.add(id);
				path = NEXT[pagination](page);
			}
			expect(sizes).toEqual([5, 5, 5, 5, 3]);
			expect(ids.size).toBe(COUNT);
		});
	});

	test('can be made smaller, and refuse what they do not know', async () => {
		await withSandbox({ pagination }, async (get) => {
			expect(itemsOf(await get(`${LIST_PATH}?limit=2`))).toHaveLength(2);
			for (const wrong of ['limit=0', 'limit=201', 'limit=x', 'limit=1&limit=2', 'sort=name']) {
				const answer = await get(`${LIST_PATH}?${wrong}`);
				expect([wrong, answer.status]).toEqual([wrong, 400]);
				const [field] = wrong.split('=');
				expect(answer.json.errors).toMatchObject([{ field }]);
			}
			const position = ['cursor', 'page_token', 'page', 'page_index', 'offset', 'skip', 'start_at'];
			const answers = await Promise.all(
				position.map(async (name) => (await get(`${LIST_PATH}?${name}=@@`)).status),
			);
			expect(new Set(answers)).toEqual(new Set([400]));
		});
	});
});

test.each<[PaginationStyle, told: object | undefined, header?: string]>([
	['total', { total: COUNT }],
	['x-total-count', undefined, String(COUNT)],
	['more', { has_more: true }],
	['limit', { limit: 5 }],
	['opaque', { next: expect.any(String) }],
])('the style %s tells that there is more, and not where', async (pagination, told, header) => {
	await withSandbox({ pagination }, async (get) => {
		const reply = await get();
		const { data, ...members } = told ? reply.json : { data: reply.json };
		expect(data).toHaveLength(5);
		expect(members).toEqual(told ?? {});
		expect(reply.headers['x-total-count']).toBe(header);
	});
});

test.each(LIST_KEYS)('the list stands under "%s" where that is chosen', async (listKey) => {
	await withSandbox({ listKey }, async (get) => {
		const path = listKey.split('.');
		const { json } = await get();
		expect(path.reduce((inner, name) => inner[name], json)).toHaveLength(5);
		// What is said about paging stands beside it, and outside of HAL's `_embedded`.
		const beside = path[0] === '_embedded' ? [] : path.slice(0, -1);
		expect(beside.reduce((inner, name) => inner[name], json).next_cursor).toEqual(
			expect.any(String),
		);
	});
});

test('names are in camel case and numbers are text where that is chosen', async () => {
	const shape = { nameCase: 'camel', textNumbers: true } as const;
	await withSandbox({ ...shape, pagination: 'page_index' }, async (get, { admin }) => {
		const { data, ...members } = (await get(`${LIST_PATH}?pageIndex=2`)).json;
		expect(members).toEqual({ pageIndex: '2', pageSize: '5', totalCount: '23' });
		expect((await get(`${LIST_PATH}?page_index=2`)).status).toBe(400);
		await admin.setPagination({ pagination: 'meta.pagination.links.next', nameCase: 'snake' });
		const { meta } = (await get()).json;
		expect(meta.pagination).toMatchObject({ total: '23', count: '5', total_pages: '5' });
	});
});

test.each(LEADING_ON.filter((style) => !['page', 'page_count'].includes(style)))(
	'every second page is empty where that is chosen (%s)',
	async (pagination) => {
		await withSandbox({ pagination, emptyPages: true }, async (get) => {
			const sizes: number[] = [];
			// Where offsets go on beyond the count of all, a client can't tell that they do.
			const places = pagination.match(/offset|skip|count|per_page|page_index/) ? 23 : 43;
			for (let path: string | undefined = LIST_PATH; path; ) {
				const page = await get(path);
				sizes.push(itemsOf(page).length);
				path = NEXT[pagination](page);
			}
			expect(sizes).toEqual([5, 0, 5, 0, 5, 0, 5, 0, 3].slice(0, Math.ceil(places / 5)));
		});
	},
);

test.each<[ListFault, offset: number, sizes: number[]]>([
	['repeats', 5, [5, 5]],
	['stuck', 0, [5, 5]],
	['drops', 5, [4, 4]],
])('a list that goes wrong: %s', async (listFault, offset, sizes) => {
	await withSandbox({ pagination: 'offset', listFault }, async (get) => {
		const pages = [await get(), await get(`${LIST_PATH}?offset=5`)];
		expect(pages.map((page) => itemsOf(page).length)).toEqual(sizes);
		expect(pages[1]!.json).toMatchObject({ offset, total: COUNT });
		const isSame = itemsOf(pages[0]!)[0]!.id === itemsOf(pages[1]!)[0]!.id;
		expect(isSame).toBe(listFault !== 'drops');
	});
});

test('how lists are paged can be changed while it runs', async () => {
	await withSandbox({}, async (get, { admin }) => {
		await admin.setPagination({ pagination: 'offset', listKey: 'items', pageSize: 10 });
		const { json } = await get(`${LIST_PATH}?offset=20`);
		expect(json).toMatchObject({ offset: 20, limit: 10, total: COUNT });
		expect(json.items).toHaveLength(3);
		await expect(admin.setPagination({ pagination: 'by hand' as 'offset' })).rejects.toThrow(
			/pagination/,
		);
	});
});

test('an engagement that changes keeps its place', async () => {
	await withSandbox({}, async (get, sandbox) => {
		const before = itemsOf(await get()).map(({ id }) => id);
		await sandbox.admin.completeEngagement(before[1]!);
		const after = itemsOf(await get());
		expect(after.map(({ id }) => id)).toEqual(before);
		expect(after[1]).toMatchObject({ status: 'completed' });
	});
});
