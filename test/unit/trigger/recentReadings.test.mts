import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';

import {
	LONGEST_READING_MS,
	RecentReadings,
	RECENT_MS,
} from '../../../nodes/AuditdexTrigger/secrets/recentReadings.ts';

/** A credential that changes, and whose reading takes a while. */
function source() {
	const state = { value: 0, begun: 0, underWay: 0, most: 0 };
	const read = async () => {
		state.begun++;
		state.most = Math.max(state.most, ++state.underWay);
		const { value } = state;
		await delay(5);
		state.underWay--;
		return value;
	};
	return { state, read };
}

describe('Reading anew', () => {
	it('gives each what a reading returns that began after it asked, one at a time', async () => {
		const readings = new RecentReadings<number>();
		const { state, read } = source();
		const ask = async () => {
			const asked = state.value;
			const { value, isNew } = await readings.anew('key', read);
			expect(value).toBeGreaterThanOrEqual(asked);
			expect(isNew).toBe(true);
		};
		const asking: Array<Promise<void>> = [];
		for (; state.value < 100; state.value++) {
			asking.push(ask());
			if (state.value % 3 === 0) await delay(1);
		}
		await Promise.all(asking);
		expect(state.begun).toBeLessThan(60);
		expect(state.most).toBe(1);
	});
});

describe('What was read recently', () => {
	it('is not read again, and for a second alone', async () => {
		const readings = new RecentReadings<number>();
		const { state, read } = source();
		const both = await Promise.all([readings.recent('key', read), readings.recent('key', read)]);
		expect(both).toEqual([
			{ value: 0, isNew: true },
			{ value: 0, isNew: false },
		]);
		state.value = 1;
		expect(await readings.recent('key', read)).toEqual({ value: 0, isNew: false });
		expect(state.begun).toBe(1);
		await expect.poll(() => readings.size, { timeout: RECENT_MS * 10 }).toBe(0);
		expect(await readings.recent('key', read)).toEqual({ value: 1, isNew: true });
	});

	it('is what was read anew meanwhile', async () => {
		const readings = new RecentReadings<number>();
		const { state, read } = source();
		await readings.recent('key', read);
		state.value = 1;
		await readings.anew('key', read);
		expect(await readings.recent('key', read)).toEqual({ value: 1, isNew: false });
	});

	it('keeps apart what has different keys', async () => {
		const readings = new RecentReadings<string>();
		const read = async (key: string) => (await readings.recent(key, async () => key)).value;
		expect(await Promise.all(['a', 'b', 'a'].map(read))).toEqual(['a', 'b', 'a']);
	});
});

describe('A reading that', () => {
	it('failed is not remembered', async () => {
		const readings = new RecentReadings<string>();
		const fails = async () => await Promise.reject(new Error('no database'));
		await expect(readings.recent('key', fails)).rejects.toThrow('no database');
		expect((await readings.recent('key', async () => 'there again')).value).toBe('there again');
		await expect(readings.anew('key', fails)).rejects.toThrow('no database');
		expect((await readings.anew('key', async () => 'there again')).value).toBe('there again');
	});

	it('never comes back is given up, and holds up nobody after that', async () => {
		const readings = new RecentReadings<string>();
		const never = async () => await new Promise<string>(() => {});
		const limit = `${LONGEST_READING_MS / 1_000} seconds`;
		const given = expect(readings.recent('key', never)).rejects.toThrow(limit);
		const waiting = readings.anew('key', async () => 'there again');
		await delay(RECENT_MS * 1.2);
		// Whoever comes later than a second after it began doesn't wait for it.
		expect((await readings.recent('key', async () => 'here')).value).toBe('here');
		await given;
		expect((await waiting).value).toBe('there again');
		await expect.poll(() => readings.size, { timeout: RECENT_MS * 10 }).toBe(0);
	});
});
