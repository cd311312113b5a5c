import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
	problemOf,
	refusalOf,
	sentences,
} from '../../../nodes/Auditdex/api/errors/problemDetails.ts';

const answer = (status: number, body: unknown, headers: Record<string, string> = {}) => ({
	status,
	headers,
	body: typeof body === 'string' ? body : JSON.stringify(body),
});

/** The API page's own example. */
const EXAMPLE = {
	type: 'https://api.augixsys.com/errors/not-found',
	title: 'Resource Not Found',
	status: 404,
	detail: 'Engagement eng_xyz789 not found or access denied',
	instance: '/engagements/eng_xyz789',
};

test('problem details are kept whole', () => {
	const whole = { ...EXAMPLE, extension: { deep: [1, null] } };
	expect(problemOf(answer(404, whole), [])).toEqual(whole);
	expect(refusalOf(answer(404, whole), 'x', [])).toMatchObject({
		message: 'Resource Not Found',
		httpStatus: 404,
		problem: whole,
		description:
			"Engagement eng_xyz789 not found or access denied. Check the engagement and control IDs, that this API client may see them, and 'Base URL' in the Auditdex credential.",
	});
});

test('whatever JSON object comes, all of its members are kept', () => {
	fc.assert(
		fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.integer(), (members, status) => {
			const sent = JSON.parse(JSON.stringify(members)) as object;
			const { problem, message } = refusalOf(answer(status, sent), 'x', []);
			expect(problem).toMatchObject(sent);
			expect(message).not.toBe('');
		}),
	);
});

test('whatever comes, it makes sentences', () => {
	fc.assert(
		fc.property(fc.string(), fc.integer({ min: 300, max: 599 }), (body, status) => {
			const { message, description } = refusalOf(answer(status, body), 'x', []);
			expect(message).not.toBe('');
			expect(description).toMatch(/\.$/);
		}),
	);
});

describe('without problem details, the status speaks', () => {
	test.each([
		[400, 'Bad Request'],
		[404, 'Not Found'],
		[413, 'Content Too Large'],
		[502, 'Bad Gateway'],
		[418, 'HTTP status 418'],
	])('%i: %s', (status, title) => {
		expect(refusalOf(answer(status, ''), 'x', []).message).toBe(title);
	});

	test.each([
		['', /an empty answer/],
		['  \n', /an empty answer/],
		['<!doctype html>', /a web page/],
		['{"title": "Cut o', /an answer that breaks off/],
		['[1, 2', /an answer that breaks off/],
		['upstream connect error', /not JSON/],
	])('%j is described', (body, description) => {
		expect(problemOf(answer(500, body), []).detail).toMatch(description);
	});
});

