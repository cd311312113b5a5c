import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';

import { SharedReading } from '../../../nodes/AuditdexTrigger/sharedReading.ts';

describe('Reading for several at once', () => {
	it('gives each what a reading returns that began after it asked', async () => {
		const readings = new SharedReading<number>();
		let value = 0;
		let begun = 0;
		const read = async () => {
			begun++;
			const now = value;
			await delay(5);
			return now;
		};
		const ask = async () => {
			const asked = value;
			expect(await readings.read('key', read)).toBeGreaterThanOrEqual(asked);
		};
		const asking: Array<Promise<void>> = [];
		for (; value < 100; value++) {
			asking.push(ask());
			if (value % 3 === 0) await delay(1);
		}
		await Promise.all(asking);
		expect(begun).toBeLessThan(60);
	});

	it('keeps apart what has different keys', async () => {
		const readings = new SharedReading<string>();
		const read = async (key: string) => await readings.read(key, async () => key);
		expect(await Promise.all(['a', 'b', 'a'].map(read))).toEqual(['a', 'b', 'a']);
	});

	it('goes on after a reading that failed', async () => {
		const readings = new SharedReading<string>();
		const fails = async () => await Promise.reject(new Error('no database'));
		await expect(readings.read('key', fails)).rejects.toThrow('no database');
		await expect(readings.read('key', async () => 'there again')).resolves.toBe('there again');
	});
});
