import { describe, expect, test } from 'vitest';

import { signingKeysOf } from '../../../nodes/AuditdexTrigger/signingKeys.ts';
import type { SignedContent } from '../../../nodes/AuditdexTrigger/signedContent.ts';

const keysOf = (
	signingSecret: unknown,
	previousSigningSecret?: unknown,
	signedContent: SignedContent = 'body',
) =>
	signingKeysOf({ signingSecret, previousSigningSecret }, signedContent)?.map((key) =>
		typeof key === 'string' ? key : key.export().toString('utf8'),
	);

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

describe('there are none', () => {
	test.each<[string, unknown]>([
		['missing', undefined],
		['null', null],
		['empty', ''],
		['blank', ' \t\n'],
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
