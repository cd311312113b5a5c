import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';

import {
	type DeliveryHeaders,
	readSignatureClaim,
	SIGNED_CONTENTS,
	type SignatureSource,
	type SignedContent,
} from '../../../nodes/AuditdexTrigger/signature/claim.ts';
import { NOW } from './signatures.mts';

const source = (signedContent: SignedContent = 'auto', signatureHeader = ''): SignatureSource => ({
	signedContent,
	signatureHeader,
});

const read = (headers: DeliveryHeaders, from = source()) => readSignatureClaim(headers, from, NOW);

/** Three signatures, as hex, and what is read of them. */
const [AB, CD, EF] = ['ab', 'cd', 'ef'].map((byte) => byte.repeat(32)) as [string, string, string];
const hexOf = (claim: ReturnType<typeof read>) =>
	claim?.signatures.map((signature) => signature.toString('hex'));
const prefixesOf = (claim: ReturnType<typeof read>) => claim?.contents.map(({ prefix }) => prefix);

describe('signatures', () => {
	const base64 = Buffer.from(AB, 'hex').toString('base64');
	test.each<[string, string[]]>([
		[AB, [AB]],
		[AB.toUpperCase(), [AB]],
		[base64, [AB]],
		[`sha256=${AB}`, [AB]],
		[`SHA256=${AB}`, [AB]],
		[`v1=${AB}`, [AB]],
		[`v0=${base64}`, [AB]],
		[`hmac-sha256:${base64}`, [AB]],
		[`${AB},${CD}`, [AB, CD]],
		[`${AB} ${CD}`, [AB, CD]],
		[`sha256=${AB}, v1=${CD} ,${EF}`, [AB, CD, EF]],
		[`vx,${AB}`, [AB]],
		[`v1,${AB} v1a,${CD} v1,${EF}`, [AB, EF]],
		[`junk,${AB},sha512=${AB}${AB}`, [AB]],
		[`sha1=${CD},hmac-sha512:${EF},v1=${AB}`, [AB]],
	])('are found in "%s"', (value, signatures) => {
		expect(hexOf(read({ 'x-signature': value }))).toEqual(signatures);
	});

	test.each([
		'',
		'ab',
		`${AB}a`,
		`sha256=sha256=${AB}`,
		`sha256= `,
		`${AB}${CD}`,
		`sha512=${AB}`,
		'none',
		'=',
	])('are not found in "%s"', (value) => {
		expect(read({ 'x-signature': value })).toBeUndefined();
	});

	test('are found in every header whose name says so, those of the list first', () => {
		const headers = {
			'x-acme-hmac': EF,
			'content-length': CD,
			'x-signature': AB,
			'my-sig': 'junk',
		};
		expect(hexOf(read(headers))).toEqual([AB, EF]);
		// One that is empty or wrong doesn't keep the others from being looked at.
		expect(hexOf(read({ 'x-auditdex-signature': '', 'x-signature': AB }))).toEqual([AB]);
	});

	test.each([
		'x-auditdex-signature',
		'webhook-signature',
		'x-other-signature',
		'x-shopify-hmac-sha256',
		'hmac',
		'x-sig',
		'x_sig_256',
		'signature-256',
		'xsignature',
	])('are found in the header %s', (name) => {
		expect(hexOf(read({ [name]: AB }))).toEqual([AB]);
	});

	test.each(['x-other', 'etag', 'x-design', 'x-signal', 'x-sigma', 'authorization', 'digest'])(
		'are not looked for in the header %s',
		(name) => {
			expect(read({ [name]: AB })).toBeUndefined();
		},
	);

	test('on several lines of a header count together', () => {
		expect(hexOf(read({ 'x-signature': [AB, `sha256=${CD}`] }))).toEqual([AB, CD]);
	});

	test('in a pinned header count alone, whatever the case of its name', () => {
		const pinned = source('auto', 'X-Acme-PROOF');
		expect(hexOf(read({ 'x-acme-proof': AB, 'x-signature': CD }, pinned))).toEqual([AB]);
		expect(read({ 'x-signature': CD }, pinned)).toBeUndefined();
	});

	test.each([
		['no headers', {}],
		['an inherited one', Object.create({ 'x-signature': AB }) as DeliveryHeaders],
		['a value that is no text', { 'x-signature': 5 as unknown as string }],
		['4,097 characters', { 'x-signature': `${AB},${'a'.repeat(4032)}` }],
		['4,097 characters on several lines', { 'x-signature': Array(100).fill(AB) }],
	])('are not found in %s', (_name, headers) => {
		expect(read(headers)).toBeUndefined();
	});

	test('are not found where a pinned header is named like a part of every object', () => {
		for (const name of ['constructor', '__proto__', 'toString']) {
			expect(read({ 'x-signature': AB }, source('body', name))).toBeUndefined();
		}
		const inherited = Object.create({ 'x-acme-proof': AB }) as DeliveryHeaders;
		expect(read(inherited, source('body', 'X-Acme-Proof'))).toBeUndefined();
	});
});

