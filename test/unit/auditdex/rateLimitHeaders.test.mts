import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { readRateLimit } from '../../../nodes/Auditdex/api/limits/rateLimitHeaders.ts';

/** The local clock, deliberately a minute ahead of the service's. */
const NOW = Date.parse('2026-04-20T09:15:00Z');
const DATE = 'Mon, 20 Apr 2026 09:14:00 GMT';
const SERVICE_NOW_SECONDS = Date.parse(DATE) / 1_000;

describe('how long to wait', () => {
	test.each<[what: string, headers: Record<string, string>, waitMs: number | undefined]>([
		['nothing said', {}, undefined],
		['reset in epoch seconds', { 'x-ratelimit-reset': `${SERVICE_NOW_SECONDS + 30}` }, 30_000],
		['reset in the past', { 'x-ratelimit-reset': `${SERVICE_NOW_SECONDS - 30}` }, 0],
		['reset right now', { 'x-ratelimit-reset': `${SERVICE_NOW_SECONDS}` }, 0],
		['reset with a fraction', { 'x-ratelimit-reset': `${SERVICE_NOW_SECONDS + 1}.5` }, 1_500],
		['reset in seconds to go', { 'x-ratelimit-reset': '30' }, 30_000],
		['reset 0', { 'x-ratelimit-reset': '0' }, 0],
		['reset negative', { 'x-ratelimit-reset': '-5' }, 0],
		['reset empty', { 'x-ratelimit-reset': '' }, undefined],
		['reset as a word', { 'x-ratelimit-reset': 'soon' }, undefined],
		['reset in hexadecimal', { 'x-ratelimit-reset': '0x7fffffff' }, undefined],
		['reset twice', { 'x-ratelimit-reset': '30, 30' }, undefined],
		['Retry-After in seconds', { 'retry-after': '120' }, 120_000],
		['Retry-After 0', { 'retry-after': '0' }, 0],
		['Retry-After with spaces', { 'retry-after': ' 7 ' }, 7_000],
		['Retry-After with a fraction', { 'retry-after': '0.5' }, 500],
		['Retry-After as a date', { 'retry-after': 'Mon, 20 Apr 2026 09:14:45 GMT' }, 45_000],
		[
			'Retry-After as an old date format',
			{ 'retry-after': 'Mon Apr 20 09:14:45 2026 GMT' },
			45_000,
		],
		['Retry-After as a past date', { 'retry-after': 'Mon, 20 Apr 2026 09:13:45 GMT' }, 0],
		['Retry-After malformed', { 'retry-after': 'in a while' }, undefined],
		['Retry-After negative', { 'retry-after': '-5' }, undefined],
		['Retry-After empty', { 'retry-after': '' }, undefined],
		[
			'Retry-After and reset: the former wins',
			{ 'retry-after': '3', 'x-ratelimit-reset': `${SERVICE_NOW_SECONDS + 30}` },
			3_000,
		],
		[
			'Retry-After 0 and reset: still the former',
			{ 'retry-after': '0', 'x-ratelimit-reset': `${SERVICE_NOW_SECONDS + 30}` },
			0,
		],
		[
			'Retry-After that can’t be used and reset',
			{ 'retry-after': '-1', 'x-ratelimit-reset': `${SERVICE_NOW_SECONDS + 30}` },
			30_000,
		],
	])('%s', (_what, headers, waitMs) => {
		expect(readRateLimit({ date: DATE, ...headers }, NOW).waitMs).toBe(waitMs);
	});

	test.each([undefined, '', 'yesterday'])('with Date %j the local clock counts', (date) => {
		const headers = { date, 'x-ratelimit-reset': `${NOW / 1_000 + 30}` };
		expect(readRateLimit(headers, NOW).waitMs).toBe(30_000);
	});
});

test.each<[header: string | undefined, remaining: number | undefined]>([
	[undefined, undefined],
	['597', 597],
	['0', 0],
	['-1', 0],
	['', undefined],
	['unlimited', undefined],
	['Infinity', undefined],
	['1e3', undefined],
	['5, 5', undefined],
])('remaining %j', (header, remaining) => {
	expect(readRateLimit({ 'x-ratelimit-remaining': header }, NOW).remaining).toBe(remaining);
});

test.each<[header: string | undefined, perMinute: number | undefined]>([
	[undefined, undefined],
	['600', 600],
	['0', undefined],
	['-60', undefined],
	['none', undefined],
])('limit %j', (header, perMinute) => {
	expect(readRateLimit({ 'x-ratelimit-limit': header }, NOW).perMinute).toBe(perMinute);
});

test('whatever the headers say, the wait is undefined or leads to a moment that Date can hold', () => {
	const header = fc.oneof(
		fc.string(),
		fc.integer().map(String),
		fc.bigInt().map(String),
		fc.double().map(String),
		fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
	);
	const headers = fc.record(
		{
			date: header,
			'retry-after': header,
			'x-ratelimit-reset': header,
			'x-ratelimit-limit': header,
		},
		{ requiredKeys: [] },
	);
	fc.assert(
		fc.property(headers, (given) => {
			const { waitMs } = readRateLimit(given, NOW);
			if (waitMs === undefined) return;
			expect(waitMs).toBeGreaterThanOrEqual(0);
			expect(new Date(NOW + waitMs).toISOString()).toEqual(expect.any(String));
		}),
		{ numRuns: 2_000 },
	);
});
