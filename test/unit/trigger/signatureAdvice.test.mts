/** What the log and `check-delivery` say about a signature that isn't accepted. */
import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';

import {
	explain,
	explainMismatch,
	findFit,
} from '../../../nodes/AuditdexTrigger/signature/advice.ts';
import type {
	DeliveryHeaders,
	SignatureSource,
} from '../../../nodes/AuditdexTrigger/signature/claim.ts';
import type { WebhookSecrets } from '../../../nodes/AuditdexTrigger/secrets/keys.ts';
import { NOW } from './signatures.mts';

const SECRET = 'kE8vQ2nX5tR9wZ3bC6mJ1pL4';
const KEY = Buffer.from('twenty-four bytes of key');
const WHSEC = `whsec_${KEY.toString('base64')}`;
const BODY = '{"event": "finding.raised", "data": {}}';
const AUTO: SignatureSource = { signedContent: 'auto', signatureHeader: '' };

const hmac = (content: string, key: string | Buffer = SECRET, algorithm = 'sha256') =>
	createHmac(algorithm, key).update(content);
const hex = (...of: Parameters<typeof hmac>) => hmac(...of).digest('hex');

function say(
	headers: DeliveryHeaders,
	{ secrets = { signingSecret: SECRET } as WebhookSecrets, source = AUTO, body = BODY } = {},
) {
	return explainMismatch({ headers, body: Buffer.from(body) }, secrets, source, NOW);
}

describe('a signature that is nearly right', () => {
	test('in a header that is not looked at', () => {
		const headers = { 'x-proof': `sha256=${hex(BODY)}`, 'x-signature': 'junk' };
		expect(say(headers)).toContain("in the header 'x-proof': set 'Signature Header'");
		const source = { ...AUTO, signatureHeader: 'X-Acme' };
		expect(say({ 'x-signature': hex(BODY) }, { source })).toContain("'x-signature'");
	});

	test('of another form than the one chosen', () => {
		const source = { ...AUTO, signedContent: 'body' } as const;
		const headers = { 'x-signature': `t=${NOW},v1=${hex(`${NOW}.${BODY}`)}` };
		expect(say(headers, { source })).toContain('Timestamp and Body');
		expect(say(headers, { source })).toContain("'Signed Content' to Automatic");
	});

	test('with a timestamp too far from now', () => {
		const at = NOW - 720;
		expect(say({ 'x-signature': `t=${at},v1=${hex(`${at}.${BODY}`)}` })).toContain('720 seconds');
		const headers = {
			'webhook-id': 'msg_1',
			'webhook-timestamp': String(at),
			'webhook-signature': `v1,${hmac(`msg_1.${at}.${BODY}`, KEY).digest('base64')}`,
		};
		expect(say(headers, { secrets: { signingSecret: WHSEC } })).toContain('720 seconds');
	});

	test.each<[string, string, string | Buffer, string]>([
		['the blank around it', `${SECRET}\n`, `${SECRET}\n`, 'line break around it'],
		['the base64 of a whsec_ secret', WHSEC, KEY, 'what the base64 in the secret stands for'],
		['a secret without whsec_', WHSEC, KEY.toString('base64'), 'without its "whsec_"'],
		['the bytes of a secret in hex', KEY.toString('hex'), KEY, 'hex digits'],
	])('of another key: %s', (_name, signingSecret, key, expected) => {
		const told = say({ 'x-signature': hex(BODY, key) }, { secrets: { signingSecret } });
		expect(told).toContain(expected);
		expect(told).not.toContain(signingSecret.trim());
	});

	test.each<[string, string]>([
		['JSON written anew', JSON.stringify(JSON.parse(BODY))],
		['a line break more', `${BODY}\n`],
	])('of a body that was changed: %s', (_name, signed) => {
		expect(say({ 'x-signature': hex(signed) })).toContain('changes its bytes');
	});

	test.each(['sha1', 'sha384', 'sha512'])('made with %s', (algorithm) => {
		const headers = { 'x-signature': `${algorithm}=${hex(BODY, SECRET, algorithm)}` };
		expect(say(headers)).toContain(`made with ${algorithm}`);
	});

	test.each([
		hmac(BODY).digest('base64url'),
		Buffer.from(hex(BODY)).toString('base64'),
		hmac(BODY).digest('base64').replace('=', ''),
	])('in another encoding', (value) => {
		expect(say({ 'x-signature': value })).toContain('neither hex nor base64');
	});

	test('of the previous secret, which is named', () => {
		const secrets = { signingSecret: 'another-one-of-24-chars', previousSigningSecret: SECRET };
		const at = NOW - 720;
		const headers = { 'x-signature': `t=${at},v1=${hex(`${at}.${BODY}`)}` };
		expect(say(headers, { secrets })).toContain("fits 'Previous Signing Secret'");
	});

	test('in more than one way, all of which are told', () => {
		const source = { ...AUTO, signedContent: 'body' } as const;
		const at = NOW - 400;
		const told = say({ 'x-proof': `t=${at},v1=${hex(`${at}.${BODY}`)}` }, { source });
		expect(told).toMatch(/'x-proof'.*Timestamp and Body.*400 seconds/);
	});
});

describe('nothing is said', () => {
	test.each<[string, DeliveryHeaders]>([
		['no signature', { host: 'x' }],
		['junk', { 'x-signature': 'junk' }],
		['another secret', { 'x-signature': hex(BODY, 'another') }],
		['another body', { 'x-signature': hex('another') }],
		['the hash without a key', { 'x-signature': '0'.repeat(64) }],
	])('of %s', (_name, headers) => {
		expect(say(headers)).toBeUndefined();
	});

	test('where no secret is set', () => {
		for (const signingSecret of ['', ' ', '\u200b', undefined, null]) {
			expect(say({ 'x-signature': hex(BODY, '') }, { secrets: { signingSecret } })).toBeUndefined();
		}
	});

	test('of bodies that are not worth the time', () => {
		const body = ' '.repeat(2 * 1024 * 1024);
		expect(say({ 'x-proof': hex(body) }, { body })).toBeUndefined();
	});
});

test('a signature that the trigger accepts fits with nothing to say', () => {
	const delivery = { headers: { 'x-signature': hex(BODY) }, body: Buffer.from(BODY) };
	const fit = findFit(delivery, { signingSecret: SECRET }, AUTO, NOW)!;
	expect(fit).toEqual({
		header: 'x-signature',
		form: 'body',
		secret: 'signingSecret',
		algorithm: 'sha256',
		isUsualEncoding: true,
		isHeaderRead: true,
		isFormTaken: true,
	});
	expect(explain(fit)).toBe('');
});
