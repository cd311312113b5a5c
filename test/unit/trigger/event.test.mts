import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
	type AuditEvent,
	isSubscribed,
	isTimely,
	parseEvent,
} from '../../../nodes/AuditdexTrigger/event/event.ts';

const AT = '2026-04-20T09:14:32Z';
const EPOCH = 1_776_676_472;
const event = (changes: Partial<AuditEvent> = {}): AuditEvent => ({
	event: 'finding.raised',
	timestamp: AT,
	data: { engagement_id: 'eng_xyz789', severity: 'significant' },
	...changes,
});
const parse = (text: string) => parseEvent(Buffer.from(text));

describe('a body', () => {
	test('becomes the event as it came, with all that it holds', () => {
		const text = `{"more":[1,{"a":null}],"data":{"title":"Prüfung № 7 😀"},"timestamp":"${AT}","event":"x"}`;
		expect(parse(text)).toEqual(JSON.parse(text));
		expect(parse(`\uFEFF${text}`)).toEqual(JSON.parse(text));
		expect(parse(`\r\n\t ${text} \n`)).toEqual(JSON.parse(text));
	});

	test('of any JSON is what JSON.parse makes of it', () => {
		fc.assert(
			fc.property(fc.json(), (data) => {
				fc.pre(!data.includes('__proto__'));
				const text = `{"event":"x","timestamp":"${AT}","data":{"any":${data}}}`;
				expect(parse(text)).toEqual(JSON.parse(text));
			}),
		);
	});

	test('with a name twice has the last of them', () => {
		expect(parse(`{"event":"a","event":"b","timestamp":"${AT}","data":{}}`)?.event).toBe('b');
		// The check and the output see the same one.
		expect(parse(`{"event":"a","timestamp":"${AT}","data":{},"data":[]}`)).toBeUndefined();
	});

	test.each(['__proto__', '\\u005f_proto__', '\\u005F\\u005fproto__', '__pr\\u006Fto__'])(
		'has no member named %s',
		(name) => {
			const text = `{"${name}":{"a":1},"event":"x","timestamp":"${AT}","data":{"b":{"${name}":{"admin":true}}}}`;
			const parsed = parse(text)!;
			const { b } = parsed.data as { b: object };
			for (const object of [parsed, b]) {
				expect(Object.keys(object)).not.toContain('__proto__');
				expect(Object.getPrototypeOf(object)).toBe(Object.prototype);
			}
		},
	);

	test.each<[string, string | Buffer]>([
		['nothing', ''],
		['blanks', '  '],
		['text', 'finding.raised'],
		['cut JSON', JSON.stringify(event()).slice(0, -1)],
		['JSON and more', `${JSON.stringify(event())}x`],
		['two of them', JSON.stringify(event()).repeat(2)],
		['a list', JSON.stringify([event()])],
		['null', 'null'],
		['a string', JSON.stringify(JSON.stringify(event()))],
		['comments', `/**/${JSON.stringify(event())}`],
		['single quotes', JSON.stringify(event()).replaceAll('"', "'")],
		['UTF-16', Buffer.from(JSON.stringify(event()), 'utf16le')],
		['a byte that is not UTF-8', Buffer.concat([Buffer.from('{"a":"'), Buffer.of(0xff)])],
		[
			'Latin-1 in a string',
			Buffer.from(JSON.stringify(event({ data: { title: 'Prüfung' } })), 'latin1'),
		],
		['no event', JSON.stringify({ ...event(), event: undefined })],
		['an empty event', JSON.stringify(event({ event: '' }))],
		['an event that is no text', JSON.stringify({ ...event(), event: ['x'] })],
		['no timestamp', JSON.stringify({ ...event(), timestamp: undefined })],
		['no data', JSON.stringify({ ...event(), data: undefined })],
		['data that is null', JSON.stringify({ ...event(), data: null })],
		['data that is a list', JSON.stringify({ ...event(), data: [{}] })],
		['data that is text', JSON.stringify({ ...event(), data: '{}' })],
		['JSON nested beyond reason', '['.repeat(5_000_000)],
	])('of %s is none', (_name, body) => {
		expect(parseEvent(Buffer.from(body))).toBeUndefined();
	});

	test('of any bytes never makes it throw', () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
				expect(parseEvent(Buffer.from(bytes))).toBeUndefined();
			}),
		);
	});
});

