import { setTimeout as delay } from 'node:timers/promises';

import fc from 'fast-check';
import { expect, test } from 'vitest';

import { KeyedQueue } from '../../../nodes/Auditdex/evidence/keyedQueue.ts';
import { inParallel } from '../../../nodes/Auditdex/items/inParallel.ts';

test('results come in order, so many at a time and no more, whatever each takes', async () => {
	const sizes = fc.tuple(fc.nat(20), fc.integer({ min: 1, max: 8 }), fc.infiniteStream(fc.nat(3)));
	await fc.assert(
		fc.asyncProperty(sizes, async ([count, limit, waits]) => {
			let running = 0;
			let most = 0;
			const results = await inParallel(count, limit, async (index) => {
				running += 1;
				most = Math.max(most, running);
				await delay(waits.next().value as number);
				running -= 1;
				return index * 2;
			});
			expect(results).toEqual(Array.from({ length: count }, (_, index) => index * 2));
			expect(most).toBe(Math.min(count, limit));
		}),
		{ numRuns: 30 },
	);
});

test('after a rejection none is started, those under way end, and the first of them counts', async () => {
	const started: number[] = [];
	const ended: number[] = [];
	const work = inParallel(10, 3, async (index) => {
		started.push(index);
		await delay(index === 1 ? 5 : 30);
		if (index <= 1) throw new Error(`item ${index}`);
		ended.push(index);
	});
	await expect(work).rejects.toThrow('item 0');
	expect(started).toEqual([0, 1, 2]);
	expect(ended).toEqual([2]);
});

test('turns of one key come one after the other in the order asked for, those of others beside it', async () => {
	const queue = new KeyedQueue();
	const log: string[] = [];
	const work = async (key: string, name: string, ms: number) => {
		const end = await queue.enter(key);
		log.push(`${name} begins`);
		await delay(ms);
		log.push(`${name} ends`);
		end();
	};
	await Promise.all([work('a', 'a1', 30), work('a', 'a2', 1), work('b', 'b1', 1)]);
	expect(log.filter((line) => line.startsWith('a'))).toEqual([
		'a1 begins',
		'a1 ends',
		'a2 begins',
		'a2 ends',
	]);
	expect(log.indexOf('b1 ends')).toBeLessThan(log.indexOf('a1 ends'));
});

test('a key is free again once its turns have ended', async () => {
	const queue = new KeyedQueue();
	(await queue.enter('a'))();
	const end = await queue.enter('a');
	let entered = false;
	const next = queue.enter('a').then(() => (entered = true));
	await delay(10);
	expect(entered).toBe(false);
	end();
	await next;
});
