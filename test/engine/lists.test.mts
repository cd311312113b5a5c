import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { INodeParameters } from 'n8n-workflow';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { PAGINATION_STYLES } from '../../sandbox/api/pagination.mts';
import { openAccount, type Account } from './harness/account.mts';
import { getAll } from './harness/parameters.mts';
import { startService, type Service } from './harness/service.mts';
import { requestsSeen } from './harness/traffic.mts';

/** Lists in every form, read no further than wanted and never without end. */
let account: Account;
let service: Service | undefined;
beforeAll(async () => {
	account = await openAccount();
});
afterAll(async () => await account.close());
afterEach(async () => {
	await service?.close();
	service = undefined;
});

describe.each(PAGINATION_STYLES)('pages by %s', (pagination) => {
	let paged: Account;
	beforeAll(async () => {
		paged = await openAccount({ pagination, seed: 60, pageSize: 25 });
	});
	afterAll(async () => await paged.close());

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

test('the next page is asked for no more than is still wanted, where its URL tells how', async () => {
	const { output } = await read({ limit: 12 }, (query) => {
		const size = Number(query.get('per_page') ?? 10);
		const after = Number(query.get('after') ?? 0);
		return {
			data: idsFrom(after, size),
			links: { next: `/v1/engagements?per_page=10&after=${after + size}` },
		};
	});
	expect(output).toHaveLength(12);
	expect(service?.requests).toEqual([
		'GET /v1/engagements',
		'GET /v1/engagements?per_page=2&after=10',
	]);
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
