import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';

import { Turns } from '../../../nodes/Auditdex/items/turns.ts';

describe('Taking turns', () => {
	it.each([1, 2, 4])('lets %d at a time go, in the order of asking', async (atMost) => {
		const turns = new Turns(atMost, 10_000);
		const order: number[] = [];
		let atOnce = 0;
		await Promise.all(
			Array.from({ length: 20 }, async (_, index) => {
				const end = await turns.take();
				order.push(index);
				expect(++atOnce).toBeLessThanOrEqual(atMost);
				await delay(Math.random() * 3);
				atOnce--;
				end();
			}),
		);
		expect(order).toEqual([...order.keys()]);
	});

	it('lets the next one go when a turn does not end, and those after it in turn', async () => {
		const turns = new Turns(1, 100);
		await turns.take();
		const asked = performance.now();
		const second = await turns.take();
		// Timers may be a little early.
		expect(performance.now() - asked).toBeGreaterThan(90);
		let isThirdOn = false;
		const third = turns.take().then(() => (isThirdOn = true));
		await delay(20);
		expect(isThirdOn).toBe(false);
		second();
		await third;
	});

	it('lets one at a time go again after several did not wait any longer', async () => {
		const turns = new Turns(1, 1_000);
		const slow = await turns.take();
		const impatient = await Promise.all([1, 2, 3, 4].map(async () => await turns.take()));
		let on = 0;
		const ends: Array<() => void> = [];
		const later = Array.from({ length: 3 }, async () => {
			ends.push(await turns.take());
			on++;
		});
		for (const end of [slow, ...impatient.slice(0, -1)]) end();
		await delay(10);
		expect(on).toBe(0);
		for (const end of [impatient.at(-1)!, () => ends[0]!(), () => ends[1]!()]) {
			const before = on;
			end();
			await delay(10);
			expect(on).toBe(before + 1);
		}
		await Promise.all(later);
	});

	it('waits for its turn however long that takes, where no longest wait is set', async () => {
		const turns = new Turns(1);
		const end = await turns.take();
		let isOn = false;
		const next = turns.take().then(() => (isOn = true));
		await delay(50);
		expect(isOn).toBe(false);
		end();
		await next;
	});
});