describe('a timestamp', () => {
	test.each([
		[AT, EPOCH],
		['2026-04-20T09:14:32.123456789Z', EPOCH + 0.123],
		['2026-04-20T11:14:32+02:00', EPOCH],
		['2026-04-20T03:44:32-0530', EPOCH],
		// Without an offset it is UTC, whatever the server's own zone.
		['2026-04-20T09:14:32', EPOCH],
		['2026-04-20T09:14Z', EPOCH - 32],
		['2026-04-20T09:14+00:00', EPOCH - 32],
		['2026-04-20T09:14:32,5Z', EPOCH + 0.5],
		['2026-04-20T09:14:32.1Z', EPOCH + 0.1],
		['2026-04-20T09:14:32.1234567Z', EPOCH + 0.123],
		['2026-04-20T09:14:32.123456789012Z', EPOCH + 0.123],
		['2026-04-20t09:14:32z', EPOCH],
		['2026-04-20 09:14:32Z', EPOCH],
		['2026-04-20 09:14:32', EPOCH],
		['2026-04-20 09:14:32.123456+00:00', EPOCH + 0.123],
		['2026-04-20 11:14:32+02', EPOCH],
		['2026-04-20 11:14:32 +0200', EPOCH],
		['2026-04-20 09:14:32 UTC', EPOCH],
		['2026-04-20 09:14:32 +0000 UTC', EPOCH],
		['2026-04-20 11:14:32.5 +0200 CEST', EPOCH + 0.5],
		['2026-04-20T11:14:32+02:00[Europe/Berlin]', EPOCH],
		['2026-04-20T09:14:32\u22120000', EPOCH],
		['20260420T091432Z', EPOCH],
		['20260420T111432+0200', EPOCH],
		['2026-04-20T09:13:60Z', EPOCH - 32],
	])('of %s is understood', (timestamp, epoch) => {
		const parsed = parse(JSON.stringify(event({ timestamp })))!;
		expect(parsed.timestamp).toBe(timestamp);
		expect(isTimely(parsed, 10, epoch + 10)).toBe(true);
		expect(isTimely(parsed, 10, epoch + 10.001)).toBe(false);
		expect(isTimely(parsed, 10, epoch - 300)).toBe(true);
		expect(isTimely(parsed, 10, epoch - 300.001)).toBe(false);
	});

	test.each([
		'',
		'yesterday',
		'2026-04-20',
		'09:14:32Z',
		'2026-04-20  09:14:32Z',
		'2026-04-20T09Z',
		'2026-04-20T09:14:32.Z',
		'2026-04-20T09:14:32;5Z',
		'2026-04-20T09:14:61Z',
		'2026-04-20T09:14:32 PM',
		'2026-04-20T09:14:32+2',
		'20/04/2026 09:14:32',
		'2026-13-20T09:14:32Z',
		'2026-04-31T25:14:32Z',
		'Mon, 20 Apr 2026 09:14:32 GMT',
		'1776676472',
		`${AT} `,
		`${AT}\n`,
		'+012026-04-20T09:14:32Z',
		'2026-04-20T09:14:32+99:99',
	])('of "%s" is none', (timestamp) => {
		expect(parse(JSON.stringify(event({ timestamp })))).toBeUndefined();
	});
});

describe('the age limit', () => {
	const now = EPOCH;
	const at = (offset: number) =>
		event({ timestamp: new Date((now + offset) * 1000).toISOString() });

	test.each<[limit: number, offset: number, timely: boolean]>([
		[259_200, -259_200, true],
		[259_200, -259_201, false],
		[259_200, 300, true],
		[259_200, 301, false],
		[1, 0, true],
		[1, -1, true],
		[1, -2, false],
		[1, 300, true],
		[0, -1_000_000_000, true],
		[0, 1_000_000_000, true],
	])('of %d s, for an event %d s from now', (limit, offset, timely) => {
		expect(isTimely(at(offset), limit, now)).toBe(timely);
	});
});

describe('a subscription', () => {
	const subscription = (
		events: string[],
		engagements?: string[],
		severities?: string[],
	): Parameters<typeof isSubscribed>[1] => ({
		events: new Set(events),
		engagementIds: engagements && new Set(engagements),
		severities: severities && new Set(severities),
	});

	test.each<[boolean, Partial<AuditEvent>, ReturnType<typeof subscription>]>([
		[true, {}, subscription(['finding.raised'])],
		[true, {}, subscription(['control.concluded', 'finding.raised'])],
		[false, {}, subscription(['control.concluded'])],
		[false, { event: 'FINDING.RAISED' }, subscription(['finding.raised'])],
		[false, { event: 'finding.raised.x' }, subscription(['finding.raised'])],
		[true, { event: 'anything.new' }, subscription(['*'])],
		[true, {}, subscription(['*'], ['eng_xyz789'])],
		[false, {}, subscription(['*'], ['eng_other'])],
		[false, { data: {} }, subscription(['*'], ['eng_xyz789'])],
		[true, { data: { engagement_id: 7 } }, subscription(['*'], ['7'])],
		[false, { data: { engagement_id: ['eng_1', 'eng_2'] } }, subscription(['*'], ['eng_1'])],
		[true, {}, subscription(['*'], undefined, ['significant'])],
		[true, { data: { severity: 'SIGNIFICANT' } }, subscription(['*'], undefined, ['significant'])],
		[false, {}, subscription(['*'], undefined, ['critical'])],
		[false, { data: {} }, subscription(['*'], undefined, ['critical'])],
		[true, { event: 'control.concluded' }, subscription(['*'], undefined, ['critical'])],
		[false, {}, subscription(['*'], ['eng_other'], ['significant'])],
	])('%s', (subscribed, changes, to) => {
		expect(isSubscribed(event(changes), to)).toBe(subscribed);
	});
});
