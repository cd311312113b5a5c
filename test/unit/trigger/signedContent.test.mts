import { describe, expect, test } from 'vitest';

import {
	type DeliveryHeaders,
	readSignatureClaim,
	SIGNED_CONTENTS,
	type SignatureSource,
	type SignedContent,
} from '../../../nodes/AuditdexTrigger/signedContent.ts';
import { NOW } from './signatures.mts';

const source = (signedContent: SignedContent = 'body', signatureHeader = ''): SignatureSource => ({
	signedContent,
	signatureHeader,
});

const read = (headers: DeliveryHeaders, from = source()) => readSignatureClaim(headers, from, NOW);

describe('the body alone', () => {
	test.each<[string, string[]]>([
		['ab', ['ab']],
		['sha256=ab', ['ab']],
		['v1=ab', ['ab']],
		['ab,cd', ['ab', 'cd']],
		['ab cd', ['ab', 'cd']],
		['sha256=ab, v1=cd ,ef', ['ab', 'cd', 'ef']],
		['sha256=sha256=ab', ['sha256=ab']],
		['SHA256=ab', ['SHA256=ab']],
		['v0=ab', ['v0=ab']],
		['vx,ab', ['vx', 'ab']],
	])('%s', (value, signatures) => {
		expect(read({ 'x-signature': value })).toEqual({ prefix: '', signatures });
	});

	test('several lines of a header count together', () => {
		expect(read({ 'x-signature': ['ab', 'sha256=cd'] })?.signatures).toEqual(['ab', 'cd']);
	});

	test('the first header of the list that is there decides, even if it is empty', () => {
		const headers = [
			'x-auditdex-signature',
			'x-augixsys-signature',
			'x-webhook-signature',
			'x-signature',
			'x-hub-signature-256',
		];
		for (const [index] of headers.entries()) {
			// The others come first in the object, whose order means nothing.
			const present = headers.slice(index).reverse();
			const named = Object.fromEntries(present.map((name) => [name, name]));
			expect(read(named)?.signatures).toEqual([headers[index]]);
		}
		expect(read({ 'x-auditdex-signature': '', 'x-signature': 'ab' })?.signatures).toEqual(['']);
	});

	test('a pinned header counts alone, whatever the case of its name', () => {
		const pinned = source('body', 'X-Acme-PROOF');
		expect(read({ 'x-acme-proof': 'ab', 'x-signature': 'cd' }, pinned)?.signatures).toEqual(['ab']);
		expect(read({ 'x-signature': 'cd' }, pinned)).toBeUndefined();
	});

	test.each([
		['no headers', {}],
		['another header', { 'x-other-signature': 'ab' }],
		['an inherited one', Object.create({ 'x-signature': 'ab' }) as DeliveryHeaders],
		['a value that is no text', { 'x-signature': 5 as unknown as string }],
		['4,097 characters', { 'x-signature': 'a'.repeat(4097) }],
		['4,097 characters on several lines', { 'x-signature': Array(100).fill('a'.repeat(40)) }],
	])('nothing is claimed by %s', (_name, headers) => {
		expect(read(headers)).toBeUndefined();
	});

	test('a pinned header named like a part of every object is none', () => {
		for (const name of ['constructor', '__proto__', 'toString']) {
			expect(read({ 'x-signature': 'ab' }, source('body', name))).toBeUndefined();
		}
		const inherited = Object.create({ 'x-acme-proof': 'ab' }) as DeliveryHeaders;
		expect(read(inherited, source('body', 'X-Acme-Proof'))).toBeUndefined();
	});
});

