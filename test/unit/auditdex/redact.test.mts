import fc from 'fast-check';
import { expect, test } from 'vitest';

import { redact } from '../../../nodes/Auditdex/api/errors/redact.ts';

const SECRET = 's3cret/with+signs & "quotes"';

test.each([
	['as it is', SECRET],
	['in a URL', encodeURIComponent(SECRET)],
	['in a form', new URLSearchParams({ x: SECRET }).toString().slice(2)],
	['in JSON', JSON.stringify(SECRET).slice(1, -1)],
	['as a Bearer token', 'Bearer abc.def-123'],
	['as a Bearer token in lower case', 'bearer abc.def-123'],
	['as a JSON Web Token', 'eyJhbGciOiJSUzI1NiIs.eyJzdWIiOiJhIn0.c2ln'],
])('a secret is taken out %s', (_how, text) => {
	expect(redact(`before ${text} after`, [SECRET])).toBe('before *** after');
});

test('everywhere in a value: names, lists, depths', () => {
	const value = { a: [SECRET, { [SECRET]: `x${SECRET}` }], n: 1, t: true, z: null };
	expect(redact(value, [SECRET])).toEqual({
		a: ['***', { '***': 'x***' }],
		n: 1,
		t: true,
		z: null,
	});
});

test('what is no secret stays as it is', () => {
	const value = { title: 'Resource Not Found', status: 404, list: [1, 'two', { three: 3 }] };
	expect(redact(value, [SECRET])).toEqual(value);
});

test('secrets so short that they would be found in any text are left', () => {
	expect(redact('an example', ['', 'a', 'exa'])).toBe('an example');
});

test('whatever surrounds it, the secret is gone, and nothing but it', () => {
	const secrets = fc.string({ minLength: 8, maxLength: 40 }).filter((text) => !text.includes('*'));
	fc.assert(
		fc.property(secrets, fc.string(), fc.string(), (secret, before, after) => {
			expect(redact({ text: before + secret + after }, [secret]).text).not.toContain(secret);
		}),
	);
	fc.assert(
		fc.property(fc.jsonValue(), (value) => {
			const parsed: unknown = JSON.parse(JSON.stringify(value));
			expect(redact(parsed, ['never-in-any-of-them-7731'])).toEqual(parsed);
		}),
	);
});
