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

test.each([
	['Bearer token expired', undefined],
	['The Bearer authentication scheme is required', undefined],
	['Bearer realm="api", error="invalid_token"', undefined],
	['Basic authentication is not supported', undefined],
	['The token is expired', undefined],
	['token: expired', undefined],
	['password: must contain 8 characters', undefined],
	['token_type must be Bearer', undefined],
	['The client secret is missing', undefined],
	['sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', undefined],
	['Engagement eng_xyz789, control ctrl_abc123', undefined],
	['trace 0f8fad5b-d9cb-469f-a165-70867728950e', undefined],
	['access_token=2YotnFZFEjr1zCsicMWpAA', 'access_token=***'],
	['"client_secret":"hunter22"', '"client_secret":"***"'],
	["api_key = 'a1b2c3d4e5'", "api_key = '***'"],
	['token 2YotnFZFEjr1zCsicMWpAA is unknown', 'token *** is unknown'],
	['got Basic dXNlcjpwYXNz there', 'got *** there'],
	['secret: 9f86d081884c7d659a2feaa0c55ad015', 'secret: ***'],
])('%s', (text, shown = text) => {
	expect(redact(text, [])).toBe(shown);
});

test('members are secrets by their names, unless their values are words', () => {
	const secret = '2YotnFZFEjr1zCsicMWpAA';
	const words = { token: 'expired', password: ['is too short'], sha256: secret, token_type: 'mac' };
	expect(
		redact({ access_token: secret, clientSecret: secret, 'x-api-key': [secret], ...words }, []),
	).toEqual({ access_token: '***', clientSecret: '***', 'x-api-key': ['***'], ...words });
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