describe('a timestamp and the body', () => {
	const form = source('timestampBody');
	const claim = (value: string) => read({ 'x-signature': value }, form);

	test.each<[string, string[]]>([
		[`t=${NOW},v1=ab`, [`t=${NOW}`, 'ab']],
		[`v1=ab, t=${NOW}`, ['ab', `t=${NOW}`]],
		[`t=${NOW} ab`, [`t=${NOW}`, 'ab']],
		[`t=${NOW},v1=ab,v1=cd,v0=ef`, [`t=${NOW}`, 'ab', 'cd', 'v0=ef']],
	])('%s', (value, signatures) => {
		expect(claim(value)).toEqual({ prefix: `${NOW}.`, signatures });
	});

	test.each([-300, 0, 300])('%d s from now is recent', (offset) => {
		expect(claim(`t=${NOW + offset},v1=ab`)?.prefix).toBe(`${NOW + offset}.`);
	});

	test.each([
		['301 s old', `t=${NOW - 301},v1=ab`],
		['301 s ahead', `t=${NOW + 301},v1=ab`],
		['missing', 'v1=ab'],
		['empty', 't=,v1=ab'],
		['there twice', `t=${NOW},t=${NOW},v1=ab`],
		['in milliseconds', `t=${NOW}000,v1=ab`],
		['with a fraction', `t=${NOW}.5,v1=ab`],
		['in exponents', 't=1.776676472e9,v1=ab'],
		['in hex', `t=0x${NOW.toString(16)},v1=ab`],
		['with a sign', `t=+${NOW},v1=ab`],
		['a word', 't=now,v1=ab'],
		['of another name', `T=${NOW},v1=ab`],
		['with a blank', `t= ${NOW},v1=ab`],
	])('a timestamp %s claims nothing', (_name, value) => {
		expect(claim(value)).toBeUndefined();
	});
});

describe('Standard Webhooks', () => {
	const form = source('standardWebhooks');
	const headers = (changes: DeliveryHeaders = {}): DeliveryHeaders => ({
		'webhook-id': 'msg_1',
		'webhook-timestamp': String(NOW),
		'webhook-signature': 'v1,ab',
		...changes,
	});
	const signatures = (value: string) =>
		read(headers({ 'webhook-signature': value }), form)?.signatures.filter((part) => part !== 'v1');

	test('id and timestamp are signed before the body', () => {
		expect(read(headers(), form)).toMatchObject({ prefix: `msg_1.${NOW}.`, messageId: 'msg_1' });
	});

	test.each<[string, string[]]>([
		['v1,ab', ['ab']],
		['v1,ab v1,cd', ['ab', 'cd']],
		['v1,ab, v1,cd', ['ab', 'cd']],
		['v1a,ab v1,cd', ['v1a', 'cd']],
		['v2,ab', ['v2']],
	])('%s', (value, expected) => {
		expect(signatures(value)).toEqual(expected);
	});

	test('the signature header can be pinned, those of id and timestamp stay', () => {
		const pinned = source('standardWebhooks', 'X-Signature');
		expect(read(headers({ 'x-signature': 'v1,cd' }), pinned)?.signatures).toContain('cd');
		expect(read(headers(), pinned)).toBeUndefined();
	});

	test.each<[string, DeliveryHeaders]>([
		['no id', { 'webhook-id': undefined }],
		['an empty id', { 'webhook-id': '' }],
		['an id with a full stop', { 'webhook-id': 'msg.1' }],
		['an id with a blank', { 'webhook-id': 'msg 1' }],
		['two ids', { 'webhook-id': ['msg_1', 'msg_2'] }],
		['an id of 257 characters', { 'webhook-id': 'm'.repeat(257) }],
		['no timestamp', { 'webhook-timestamp': undefined }],
		['an old timestamp', { 'webhook-timestamp': String(NOW - 301) }],
		['a timestamp ahead', { 'webhook-timestamp': String(NOW + 301) }],
		['two timestamps', { 'webhook-timestamp': [String(NOW), String(NOW)] }],
		['an ISO timestamp', { 'webhook-timestamp': new Date(NOW * 1000).toISOString() }],
		['no signature', { 'webhook-signature': undefined, 'x-signature': 'v1,ab' }],
	])('%s claims nothing', (_name, changes) => {
		expect(read(headers(changes), form)).toBeUndefined();
	});
});

test('an unknown form claims nothing', () => {
	const headers = { 'x-signature': 'ab' };
	expect(read(headers, source('everything' as SignedContent))).toBeUndefined();
	expect(SIGNED_CONTENTS).toEqual(['body', 'timestampBody', 'standardWebhooks']);
});
