import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { readRateLimit } from '../../../nodes/Auditdex/api/limits/rateLimitHeaders.ts';

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
		['reset in milliseconds', { 'x-ratelimit-reset': `${SERVICE_NOW_SECONDS + 30}000` }, 30_000],
		['reset in microseconds', { 'x-ratelimit-reset': `${SERVICE_NOW_SECONDS + 30}000000` }, 30_000],
		['reset in milliseconds, past', { 'x-ratelimit-reset': `${SERVICE_NOW_SECONDS - 1}999` }, 0],
		['reset as a date', { 'x-ratelimit-reset': '2026-04-20T09:14:30Z' }, 30_000],
		['reset as an HTTP date', { 'x-ratelimit-reset': 'Mon, 20 Apr 2026 09:14:30 GMT' }, 30_000],
		['reset as a day', { 'x-ratelimit-reset': '2026-04-20' }, undefined],
		['reset in an hour', { 'x-ratelimit-reset': `${SERVICE_NOW_SECONDS + 3_600}` }, 3_600_000],
		['reset past an hour', { 'x-ratelimit-reset': `${SERVICE_NOW_SECONDS + 3_601}` }, undefined],
		['reset in the year 2100', { 'x-ratelimit-reset': '4102444800' }, undefined],
		[
			'reset in the year 2100, in milliseconds',
			{ 'x-ratelimit-reset': '4102444800000' },
			undefined,
		],
		['reset in a day, in seconds to go', { 'x-ratelimit-reset': '86400' }, undefined],
		['reset without end', { 'x-ratelimit-reset': '9'.repeat(400) }, undefined],
		[
			'reset by a server in 1970',
			{ date: 'Thu, 01 Jan 1970 00:00:07 GMT', 'x-ratelimit-reset': '1776676470' },
			undefined,
		],
		['Retry-After of a day', { 'retry-after': '86400' }, 3_600_000],
		['Retry-After in the year 2100', { 'retry-after': 'Fri, 01 Jan 2100 00:00:00 GMT' }, 3_600_000],
		['Retry-After as an ISO date', { 'retry-after': '2026-04-20T09:14:45Z' }, 45_000],
		['Retry-After twice', { 'retry-after': '7, 7' }, undefined],
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
		expect(readRateLimit({ date: DATE, ...headers }).waitMs).toBe(waitMs);
	});

	test.each([undefined, '', 'yesterday'])('with Date %j the local clock counts', (date) => {
		const reset = Date.now() + 30_000;
		const { waitMs } = readRateLimit({ date, 'x-ratelimit-reset': `${reset / 1_000}` });
		expect(waitMs).toBeGreaterThan(0);
		expect(waitMs).toBeLessThanOrEqual(30_001);
	});
});

test.each<[header: string | undefined, remaining: number | undefined]>([
	[undefined, undefined],
	['597', 597],
	['0', 0],
	['-1', Infinity],
	['-0.5', Infinity],
	['9'.repeat(400), undefined],
	['NaN', undefined],
	['', undefined],
	['unlimited', undefined],
	['Infinity', undefined],
	['1e3', undefined],
	['5, 5', undefined],
])('remaining %j', (header, remaining) => {
	expect(readRateLimit({ 'x-ratelimit-remaining': header }).remaining).toBe(remaining);
});

test.each<[header: string | undefined, perMinute: number | undefined]>([
	[undefined, undefined],
	['600', 600],
	['-1', undefined],
	['0', undefined],
	['-60', undefined],
	['none', undefined],
])('limit %j', (header, perMinute) => {
	expect(readRateLimit({ 'x-ratelimit-limit': header }).perMinute).toBe(perMinute);
});

test('a negative limit is none, whatever seems to remain', () => {
	const headers = { 'x-ratelimit-limit': '-1', 'x-ratelimit-remaining': '0' };
	expect(readRateLimit(headers)).toEqual({ remaining: Infinity });
});

test('whatever the headers say, the wait is undefined or at most an hour', () => {
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
			const { waitMs = 0 } = readRateLimit(given);
			expect(waitMs).toBeGreaterThanOrEqual(0);
			expect(waitMs).toBeLessThanOrEqual(3_600_000);
		}),
		{ numRuns: 2_000 },
	);
});