describe('field errors are named, however they are written', () => {
	test.each<[errors: object, text: string]>([
		[{ errors: [{ field: 'a', message: 'is wrong' }] }, 'a: is wrong.'],
		[{ errors: [{ name: 'a', reason: 'is wrong' }, { message: 'b' }] }, 'a: is wrong; b.'],
		[{ errors: [{ pointer: '#/a', detail: 'is wrong' }] }, '#/a: is wrong.'],
		[{ errors: ['one', 'two'] }, 'one; two.'],
		[{ errors: { a: ['one', 'two'], b: 'three' } }, 'a: one, two; b: three.'],
		[{ 'invalid-params': [{ name: 'a', reason: 'is wrong' }] }, 'a: is wrong.'],
		[{ invalid_params: [{ param: 'a', message: 'is wrong' }] }, 'a: is wrong.'],
		[{ detail: [{ loc: ['body', 'a', 0], msg: 'is wrong', type: 'x' }] }, 'body.a.0: is wrong.'],
		[{ errors: [{ loc: ['query', 'a'], msg: 'is wrong' }] }, 'query.a: is wrong.'],
		[{ violations: [{ propertyPath: 'a', message: 'is wrong', code: 'c' }] }, 'a: is wrong.'],
		[
			{
				errors: [
					{ status: '422', source: { pointer: '/data/a' }, title: 'Bad', detail: 'is wrong' },
				],
			},
			'/data/a: is wrong.',
		],
		[{ errors: [{ source: { parameter: 'a' }, title: 'is wrong' }] }, 'a: is wrong.'],
		[
			{ errors: { a: { message: 'is wrong', code: 7 }, b: { msg: 'too' } } },
			'a: is wrong; b: too.',
		],
		[{ errors: { a: [{ error: 'blank', message: 'is wrong' }] } }, 'a: is wrong.'],
		[{ errors: { a: { b: ['is wrong'], c: 'too' } } }, 'a.b: is wrong; a.c: too.'],
		[{ errors: { 'a.0.b': ['is wrong'] } }, 'a.0.b: is wrong.'],
		[{ errors: { '': ['is wrong'] } }, 'is wrong.'],
		[{ errors: { name: ['is wrong'], message: ['is long'] } }, 'name: is wrong; is long.'],
		[{ details: [{ field: 'a', description: 'is wrong' }] }, 'a: is wrong.'],
		[{ details: ['a is wrong'] }, 'a is wrong.'],
		[
			{ error: { code: 'invalid', details: [{ path: ['a', 'b'], message: 'is wrong' }] } },
			'a.b: is wrong.',
		],
		[{ error: { code: 'invalid', message: 'a is wrong' } }, 'a is wrong.'],
		[{ message: ['a must be text', 'b must be short'] }, 'a must be text; b must be short.'],
		[{ fieldErrors: [{ field: 'a', defaultMessage: 'is wrong' }] }, 'a: is wrong.'],
		[
			{ errors: [{ property: 'a', constraints: { isText: 'must be text' } }] },
			'a.isText: must be text.',
		],
		[{ errors: ['same', 'same'] }, 'same.'],
	])('%j', (errors, text) => {
		const { description } = refusalOf(answer(400, { title: 'T', ...errors }), 'x', []);
		expect(description).toBe(`${text} Correct the value named here and run the workflow again.`);
	});

	test.each([[[]], [[null, 7, {}]], [7], ['text']])('%j are none', (errors) => {
		const { description } = refusalOf(answer(400, { title: 'T', errors }), 'x', []);
		expect(description).toBe('Correct the value named here and run the workflow again.');
	});
});

describe('what to do is told by the status', () => {
	const next = (status: number) =>
		refusalOf(answer(status, { title: 'T' }), 'x', []).description ?? '';

	test.each([
		[405, /Base URL/],
		[406, /Update n8n-nodes-auditdex/],
		[407, /proxy/],
		[409, /Look at the control/],
		[410, /removed/],
		[411, /proxy/],
		[412, /changed/],
		[413, /Split or compress/],
		[414, /too long/],
		[415, /MIME Type/],
		[421, /proxy/],
		[423, /locked/],
		[425, /again in a minute/],
		[426, /Update n8n-nodes-auditdex/],
		[428, /Update n8n-nodes-auditdex/],
		[431, /headers are too long/],
		[451, /legal reasons/],
		[501, /does not offer/],
		[402, /plan/],
		[418, /contact support/],
		[444, /contact support/],
		[500, /again later/],
		[599, /again later/],
	])('%i', (status, says) => {
		expect(next(status)).toMatch(says);
	});

	test('“Check Base URL” is left to the statuses that it may help with', () => {
		const statuses = Array.from({ length: 300 }, (_, index) => 300 + index);
		const withBaseUrl = statuses.filter((status) => /Base URL/.test(next(status)) && status >= 400);
		expect(withBaseUrl).toEqual([404, 405, 421]);
	});
});

test('403 names the scope: the service’s own word for it, else the one that the request needs', () => {
	const named = { 'www-authenticate': 'Bearer error="insufficient_scope", scope="a:read"' };
	const description = (headers: Record<string, string>) =>
		refusalOf(answer(403, EXAMPLE, headers), 'controls:read', []).description;
	expect(description(named)).toContain('lacks the scope a:read');
	expect(description({})).toContain('lacks the scope controls:read');
});

test('sentences end with one mark each', () => {
	expect(sentences(['One', 'Two.', '', 'Three?', 'Four!'])).toBe('One. Two. Three? Four!');
});
