import { describe, expect, it } from 'vitest';

import { alternate } from '../../../bench/alternate.mts';
import { judge, type Measurement } from '../../../bench/measurement.mts';
import { summarize } from '../../../bench/profileSummary.mts';
import { median, percentile, ratio } from '../../../bench/statistics.mts';

describe("The benchmarks' statistics", () => {
	it('take the middle of an odd and of an even number of values, in any order', () => {
		expect(median([9, 1, 5])).toBe(5);
		expect(median([10, 1, 2, 4])).toBe(3);
		expect(median([7])).toBe(7);
	});

	it('take percentiles by nearest rank', () => {
		const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
		expect(percentile(hundred, 0.99)).toBe(99);
		expect(percentile(hundred, 1)).toBe(100);
		expect(percentile([3], 0.99)).toBe(3);
	});

	it('compare pair by pair, not smallest with largest', () => {
		expect(ratio([1, 20, 3], [2, 10, 4])).toEqual({ ofMedians: 0.75, smallest: 0.5, largest: 2 });
	});

	it('compare every run with a computed limit', () => {
		expect(ratio([110, 120, 130], [100])).toEqual({ ofMedians: 1.2, smallest: 1.1, largest: 1.3 });
	});
});

describe('Runs', () => {
	it('alternate, and those that warm up do not count', async () => {
		const order: string[] = [];
		const contestant = (name: string) => async () => order.push(name);
		const runs = await alternate(
			{ a: contestant('a'), b: contestant('b') },
			{ pairs: 2, warmUps: 1 },
		);
		expect(order.join('')).toBe('ababab');
		expect(runs).toEqual({ a: [3, 5], b: [4, 6] });
	});
});

describe('Targets', () => {
	const measurement: Measurement = {
		id: 'upload',
		work: 'Submit one file',
		figure: 'time',
		unit: 'ms',
		ours: { name: 'Auditdex', values: [60, 65, 90], failed: [0, 2, 0] },
		builtIn: [{ name: 'HTTP Request', values: [100, 100, 100] }],
		limit: { name: 'minimum', values: [60] },
		targets: [],
	};
	const verdictOn = (target: Measurement['targets'][number]) =>
		judge({ ...measurement, targets: [target] })[0];

	it('are met up to and including their value', () => {
		const target = { against: 'HTTP Request', bound: 'at most', value: 0.65 } as const;
		expect(verdictOn(target)).toMatchObject({ actual: 0.65, met: true });
		expect(verdictOn({ ...target, value: 0.64 })).toMatchObject({ met: false });
		expect(verdictOn({ ...target, bound: 'at least', value: 0.66 })).toMatchObject({ met: false });
	});

	it('apply to the limit, to our own figure and to our failures', () => {
		expect(verdictOn({ against: 'minimum', bound: 'at most', value: 1.1 })).toMatchObject({
			met: true,
		});
		expect(verdictOn({ bound: 'at most', value: 64 })).toMatchObject({ actual: 65, met: false });
		expect(verdictOn({ failures: true, bound: 'at most', value: 0 })).toMatchObject({
			actual: 2,
			met: false,
		});
	});

	it('against one that was not measured are an error', () => {
		expect(() => verdictOn({ against: 'nobody', bound: 'at most', value: 1 })).toThrow('nobody');
	});
});

describe('A profile', () => {
	const frame = (functionName: string, url = '') => ({ functionName, url, lineNumber: 0 });
	const axios = 'file:///x/node_modules/axios/lib/http.js';
	const summary = summarize(
		{
			nodes: [
				{ id: 1, callFrame: frame('(root)'), children: [2, 3, 4, 7] },
				{ id: 2, callFrame: frame('(idle)') },
				{ id: 3, callFrame: frame('send', axios), children: [5] },
				{ id: 4, callFrame: frame('run', 'node:timers'), children: [6] },
				{ id: 5, callFrame: frame('writev') },
				{ id: 6, callFrame: frame('send', axios) },
				{ id: 7, callFrame: frame('(garbage collector)') },
			],
			samples: [2, 3, 4, 5, 6, 7],
			timeDeltas: [5_000, 1_000, 1_000, 3_000, 3_000, 2_000],
		},
		2,
	);

	it('tells busy from idle time', () => {
		expect(summary).toMatchObject({ busyMs: 10, idleMs: 5 });
	});

	it('adds up a function that has several places in the tree', () => {
		expect(summary.hotSpots).toEqual([
			{ share: 0.4, name: 'send', place: 'axios/http.js' },
			{ share: 0.3, name: 'writev', place: 'V8' },
		]);
	});

	it('counts what Node.js and V8 do for a package as its own', () => {
		expect(summary.packages).toEqual([
			{ share: 0.7, name: 'axios' },
			{ share: 0.2, name: '(garbage collector)' },
		]);
	});
});
