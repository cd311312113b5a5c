import { describe, expect, test } from 'vitest';

import { checkEvents, checkSecret, checkSignature, checkUrl } from './checks.mts';
import { newSecret } from './signature.mts';
import { DEFAULT_SIGNATURE } from './webhook.mts';

describe('a URL', () => {
	test.each([
		'https://n8n.example.com/webhook/1/webhook?a=b',
		'http://127.0.0.1:5678/webhook/1',
		'http://127.8.9.1/',
		'http://localhost:5678/',
		'http://n8n.localhost/',
		'http://[::1]:5678/',
	])('%s is taken', (url) => expect(checkUrl(` ${url} `)).toBe(url));

	test.each([
		['', /whole one/],
		['/webhook/1', /whole one/],
		['n8n.example.com', /whole one/],
		['http://n8n.example.com/', /https/],
		['http://localhost.example.com/', /https/],
		['http://127.0.0.1.example.com/', /https/],
		['ftp://127.0.0.1/', /https/],
		['file:///etc/passwd', /https/],
		['javascript:alert(1)', /https/],
		['https://user:pw@n8n.example.com/', /user name/],
		['https://n8n.example.com/#part', /fragment/],
		[`https://n8n.example.com/${'x'.repeat(2_048)}`, /longer/],
	])('%s is refused', (url, message) => expect(() => checkUrl(url)).toThrow(message));
});

test('every event makes the others superfluous; none is refused', () => {
	expect(checkEvents(['finding.raised', '*'])).toEqual(['*']);
	expect(checkEvents(['finding.raised', 'finding.raised'])).toEqual(['finding.raised']);
	expect(() => checkEvents([])).toThrow('Choose at least one event');
});

test.each(['', 'a b', 'X:Y', 'X-Ä', 'Content-Type', 'host', 'Transfer-Encoding', 'x'.repeat(101)])(
	'a header "%s" is refused',
	(header) => {
		expect(() => checkSignature({ ...DEFAULT_SIGNATURE, header }, [])).toThrow(/header/);
	},
);

test('secrets: their length, and their form for Standard Webhooks', () => {
	expect(checkSecret(newSecret())).toMatch(/^whsec_/);
	for (const secret of ['short', 'x'.repeat(257), 'with a blank in between']) {
		expect(() => checkSecret(secret)).toThrow(/16 to 256/);
	}
	const form = { ...DEFAULT_SIGNATURE, signedContent: 'standardWebhooks' as const };
	expect(checkSignature(form, [newSecret()])).toEqual(form);
	expect(() => checkSignature(form, [newSecret(), 'not-of-that-form-at-all'])).toThrow(/whsec_/);
});