describe('the body alone', () => {
	test('is signed where nothing else is said, and always possible', () => {
		expect(prefixesOf(read({ 'x-signature': AB }))).toEqual(['']);
		expect(prefixesOf(read({ 'x-signature': `t=${NOW},v1=${AB}` }, source('body')))).toEqual(['']);
		expect(prefixesOf(read({ 'x-signature': AB, 'x-timestamp': 'today' }))).toEqual(['']);
	});
});

describe('a timestamp and the body', () => {
	const form = source('timestampBody');
	const claim = (value: string, more: DeliveryHeaders = {}) =>
		read({ 'x-signature': value, ...more }, form);

	test.each([
		[`t=${NOW},v1=${AB}`, `${NOW}.`],
		[`v1=${AB}, t=${NOW}`, `${NOW}.`],
		[`t=${NOW} ${AB}`, `${NOW}.`],
		[`ts=${NOW},v1=${AB}`, `${NOW}.`],
		[`t=${NOW}000,v1=${AB}`, `${NOW}000.`],
		[`t=${NOW}.5,v1=${AB}`, `${NOW}.5.`],
	])('%s', (value, prefix) => {
		expect(claim(value)).toMatchObject({ contents: [{ form: 'timestampBody', prefix }] });
		expect(prefixesOf(read({ 'x-signature': value }))).toEqual([prefix, '']);
	});

	test.each([
		'x-timestamp',
		'x-auditdex-timestamp',
		'x-slack-request-timestamp',
		'timestamp',
		'x-signature-time',
		'x-ts',
	])('with the timestamp in the header %s', (name) => {
		expect(prefixesOf(claim(AB, { [name]: ` ${NOW} ` }))).toEqual([`${NOW}.`]);
		expect(prefixesOf(read({ 'x-acme-hmac': AB, [name]: `${NOW}000` }))).toEqual([
			`${NOW}000.`,
			'',
		]);
	});

	test('as Slack signs it, where the scheme says so', () => {
		const slack = { 'x-slack-request-timestamp': String(NOW) };
		expect(prefixesOf(claim(`v0=${AB}`, slack))).toEqual([`${NOW}.`, `v0:${NOW}:`]);
	});

	test.each([-300, 0, 300])('%d s from now is recent', (offset) => {
		expect(prefixesOf(claim(`t=${NOW + offset},v1=${AB}`))).toEqual([`${NOW + offset}.`]);
	});

	test.each([
		['301 s old', `t=${NOW - 301},v1=${AB}`],
		['301 s ahead', `t=${NOW + 301},v1=${AB}`],
		['301 s old, in milliseconds', `t=${NOW - 301}000,v1=${AB}`],
		['missing', `v1=${AB}`],
		['empty', `t=,v1=${AB}`],
		['in microseconds', `t=${NOW}000000,v1=${AB}`],
		['in exponents', `t=1.776676472e9,v1=${AB}`],
		['in hex', `t=0x${NOW.toString(16)},v1=${AB}`],
		['with a sign', `t=+${NOW},v1=${AB}`],
		['a word', `t=now,v1=${AB}`],
		['of another name', `T=${NOW},v1=${AB}`],
		['there twice', `t=${NOW},t=${NOW},v1=${AB}`],
		['there twice, once long ago', `t=1,t=${NOW},v1=${AB}`],
		['with a blank', `t= ${NOW},v1=${AB}`],
	])('a timestamp %s claims nothing', (_name, value) => {
		expect(claim(value)).toBeUndefined();
	});
});

