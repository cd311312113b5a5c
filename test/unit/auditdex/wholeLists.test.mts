import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { ListWalk } from '../../../nodes/Auditdex/api/lists/listWalk.ts';
import { PartialListError } from '../../../nodes/Auditdex/api/lists/partialList.ts';
import {
	DEAD_ENDS,
	LIST_FAULTS,
	LIST_KEYS,
	NAME_CASES,
	pageOf,
	PAGINATION_STYLES,
	type ListShape,
	type PaginationStyle,
} from '../../../sandbox/api/pagination.mts';

/** Lists of every shape the sandbox has: all of them comes, or what says that it isn't all. */
const URL_OF_LIST = 'http://127.0.0.1/v1/engagements';
/** Their last page is one that isn't full, so that an empty one can't be told from it. */
const END_UNSAID: PaginationStyle[] = ['page', 'page_count'];
/** They neither count nor number what they send: an item that is missing leaves no trace. */
const COUNTED = PAGINATION_STYLES.filter((style) => {
	const { body, headers } = pageOf(listOf({ pagination: style, pageSize: 2 }, 5), {});
	return /total(?!_pages)|"@odata.count"|"count":5/.test(JSON.stringify([body, headers]));
});

function listOf(shape: Partial<ListShape>, count: number) {
	const all = Array.from({ length: count }, (_, n) => ({ id: `eng_${n}` }));
	return {
		pagination: 'next_cursor' as const,
		listKey: 'data' as const,
		pageSize: 25,
		nameCase: 'snake' as const,
		textNumbers: false,
		emptyPages: false,
		listFault: 'none' as const,
		...shape,
		url: URL_OF_LIST,
		count,
		slice: (offset: number, limit: number) => all.slice(offset, offset + limit),
	};
}

interface Reading {
	ids: unknown[];
	requests: number;
	error?: unknown;
}

/** Reads a list as the client does. */
function readAll(shape: Partial<ListShape>, count: number, limit = Infinity): Reading {
	const list = listOf(shape, count);
	const walk = ListWalk.start(URL_OF_LIST);
	const reading: Reading = { ids: [], requests: 0 };
	try {
		do {
			const { url, query = {} } = walk.request;
			const parameters = new URL(url).searchParams;
			for (const [name, value] of Object.entries(query)) parameters.set(name, String(value));
			const { body, headers } = pageOf(list, Object.fromEntries(parameters));
			// As it comes over the wire.
			const items = walk.take(JSON.parse(JSON.stringify(body)), headers);
			reading.ids.push(...items.map(({ id }) => id).slice(0, limit - reading.ids.length));
			reading.requests += 1;
		} while (reading.ids.length < limit && walk.advance());
	} catch (error) {
		reading.error = error;
	}
	return reading;
}

const firstIds = (count: number) => Array.from({ length: count }, (_, n) => `eng_${n}`);
const COUNT = fc.integer({ min: 0, max: 120 });
const SIZE = fc.integer({ min: 1, max: 30 });
const SPELLING = fc.record({
	listKey: fc.constantFrom(...LIST_KEYS),
	nameCase: fc.constantFrom(...NAME_CASES),
	textNumbers: fc.boolean(),
});

describe.each(PAGINATION_STYLES.filter((style) => !DEAD_ENDS.includes(style)))(
	'pages by %s',
	(pagination) => {
		test('all items come once, in order, with no more requests than pages', () => {
			fc.assert(
				fc.property(COUNT, SIZE, SPELLING, (count, pageSize, spelling) => {
					const reading = readAll({ pagination, pageSize, ...spelling }, count);
					expect(reading).toMatchObject({ ids: firstIds(count) });
					expect(reading.error).toBeUndefined();
					const pages = Math.max(1, Math.ceil(count / pageSize));
					// A full page could be the last one: one more tells.
					const isFull = count > 0 && count % pageSize === 0;
					const unsaid =
						(END_UNSAID.includes(pagination) && isFull) ||
						(pagination === 'count' && count === pageSize);
					expect(reading.requests).toBe(pages + Number(unsaid));
				}),
			);
		});

		test('a limit is reached with no more requests than it takes', () => {
			fc.assert(
				fc.property(COUNT, SIZE, fc.integer({ min: 1, max: 130 }), (count, pageSize, limit) => {
					const reading = readAll({ pagination, pageSize }, count, limit);
					expect(reading.ids).toEqual(firstIds(Math.min(count, limit)));
					if (limit <= count) expect(reading.requests).toBe(Math.ceil(limit / pageSize));
				}),
			);
		});
	},
);

test('whatever the shape, and whatever goes wrong: all of it, or an error that says it is not', () => {
	const seen = { whole: 0, refused: 0 };
	fc.assert(
		fc.property(
			COUNT,
			SIZE,
			SPELLING,
			fc.record({
				pagination: fc.constantFrom(...PAGINATION_STYLES),
				emptyPages: fc.boolean(),
				listFault: fc.constantFrom(...LIST_FAULTS),
			}),
			fc.option(fc.integer({ min: 1, max: 130 }), { nil: Infinity }),
			(count, pageSize, spelling, { pagination, emptyPages, listFault }, limit) => {
				fc.pre(!(emptyPages && END_UNSAID.includes(pagination)));
				fc.pre(listFault !== 'drops' || COUNTED.includes(pagination));
				const shape = { pagination, pageSize, emptyPages, listFault, ...spelling };
				const { ids, error } = readAll(shape, count, limit);
				seen[error ? 'refused' : 'whole'] += 1;
				if (error) {
					expect(error).toBeInstanceOf(PartialListError);
					expect(error).toMatchObject({ message: expect.stringContaining('not whole') });
				} else if (listFault === 'none') {
					expect(ids).toEqual(firstIds(Math.min(count, limit)));
				} else {
					// With a limit, what was read may be enough before anything shows.
					expect(new Set(ids).size).toBe(Math.min(count, limit));
				}
			},
		),
		{ numRuns: 3_000 },
	);
	expect(seen.whole).toBeGreaterThan(500);
	expect(seen.refused).toBeGreaterThan(500);
});

test.each(DEAD_ENDS)(
	'a list that leads nowhere (%s) is refused once there is more',
	(pagination) => {
		expect(readAll({ pagination, pageSize: 20 }, 61).error).toBeInstanceOf(PartialListError);
		expect(readAll({ pagination, pageSize: 20 }, 61, 20)).toEqual({
			ids: firstIds(20),
			requests: 1,
		});
		expect(readAll({ pagination, pageSize: 20 }, 19)).toEqual({ ids: firstIds(19), requests: 1 });
	},
);

test('a walk goes on from what it was written down as', () => {
	const list = listOf({ pagination: 'total_pages', listFault: 'repeats' }, 61);
	const first = ListWalk.start(URL_OF_LIST);
	expect(first.take(pageOf(list, {}).body, {})).toHaveLength(25);
	expect(first.advance()).toBe(true);
	const second = ListWalk.resume(URL_OF_LIST, first.toToken());
	expect(second.request).toEqual({ url: URL_OF_LIST, query: { page: 2 } });
	expect(() => second.take(pageOf(list, { page: '2' }).body, {})).toThrow(/same page/);
});
