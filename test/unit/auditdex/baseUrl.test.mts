import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { BASE_URL_PATTERN, parseBaseUrl } from '../../../nodes/Auditdex/api/token/baseUrl.ts';

describe('accepted', () => {
	test.each([
		['https://api.augixsys.com/v1', 'https://api.augixsys.com/v1', 'https://api.augixsys.com'],
		['https://api.augixsys.com/v1/', 'https://api.augixsys.com/v1', 'https://api.augixsys.com'],
		['https://api.augixsys.com/v1///', 'https://api.augixsys.com/v1', 'https://api.augixsys.com'],
		['https://api.augixsys.com', 'https://api.augixsys.com', 'https://api.augixsys.com'],
		['HTTPS://API.Augixsys.com/v1', 'HTTPS://API.Augixsys.com/v1', 'HTTPS://API.Augixsys.com'],
		['https://10.0.0.1:8443/a/b', 'https://10.0.0.1:8443/a/b', 'https://10.0.0.1:8443'],
		['https://[2001:db8::1]/v1', 'https://[2001:db8::1]/v1', 'https://[2001:db8::1]'],
		['http://localhost:4010/v1', 'http://localhost:4010/v1', 'http://localhost:4010'],
		['http://LOCALHOST/v1', 'http://LOCALHOST/v1', 'http://LOCALHOST'],
		['http://127.0.0.1/v1', 'http://127.0.0.1/v1', 'http://127.0.0.1'],
		['http://127.1.2.3:80/v1', 'http://127.1.2.3:80/v1', 'http://127.1.2.3:80'],
		['http://[::1]:4010/v1', 'http://[::1]:4010/v1', 'http://[::1]:4010'],
	])('%s', (given, parsed, origin) => {
		expect(parseBaseUrl(given)).toBe(parsed);
		expect(given.replace(BASE_URL_PATTERN, '$1/oauth/token')).toBe(`${origin}/oauth/token`);
	});
});

describe('refused', () => {
	test.each([
		'',
		'api.augixsys.com/v1',
		'//api.augixsys.com/v1',
		'ftp://api.augixsys.com/v1',
		'javascript:alert(1)',
		'http://api.augixsys.com/v1',
		'http://10.0.0.1/v1',
		'http://0.0.0.0/v1',
		'http://[::]/v1',
		'http://localhost.evil.com/v1',
		'http://localhost:x@evil.com/v1',
		'http://localhost@evil.com/v1',
		'http://127.0.0.1.evil.com/v1',
		'http://127.0.0.1@evil.com/v1',
		'http://evil.com/127.0.0.1',
		'http://evil.com#@localhost/',
		'http://localhost\\@evil.com/v1',
		'http:\\\\localhost/v1',
		'https://user@api.augixsys.com/v1',
		'https://user:password@api.augixsys.com/v1',
		'https://api.augixsys.com/v1?x=1',
		'https://api.augixsys.com/v1#x',
		'https://api.augixsys.com\\@evil.com/v1',
		'https://api.augixsys.com:99999/v1',
		'https://api augixsys.com/v1',
		' https://api.augixsys.com/v1',
		'https://api.augixsys.com/v1\n',
		'https://api.augixsys.com/v1\nhttp://localhost/',
		'https://',
		'https:///v1',
	])('%j', (given) => {
		expect(() => parseBaseUrl(given)).toThrow(/must be a plain https:\/\/ address/);
	});
});

test('whatever is accepted, its token goes to that origin: https, or this computer', () => {
	const parts = fc.constantFrom(
		'http://',
		'https://',
		'localhost',
		'127.0.0.1',
		'[::1]',
		'evil.com',
		'@',
		':',
		'80',
		'/',
		'\\',
		'#',
		'?',
		'.',
		'v1',
		' ',
	);
	const texts = fc.array(parts, { maxLength: 8 }).map((list) => list.join(''));
	fc.assert(
		fc.property(texts, (text) => {
			let accepted: string;
			try {
				accepted = parseBaseUrl(text);
			} catch {
				return;
			}
			const tokenUrl = new URL(text.replace(BASE_URL_PATTERN, '$1/oauth/token'));
			expect(tokenUrl.origin).toBe(new URL(accepted).origin);
			expect(tokenUrl.pathname).toBe('/oauth/token');
			if (tokenUrl.protocol !== 'https:') {
				// All of 127.0.0.0/8 is this computer (RFC 1122 §3.2.1.3).
				expect(tokenUrl.hostname).toMatch(/^(?:localhost|\[::1\]|127(?:\.\d{1,3}){3})$/);
			}
		}),
		{ numRuns: 5_000 },
	);
});
