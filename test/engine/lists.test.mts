import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { INodeParameters } from 'n8n-workflow';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { DEAD_ENDS, PAGINATION_STYLES } from '../../sandbox/api/pagination.mts';
import { openAccount, type Account } from './harness/account.mts';
import { getAll } from './harness/parameters.mts';
import { startService, type Service } from './harness/service.mts';
import { requestsSeen } from './harness/traffic.mts';

/** Lists in every form, read no further than wanted and never without end. */
let account: Account;
let service: Service | undefined;
let paged: Account;
beforeAll(async () => {
	[account, paged] = await Promise.all([openAccount(), openAccount({ seed: 60, pageSize: 25 })]);
});
afterAll(async () => await Promise.all([account.close(), paged.close()]));
afterEach(async () => {
	await service?.close();
	service = undefined;
});

const NOT_WHOLE = /^The list is not whole: /;
const LEADING_ON = PAGINATION_STYLES.filter((style) => !DEAD_ENDS.includes(style));

describe.each(LEADING_ON)('pages by %s', (pagination) => {
	beforeAll(async () => {
		const listKey = pagination === '_links.next' ? '_embedded.engagements' : 'data';
		await paged.sandbox.admin.setPagination({ pagination, listKey });
	});

	test.each<[what: string, more: INodeParameters, count: number, pages: number]>([
		['all of it', { returnAll: true }, 60, 3],
		['the limit by default', {}, 50, 2],
		['a limit within the first page', { limit: 3 }, 3, 1],
		['a limit at the end of a page', { limit: 25 }, 25, 1],
		['a limit behind it', { limit: 26 }, 26, 2],
		['a limit given as text', { limit: '={{ "26" }}' }, 26, 2],
		['a limit beyond the end', { limit: 1_000 }, 60, 3],
	])('%s', async (_what, more, count, pages) => {
		await paged.sandbox.admin.resetStats();
		const { output } = await paged.run(getAll(more), [{ json: {} }]);
		expect(output).toHaveLength(count);
		expect(new Set(output.map(({ json }) => json.id)).size).toBe(count);
		expect(await requestsSeen(paged.sandbox)).toMatchObject({ listEngagements: pages });
	});
});

/** Runs Get Many against a service that answers each page as the test says. */
async function read(
	more: INodeParameters,
	page: (query: URLSearchParams, reply: FastifyReply, request: FastifyRequest) => unknown,
) {
	service = await startService((request, reply) =>
		page(new URL(request.url, 'http://x').searchParams, reply, request),
	);
	const other = await account.withCredential({ baseUrl: service.baseUrl });
	return await other.run(getAll(more), [{ json: {} }]);
}

const idsFrom = (start: number, count: number) =>
	Array.from({ length: count }, (_, n) => ({ id: `eng_${start + n}`, name: `Audit ${start + n}` }));

test.each(DEAD_ENDS)(
	'a list that leads nowhere (%s) is refused once there is more',
	async (style) => {
		await paged.sandbox.admin.setPagination({ pagination: style, listKey: 'data' });
		const all = await paged.run(getAll({ returnAll: true }), [{ json: {} }]);
		expect(all).toMatchObject({ status: 'error', error: { name: 'NodeApiError' } });
		expect(all.error?.message).toMatch(NOT_WHOLE);
		expect(all.error?.description).toMatch(/Limit to 25 or less/);
		const first = await paged.run(getAll({ limit: 25 }), [{ json: {} }]);
		expect(first).toMatchObject({ status: 'success' });
		expect(first.output).toHaveLength(25);
	},
);

test.each(['repeats', 'stuck', 'drops'] as const)(
	'a list that goes wrong is refused: %s',
	async (listFault) => {
		const { admin } = paged.sandbox;
		await admin.setPagination({ pagination: 'offset', listKey: 'data', listFault });
		const { status, error } = await paged.run(getAll({ returnAll: true }), [{ json: {} }]);
		await admin.setPagination({ listFault: 'none' });
		expect(status).toBe('error');
		expect(error?.message).toMatch(NOT_WHOLE);
	},
);

test('with Continue on Fail, an item whose list is not whole says so, with what to do', async () => {
	await paged.sandbox.admin.setPagination({ pagination: 'total', listKey: 'data' });
	const { output } = await paged.run(getAll({ returnAll: true }), [{ json: {} }], {
		node: { onError: 'continueRegularOutput' },
	});
	expect(output).toEqual([
		expect.objectContaining({
			json: {
				error: expect.stringMatching(NOT_WHOLE),
				problem: {
					type: 'about:blank',
					title: expect.stringMatching(NOT_WHOLE),
					detail: expect.stringContaining('It counts 60 engagements, and 25 could be read'),
				},
			},
		}),
	]);
});

