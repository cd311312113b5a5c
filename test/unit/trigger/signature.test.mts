import { createHmac, createSecretKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { describe, expect, test, vi } from 'vitest';

import {
	decodeSignature,
	findValidSignature,
} from '../../../nodes/AuditdexTrigger/signature/check.ts';
import {
	readSignatureClaim,
	type SignatureClaim,
} from '../../../nodes/AuditdexTrigger/signature/claim.ts';
import { type SigningKeys, signingKeysOf } from '../../../nodes/AuditdexTrigger/secrets/keys.ts';
import { NOW, type SignedDelivery, signedDelivery, tampering } from './signatures.mts';

const TAMPERED_DELIVERIES = 120_000;
const WELL_FORMED_DELIVERIES = 10_000;

// Long enough on a machine with other work.
vi.setConfig({ testTimeout: 300_000 });

/** What a trigger that is set up like this finds signed. */
function matchOf({ secrets, source, headers, body }: SignedDelivery) {
	const keys = signingKeysOf(secrets, source.signedContent);
	const claim = readSignatureClaim(headers, source, NOW);
	return keys && claim && findValidSignature(claim, keys, body);
}
const isAccepted = (delivery: SignedDelivery) => matchOf(delivery) !== undefined;

describe('every delivery', () => {
	test('whose signature has any of the supported forms is accepted', () => {
		fc.assert(
			fc.property(signedDelivery, (delivery) => {
				const match = matchOf(delivery);
				expect(match?.content.form).toBe(delivery.form);
				const inUse = delivery.secrets.previousSigningSecret === '';
				expect(match?.key.secret).toBe(inUse ? 'signingSecret' : 'previousSigningSecret');
			}),
			{ numRuns: WELL_FORMED_DELIVERIES },
		);
	});

	test(`that was tampered with is refused, in ${TAMPERED_DELIVERIES} of them`, () => {
		const tried = new Map<string, number>();
		fc.assert(
			fc.property(signedDelivery, tampering, (delivery, [[name, tamper], seed]) => {
				tried.set(name, (tried.get(name) ?? 0) + 1);
				if (isAccepted(tamper(delivery, seed))) throw new Error(`accepted: ${name}`);
			}),
			{ numRuns: TAMPERED_DELIVERIES },
		);
		for (const [name, times] of tried) expect([name, times > 1000]).toEqual([name, true]);
	});

	test('with any headers at all is refused, and none makes the check throw', () => {
		const value = fc.oneof(
			fc.string({ unit: 'binary', maxLength: 200 }),
			fc.array(fc.string(), { maxLength: 3 }),
			fc.constant(undefined),
			fc.constant(null),
			fc.integer(),
			fc.object(),
		);
		const name = fc.constantFrom(
			'x-auditdex-signature',
			'x-signature',
			'webhook-signature',
			'webhook-id',
			'webhook-timestamp',
			'__proto__',
		);
		fc.assert(
			fc.property(
				fc.dictionary(name, value, { noNullPrototype: false }),
				signedDelivery,
				(headers, delivery) => {
					expect(isAccepted({ ...delivery, headers: headers as SignedDelivery['headers'] })).toBe(
						false,
					);
				},
			),
			{ numRuns: 2_000 },
		);
	});
});

const keysOf = (...keys: Array<string | Buffer>): SigningKeys => {
	const body = keys.map((key) => ({
		secret: 'signingSecret' as const,
		key: createSecretKey(typeof key === 'string' ? Buffer.from(key) : key),
	}));
	return { body, timestampBody: [], standardWebhooks: [] };
};
const claimOf = (...signatures: string[]): SignatureClaim => ({
	contents: [{ form: 'body', prefix: '' }],
	signatures: signatures.map(decodeSignature).filter((signature) => signature !== undefined),
});
const isSigned = (secret: string | Buffer, body: string | Buffer, signature: string) =>
	findValidSignature(claimOf(signature), keysOf(secret), Buffer.from(body)) !== undefined;

describe('published vectors', () => {
	// https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
	test("GitHub's example", () => {
		const header = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
		const body = Buffer.from('Hello, World!');
		const source = { signedContent: 'body', signatureHeader: '' } as const;
		const claim = readSignatureClaim({ 'x-hub-signature-256': header }, source, NOW)!;
		const keys = signingKeysOf({ signingSecret: "It's a Secret to Everybody" }, 'body')!;
		expect(findValidSignature(claim, keys, body)).toBeDefined();
		expect(findValidSignature(claim, keys, Buffer.from('Hello, World'))).toBeUndefined();
	});

	// RFC 4231, section 4; case 5, whose output is cut to 128 bits, must not pass.
	test.each<[string, secret: Buffer, body: Buffer, signature: string]>([
		[
			'1',
			Buffer.alloc(20, 0x0b),
			Buffer.from('Hi There'),
			'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
		],
		[
			'2: a key shorter than the output',
			Buffer.from('Jefe'),
			Buffer.from('what do ya want for nothing?'),
			'5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
		],
		[
			'3',
			Buffer.alloc(20, 0xaa),
			Buffer.alloc(50, 0xdd),
			'773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe',
		],
		[
			'4',
			Buffer.from('0102030405060708090a0b0c0d0e0f10111213141516171819', 'hex'),
			Buffer.alloc(50, 0xcd),
			'82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b',
		],
		[
			'6: a key longer than a block',
			Buffer.alloc(131, 0xaa),
			Buffer.from('Test Using Larger Than Block-Size Key - Hash Key First'),
			'60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
		],
		[
			'7: a key and a message longer than a block',
			Buffer.alloc(131, 0xaa),
			Buffer.from(
				'This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.',
			),
			'9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
		],
	])('RFC 4231, test case %s', (_case, secret, body, signature) => {
		expect(isSigned(secret, body, signature)).toBe(true);
		expect(isSigned(secret, body, Buffer.from(signature, 'hex').toString('base64'))).toBe(true);
		expect(isSigned(secret, Buffer.concat([body, Buffer.of(0)]), signature)).toBe(false);
	});

	test('RFC 4231, test case 5: a truncated output', () => {
		const [secret, body] = [Buffer.alloc(20, 0x0c), Buffer.from('Test With Truncation')];
		expect(isSigned(secret, body, 'a3b6167473100ee06e0c796c2955552b')).toBe(false);
	});

	// https://www.standardwebhooks.com, "Signature scheme" and its library's own test.
	test('Standard Webhooks: what its library signs, and only that', () => {
		fc.assert(
			fc.property(
				fc.uint8Array({ minLength: 24, maxLength: 64 }),
				fc.string({ unit: fc.constantFrom(...'abc019_-'), minLength: 1, maxLength: 30 }),
				fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => text.isWellFormed()),
				fc.integer({ min: -300, max: 300 }),
				(bytes, id, body, ahead) => {
					const secret = `whsec_${Buffer.from(bytes).toString('base64')}`;
					const library = new StandardWebhook(secret);
					const signature = library.sign(id, new Date((NOW + ahead) * 1000), body);
					const delivery = (changes: Record<string, string> = {}, content = body) =>
						({
							secrets: { signingSecret: secret },
							source: { signedContent: 'standardWebhooks', signatureHeader: '' },
							headers: {
								'webhook-id': id,
								'webhook-timestamp': String(NOW + ahead),
								'webhook-signature': signature,
								...changes,
							},
							body: Buffer.from(content),
						}) as unknown as SignedDelivery;
					expect(isAccepted(delivery())).toBe(true);
					expect(isAccepted(delivery({ 'webhook-signature': `v1,x ${signature}` }))).toBe(true);
					// As Node.js joins two header lines.
					expect(isAccepted(delivery({ 'webhook-signature': `v1,x, ${signature}` }))).toBe(true);
					const asymmetric = signature.replace('v1,', 'v1a,');
					expect(isAccepted(delivery({ 'webhook-signature': asymmetric }))).toBe(false);
					expect(isAccepted(delivery({ 'webhook-id': `${id}x` }))).toBe(false);
					expect(isAccepted(delivery({}, `${body} `))).toBe(false);
				},
			),
			{ numRuns: 1_000 },
		);
	});
});