describe('Standard Webhooks', () => {
	const form = source('standardWebhooks');
	const headers = (changes: DeliveryHeaders = {}): DeliveryHeaders => ({
		'webhook-id': 'msg_1',
		'webhook-timestamp': String(NOW),
		'webhook-signature': `v1,${AB}`,
		...changes,
	});

	test.each(['webhook', 'svix'])('signs id and timestamp before the body: %s', (name) => {
		const sent = Object.fromEntries(
			Object.entries(headers()).map(([key, value]) => [key.replace('webhook', name), value]),
		);
		const content = { form: 'standardWebhooks', prefix: `msg_1.${NOW}.`, messageId: 'msg_1' };
		expect(read(sent, form)).toMatchObject({ contents: [content] });
		expect(read(sent)?.contents[0]).toMatchObject(content);
	});

	test.each<[string, string[]]>([
		[`v1,${AB}`, [AB]],
		[`v1,${AB} v1,${CD}`, [AB, CD]],
		[`v1,${AB}, v1,${CD}`, [AB, CD]],
		[`v1a,${AB} v1,${CD}`, [CD]],
	])('%s', (value, expected) => {
		expect(hexOf(read(headers({ 'webhook-signature': value }), form))).toEqual(expected);
	});

	test('the signature header can be pinned, those of id and timestamp stay', () => {
		const pinned = source('standardWebhooks', 'X-Signature');
		expect(hexOf(read(headers({ 'x-signature': `v1,${CD}` }), pinned))).toEqual([CD]);
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
		['no signature', { 'webhook-signature': undefined, 'x-signature': `v1,${AB}` }],
		['a signature of another version', { 'webhook-signature': `v2,${AB}` }],
	])('%s claims nothing', (_name, changes) => {
		expect(read(headers(changes), form)).toBeUndefined();
	});
});

test('what a stranger sends costs a bounded number of HMACs', () => {
	const headers: Record<string, string> = {
		'webhook-id': 'msg_1',
		'webhook-timestamp': String(NOW),
		'svix-id': 'msg_2',
		'svix-timestamp': String(NOW),
	};
	for (let n = 0; n < 60; n++) {
		const hmacs = Array.from({ length: 20 }, (_, m) =>
			createHmac('sha256', 'x').update(`${n} ${m}`).digest('hex'),
		);
		headers[`x-signature-${n}`] = `t=${NOW + n},v0=${hmacs.join(',v0=')}`;
		headers[`x-timestamp-${n}`] = String(NOW + 100 + n);
	}
	const claim = read(headers)!;
	expect(claim.contents.length).toBeLessThanOrEqual(7);
	expect(claim.signatures.length).toBeLessThanOrEqual(64);
	// What the headers speak for most clearly is among them.
	expect(claim.contents.map(({ form }) => form)).toContain('body');
	expect(claim.contents[0]).toMatchObject({ messageId: 'msg_1' });
});

test('an unknown form claims nothing', () => {
	const headers = { 'x-signature': AB };
	expect(read(headers, source('everything' as SignedContent))).toBeUndefined();
	expect(SIGNED_CONTENTS).toEqual(['auto', 'body', 'timestampBody', 'standardWebhooks']);
});