test('a next URL is used as it came', async () => {
	const { output } = await read({ limit: 12 }, (query) => {
		const size = Number(query.get('per_page') ?? 10);
		const after = Number(query.get('after') ?? 0);
		return {
			data: idsFrom(after, size),
			links: { next: `/v1/engagements?per_page=10&after=${after + size}&x=a%20b` },
		};
	});
	expect(output).toHaveLength(12);
	expect(service?.requests).toEqual([
		'GET /v1/engagements',
		'GET /v1/engagements?per_page=10&after=10&x=a%20b',
	]);
});

/** Services in other words than the sandbox's: 61 engagements, 20 a page. */
const TOTAL = 61;
const part = (from: number, size = 20) => idsFrom(from, Math.max(0, Math.min(size, TOTAL - from)));

test.each<[what: string, page: Parameters<typeof read>[1]]>([
	[
		'Spring with HAL',
		(query) => {
			const number = Number(query.get('page') ?? 0);
			return {
				_embedded: { engagementDtoList: part(number * 20) },
				page: { number, size: 20, totalElements: TOTAL, totalPages: 4 },
			};
		},
	],
	[
		'SCIM',
		(query) => {
			const startIndex = Number(query.get('startIndex') ?? 1);
			return { Resources: part(startIndex - 1), startIndex, itemsPerPage: 20, totalResults: TOTAL };
		},
	],
	[
		'Bitbucket',
		(query) => {
			const start = Number(query.get('start') ?? 0);
			const values = part(start);
			const isLastPage = start + 20 >= TOTAL;
			const next = isLastPage ? {} : { nextPageStart: start + 20 };
			return { values, size: values.length, limit: 20, isLastPage, start, ...next };
		},
	],
	[
		'Flask-SQLAlchemy',
		(query) => {
			const page = Number(query.get('page') ?? 1);
			const next_num = page < 4 ? page + 1 : null;
			return { items: part(page * 20 - 20), page, pages: 4, per_page: 20, next_num };
		},
	],
	[
		'page numbers until a page is empty',
		(query) => {
			const page = Number(query.get('page') ?? 1);
			return { engagements: part(page * 20 - 20), page };
		},
	],
	[
		'offset until a page is not full',
		(query) => {
			const offset = Number(query.get('offset') ?? 0);
			return { data: { engagements: part(offset) }, meta: { paging: { offset, limit: 20 } } };
		},
	],
	[
		'Content-Range beside a link',
		(query, reply) => {
			const from = Number(query.get('from') ?? 0);
			const next = from + 20 < TOTAL ? [`<?from=${from + 20}>; rel=next`] : [];
			return reply
				.header('content-range', `items ${from}-${from + 19}/${TOTAL}`)
				.header('link', ['<?from=0>; rel=first', ...next])
				.send(part(from));
		},
	],
	[
		'a cursor whose value is a number, beside text numbers',
		(query) => {
			const from = Number(query.get('cursor') ?? 0);
			const nextCursor = from + 20 < TOTAL ? from + 20 : -1;
			return { results: part(from), paging: { nextCursor, totalResults: `${TOTAL}` } };
		},
	],
	[
		'pages that items are left out of, after counting',
		(query) => {
			const offset = Number(query.get('offset') ?? 0);
			const all = idsFrom(0, 80).map((item, n) => ({ ...item, hidden: n % 4 === 1 && n < 76 }));
			const data = all.slice(offset, offset + 20).filter(({ hidden }) => !hidden);
			return { data, offset, limit: 20, has_more: offset + 20 < 80, total: TOTAL };
		},
	],
])('all engagements come from a service like this: %s', async (_what, page) => {
	const { output, error } = await read({ returnAll: true }, page);
	expect(error).toBeUndefined();
	expect(new Set(output.map(({ json }) => json.id)).size).toBe(TOTAL);
	expect(output).toHaveLength(TOTAL);
});

test.each<[what: string, page: Parameters<typeof read>[1]]>([
	['a page parameter that is ignored', () => ({ items: part(0), page: 1, totalPages: 4 })],
	['an offset that is ignored', () => ({ items: part(0), offset: 0, limit: 20, total: TOTAL })],
	['a count that the pages don’t reach', () => ({ items: part(0), total: TOTAL, next: null })],
	['a count in a header', (_query, reply) => reply.header('x-total-count', TOTAL).send(part(0))],
	['a cursor of its own kind', () => ({ items: part(0), continuationToken: 'abc' })],
	['a start after an ID', () => ({ object: 'list', data: part(0), has_more: true })],
	['nothing but its size', () => ({ items: part(0), page_size: 20 })],
	[
		'a next page in other numbers than it reports',
		(query) => {
			const page = Number(query.get('page') ?? 0);
			return { items: part(page * 20), page: page + 1, total_pages: 4 };
		},
	],
	[
		'items lost on the way',
		(query) => {
			const page = Number(query.get('page') ?? 1);
			return { items: part(page * 20 - 20).slice(1), page, per_page: 20, total: TOTAL };
		},
	],
])('a part is never output as the whole: %s', async (_what, page) => {
	const { status, error, output } = await read({ returnAll: true }, page);
	expect({ status, count: output.length }).toEqual({ status: 'error', count: 0 });
	expect(error?.message).toMatch(NOT_WHOLE);
	expect(service!.requests.length).toBeLessThan(10);
});