describe('a signature value', () => {
	const digest = createHmac('sha256', 'key').update('body').digest();

	test('is decoded from hex of any case and from base64', () => {
		const hex = digest.toString('hex');
		for (const value of [hex, hex.toUpperCase(), digest.toString('base64')]) {
			expect(decodeSignature(value)).toEqual(digest);
		}
	});

	test('has one spelling in base64', () => {
		fc.assert(
			fc.property(fc.uint8Array({ minLength: 0, maxLength: 80 }), (bytes) => {
				for (const form of ['hex', 'base64', 'base64url', 'latin1'] as const) {
					const value = Buffer.from(bytes).toString(form);
					const decoded = decodeSignature(value);
					if (decoded === undefined) continue;
					expect(decoded).toHaveLength(32);
					expect([decoded.toString('hex'), decoded.toString('base64')]).toContain(
						form === 'hex' ? value.toLowerCase() : value,
					);
				}
			}),
		);
	});
});

describe('keys', () => {
	test('are all tried, and none lets everything in', () => {
		const body = randomBytes(100);
		const sign = (secret: string) => createHmac('sha256', secret).update(body).digest('hex');
		const keys = keysOf('first', 'second');
		const check = (...signatures: string[]) =>
			findValidSignature(claimOf(...signatures), keys, body);
		expect(check(sign('first'))?.key).toBe(keys.body[0]);
		expect(check(sign('second'))?.key).toBe(keys.body[1]);
		expect(check(sign('third'), 'x', sign('second'))?.key).toBe(keys.body[1]);
		expect(check(sign('third'))).toBeUndefined();
		expect(findValidSignature(claimOf(sign('')), keysOf(), body)).toBeUndefined();
		expect(check('')).toBeUndefined();
	});
});
