import { describe, expect, test } from 'vitest';

import { signingKeysOf } from '../../../nodes/AuditdexTrigger/secrets/keys.ts';
import type { SignedContent } from '../../../nodes/AuditdexTrigger/signature/claim.ts';

const keysOf = (
	signingSecret: unknown,
	previousSigningSecret?: unknown,
	signedContent: SignedContent = 'body',
) =>
	signingKeysOf({ signingSecret, previousSigningSecret }, signedContent)?.[
		signedContent === 'auto' ? 'standardWebhooks' : signedContent
	].map(({ key }) => (typeof key === 'string' ? key : key.export().toString('utf8')));

const BASE64 = Buffer.from('twenty-four bytes of key').toString('base64');

describe('the keys', () => {
	test.each(['body', 'timestampBody'] as const)('for %s are the UTF-8 of the secrets', (form) => {
		expect(keysOf('Schlüssel 🔑', undefined, form)).toEqual(['Schlüssel 🔑']);
		expect(keysOf('new', 'old', form)).toEqual(['new', 'old']);
		expect(keysOf(`whsec_${BASE64}`, '', form)).toEqual([`whsec_${BASE64}`]);
	});

	test('for Standard Webhooks are what the base64 stands for', () => {
		const key = 'twenty-four bytes of key';
		expect(keysOf(`whsec_${BASE64}`, '', 'standardWebhooks')).toEqual([key]);
		expect(keysOf(BASE64, `whsec_${BASE64}`, 'standardWebhooks')).toEqual([key, key]);
	});
});

test('blanks around a secret do not count', () => {
	for (const blank of [' ', '\t', '\n', '\r\n', '\u00a0', '\ufeff', '\u200b', '\0', ' \n \n']) {
		expect(keysOf(`${blank}a b${blank}`)).toEqual(['a b']);
		expect(keysOf('new', `old${blank}`)).toEqual(['new', 'old']);
		expect(keysOf(`whsec_${BASE64}${blank}`, '', 'standardWebhooks')).toHaveLength(1);
		expect(keysOf(blank)).toBeUndefined();
		expect(keysOf(blank, 'previous')).toBeUndefined();
		expect(keysOf('secret', blank)).toEqual(['secret']);
	}
});

test('in auto, the form of Standard Webhooks may also have the secret itself as its key', () => {
	const key = 'twenty-four bytes of key';
	expect(keysOf(`whsec_${BASE64}`, 'no base64!', 'auto')).toEqual([
		key,
		`whsec_${BASE64}`,
		'no base64!',
	]);
	expect(keysOf(' ', `whsec_${BASE64}`, 'auto')).toBeUndefined();
});

describe('there are none', () => {
	test.each<[string, unknown]>([
		['missing', undefined],
		['null', null],
		['empty', ''],
		['blank', ' \t\n'],
		["of characters that can't be seen", '\u200b\ufeff'],
		['a number', 42],
		['a list', ['secret']],
		['an object', { secret: 'secret' }],
	])('with a secret that is %s, even if the previous one is set', (_name, secret) => {
		expect(keysOf(secret)).toBeUndefined();
		expect(keysOf(secret, 'previous')).toBeUndefined();
		expect(keysOf(secret, `whsec_${BASE64}`, 'standardWebhooks')).toBeUndefined();
	});

	test.each([
		'whsec_',
		'whsec_====',
		'whsec_not base64!',
		`whsec_${BASE64}QQ`,
		`whsec_${BASE64}QR==`,
		`whsec_${BASE64}x`,
		`whsec_ ${BASE64}`,
		'whsec_-_-_',
	])('for Standard Webhooks with %s', (secret) => {
		expect(keysOf(secret, '', 'standardWebhooks')).toBeUndefined();
		expect(keysOf(`whsec_${BASE64}`, secret, 'standardWebhooks')).toBeUndefined();
	});
});

test('a previous secret that is not set is not a key', () => {
	for (const previous of ['', '   ', undefined, null, 0, {}]) {
		expect(keysOf('secret', previous)).toEqual(['secret']);
	}
});