test('empty pages in the middle are passed over', async () => {
	const { output } = await read({ returnAll: true }, (query) => {
		const cursor = Number(query.get('cursor') ?? 0);
		return {
			data: cursor % 5 === 0 ? idsFrom(cursor, 2) : [],
			next_cursor: cursor < 20 ? cursor + 1 : null,
		};
	});
	expect(output.map(({ json }) => json.id)).toEqual(
		[0, 5, 10, 15, 20].flatMap((n) => [`eng_${n}`, `eng_${n + 1}`]),
	);
});

describe('a list that never ends stops with a sentence', () => {
	const LOOP = /keeps sending the same page/;

	test.each<[what: string, page: Parameters<typeof read>[1]]>([
		['its cursor stays', () => ({ data: idsFrom(0, 2), next_cursor: 'again' })],
		[
			'its cursors go round',
			(query) => ({
				data: idsFrom(Number(query.get('cursor') ?? 0), 1),
				next_cursor: String((Number(query.get('cursor') ?? 0) % 3) + 1),
			}),
		],
		[
			'its pages repeat under new cursors',
			(query) => ({
				data: idsFrom(0, 2),
				next_cursor: String(Number(query.get('cursor') ?? 0) + 1),
			}),
		],
		['its next URL is its own', () => ({ data: idsFrom(0, 2), next: '/v1/engagements' })],
		[
			'its pages are empty',
			(query) => ({ data: [], next_cursor: String(Number(query.get('cursor') ?? 0) + 1) }),
		],
	])('%s', async (_what, page) => {
		const { status, error } = await read({ returnAll: true }, page);
		expect(status).toBe('error');
		expect(error).toMatchObject({ name: 'NodeApiError', message: expect.stringMatching(LOOP) });
		expect(service!.requests.length).toBeLessThan(1_100);
	});
});

test.each(['Link header', 'body'])(
	'a next page on another server (%s) is refused, as it would get the token',
	async (where) => {
		const elsewhere = await startService(() => ({ data: [] }));
		const next = `${elsewhere.baseUrl}/engagements?cursor=1`;
		const { status, error } = await read({ returnAll: true }, (_query, reply) =>
			where === 'body'
				? { data: idsFrom(0, 2), next }
				: reply.header('link', `<${next}>; rel="next"`).send(idsFrom(0, 2)),
		);
		expect(status).toBe('error');
		expect(error?.message).toMatch(/another server/);
		expect(elsewhere.requests).toEqual([]);
		await elsewhere.close();
	},
);

test('100,000 engagements take the memory of their output, no more', async () => {
	setFlagsFromString('--expose-gc');
	const collectGarbage = runInNewContext('gc') as () => void;
	const used = () => {
		collectGarbage();
		return process.memoryUsage().heapUsed;
	};
	const [COUNT, SIZE, MIB] = [100_000, 200, 1024 * 1024];
	const samples: Array<{ share: number; bytes: number }> = [];
	const before = used();
	const { output } = await read({ returnAll: true }, (query) => {
		const after = Number(query.get('cursor') ?? 0);
		if (after % 10_000 === 0) samples.push({ share: after / COUNT, bytes: used() - before });
		const end = after + SIZE;
		// Much that isn't put out, so that keeping it would show.
		const more = { padding: 'x'.repeat(200_000) };
		return { data: idsFrom(after, SIZE), next_cursor: end < COUNT ? String(end) : null, ...more };
	});
	const whole = used() - before;
	expect(output).toHaveLength(COUNT);
	expect(output.at(-1)?.json).toEqual({ id: 'eng_99999', name: 'Audit 99999' });
	console.log(
		`100,000 engagements: ${Math.round(whole / MIB)} MiB of output, while reading at most ` +
			`${Math.round(Math.max(...samples.map(({ bytes }) => bytes)) / MIB)} MiB`,
	);
	// What has been put out so far, and room for what is under way.
	for (const { share, bytes } of samples) expect(bytes).toBeLessThan(whole * share + 24 * MIB);
});
