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

test('work of one key runs one after the other in the order asked for, that of others beside it', async () => {
	const queue = new KeyedQueue();
	const log: string[] = [];
	const work = (name: string, ms: number) => async () => {
		log.push(`${name} begins`);
		await delay(ms);
		log.push(`${name} ends`);
		return name;
	};
	const results = await Promise.all([
		queue.run('a', work('a1', 30)),
		queue.run('a', work('a2', 1)),
		queue.run('b', work('b1', 1)),
	]);
	expect(results).toEqual(['a1', 'a2', 'b1']);
	expect(log.filter((line) => line.startsWith('a'))).toEqual([
		'a1 begins',
		'a1 ends',
		'a2 begins',
		'a2 ends',
	]);
	expect(log.indexOf('b1 ends')).toBeLessThan(log.indexOf('a1 ends'));
});

test('work that fails keeps none of its key from running', async () => {
	const queue = new KeyedQueue();
	const failing = queue.run('a', async () => {
		throw new Error('no');
	});
	const next = queue.run('a', async () => 'yes');
	await expect(failing).rejects.toThrow('no');
	await expect(next).resolves.toBe('yes');
});
