import { describe, expect, test } from 'vitest';

import { LIST_KEYS } from '../options.mts';
import { startSandbox, type Sandbox } from '../server.mts';
import { authorized, call, type Reply } from '../testing/api.mts';
import { PAGINATION_STYLES, type PaginationStyle } from './pagination.mts';

const COUNT = 23;
const LIST_PATH = '/v1/engagements';

/** How a client finds the next page of each style: its path, or undefined on the last one. */
const NEXT: Record<PaginationStyle, (reply: Reply) => string | undefined> = {
	link: ({ headers }) => pathOf(/<([^>]+)>; rel="next"/.exec(headers.link ?? '')?.[1]),
	next: ({ json }) => pathOf(json.next),
	next_url: ({ json }) => pathOf(json.next_url),
	'links.next': ({ json }) => pathOf(json.links.next),
	'pagination.next': ({ json }) => pathOf(json.pagination.next),
	next_cursor: ({ json }) => query('cursor', json.next_cursor),
	'pagination.next_cursor': ({ json }) => query('cursor', json.pagination.next_cursor),
	'meta.next_cursor': ({ json }) => query('cursor', json.meta.next_cursor),
	next_page_token: ({ json }) => query('page_token', json.next_page_token),
	total_pages: ({ json }) => query('page', json.page < json.total_pages ? json.page + 1 : null),
	has_more: ({ json }) => query('page', json.has_more ? json.page + 1 : null),
};

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

describe.each(PAGINATION_STYLES)('pages in the style %s', (pagination) => {
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
			const position = ['cursor', 'page_token', 'page'];
			const answers = await Promise.all(
				position.map(async (name) => (await get(`${LIST_PATH}?${name}=@@`)).status),
			);
			expect(answers).toEqual([400, 400, 400]);
		});
	});
});

test.each(LIST_KEYS)('the list stands under "%s" where that is chosen', async (listKey) => {
	await withSandbox({ listKey }, async (get) => {
		expect(itemsOf(await get(), listKey)).toHaveLength(5);
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
