/** Signatures in every form that is taken, and the ways a delivery can be tampered with. */
import { createHmac } from 'node:crypto';
import fc from 'fast-check';

import {
	AUTO_SIGNATURE_HEADERS,
	type DeliveryHeaders,
	type SignatureSource,
} from '../../../nodes/AuditdexTrigger/signedContent.ts';
import type { SignedContent } from '../../../nodes/AuditdexTrigger/signedContent.ts';
import type { WebhookSecrets } from '../../../nodes/AuditdexTrigger/signingKeys.ts';

/** Epoch seconds at which deliveries are checked here. */
export const NOW = 1_776_676_472;

/** A delivery, and how the trigger that gets it is set up. */
export interface SignedDelivery {
	secrets: WebhookSecrets;
	source: SignatureSource;
	headers: DeliveryHeaders;
	body: Buffer;
	/** Where the signature stands. */
	header: string;
	/** The valid value's HMAC. */
	digest: Buffer;
	/** What stands in the header around the valid value, and that value. */
	value: { before: string; signature: string; after: string };
}

export const hmac = (key: string | Buffer, ...content: Array<string | Buffer>): Buffer => {
	const signer = createHmac('sha256', key);
	for (const part of content) signer.update(part);
	return signer.digest();
};

const body = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes));
const textSecret = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }).filter(isUsable);
const standardSecret = fc
	.uint8Array({ minLength: 24, maxLength: 64 })
	.map((bytes) => `whsec_${Buffer.from(bytes).toString('base64')}`);

function isUsable(secret: string): boolean {
	return secret.trim() !== '' && secret.isWellFormed();
}

/** The bytes that the service signs with. */
const keyOf = (secret: string, signedContent: SignedContent): Buffer =>
	signedContent === 'standardWebhooks'
		? Buffer.from(secret.slice('whsec_'.length), 'base64')
		: Buffer.from(secret);

const mixedCase = (hex: string, capitals: boolean[]): string =>
	[...hex].map((digit, index) => (capitals[index] ? digit.toUpperCase() : digit)).join('');

/** An HMAC as text: hex in any mixture of cases, or base64. */
const encoding = fc.oneof(
	fc
		.array(fc.boolean(), { minLength: 64, maxLength: 64 })
		.map((capitals) => (digest: Buffer) => mixedCase(digest.toString('hex'), capitals)),
	fc.constantFrom(
		(digest: Buffer) => digest.toString('hex'),
		(digest: Buffer) => digest.toString('hex').toUpperCase(),
		(digest: Buffer) => digest.toString('base64'),
	),
);
const separator = fc.constantFrom(',', ' ', ', ', ' ,', '\t', ' , ,');
/** A value that another secret made, or that is none. */
const otherValue = fc.oneof(
	fc
		.uint8Array({ minLength: 32, maxLength: 32 })
		.map((bytes) => Buffer.from(bytes).toString('hex')),
	fc.constantFrom('sha256=', 'v1=', 'junk', 'v0=00', 'sha512=ff'),
);
const others = fc.array(fc.tuple(otherValue, separator), { maxLength: 3 });

const pinnedHeader = fc.constantFrom('', 'X-Acme-Proof', 'x-signature', 'Webhook-Signature');
const secretInUse = fc.constantFrom('signingSecret' as const, 'previousSigningSecret' as const);

interface Parts {
	secret: string;
	otherSecret: string;
	inUse: 'signingSecret' | 'previousSigningSecret';
	body: Buffer;
	encode: (digest: Buffer) => string;
	before: Array<[string, string]>;
	after: Array<[string, string]>;
}

const parts = (secret: fc.Arbitrary<string>): fc.Arbitrary<Parts> =>
	fc
		.record({
			secret,
			otherSecret: secret,
			inUse: secretInUse,
			body,
			encode: encoding,
			before: others,
			after: others,
		})
		.filter((made) => made.secret !== made.otherSecret);

function assemble(
	{ secret, otherSecret, inUse, body: content, encode, before, after }: Parts,
	source: SignatureSource,
	header: string,
	{ prefix = '', first = '', scheme = '', more = {} as DeliveryHeaders },
): SignedDelivery {
	const digest = hmac(keyOf(secret, source.signedContent), prefix, content);
	const value = {
		before: first + before.map((pair) => pair.join('')).join('') + scheme,
		signature: encode(digest),
		after: after.map(([other, by]) => by + other).join(''),
	};
	return {
		secrets:
			inUse === 'signingSecret'
				? { signingSecret: secret, previousSigningSecret: '' }
				: { signingSecret: otherSecret, previousSigningSecret: secret },
		source,
		headers: { ...more, [header]: value.before + value.signature + value.after },
		body: content,
		header,
		digest,
		value,
	};
}

const scheme = fc.constantFrom('', 'sha256=', 'v1=');
/** Seconds from now that a signed timestamp may lie. */
const offset = fc.integer({ min: -300, max: 300 });

const bodyForm = fc
	.tuple(parts(textSecret), fc.constantFrom(...AUTO_SIGNATURE_HEADERS), pinnedHeader, scheme)
	.map(([made, auto, signatureHeader, prefixed]) =>
		assemble(
			made,
			{ signedContent: 'body', signatureHeader },
			signatureHeader.toLowerCase() || auto,
			{ scheme: prefixed },
		),
	);

const timestampForm = fc
	.tuple(
		parts(textSecret),
		fc.constantFrom(...AUTO_SIGNATURE_HEADERS),
		pinnedHeader,
		scheme,
		separator,
		offset,
	)
	.map(([made, auto, signatureHeader, prefixed, by, ahead]) =>
		assemble(
			made,
			{ signedContent: 'timestampBody', signatureHeader },
			signatureHeader.toLowerCase() || auto,
			{ prefix: `${NOW + ahead}.`, first: `t=${NOW + ahead}${by}`, scheme: prefixed },
		),
	);

const messageId = fc.string({
	unit: fc.constantFrom(...'abcXYZ0189_-'),
	minLength: 1,
	maxLength: 40,
});
const standardForm = fc
	.tuple(
		parts(standardSecret),
		pinnedHeader,
		fc.constantFrom('v1,', 'v1=', 'sha256=', ''),
		messageId,
		offset,
	)
	.map(([made, signatureHeader, prefixed, id, ahead]) =>
		assemble(
			made,
			{ signedContent: 'standardWebhooks', signatureHeader },
			signatureHeader.toLowerCase() || 'webhook-signature',
			{
				prefix: `${id}.${NOW + ahead}.`,
				scheme: prefixed,
				more: { 'webhook-id': id, 'webhook-timestamp': String(NOW + ahead) },
			},
		),
	);

/** A delivery with a valid signature, in any form that is taken. */
export const signedDelivery: fc.Arbitrary<SignedDelivery> = fc.oneof(
	bodyForm,
	timestampForm,
	standardForm,
);

type Tampering = (delivery: SignedDelivery, seed: number) => SignedDelivery;

const altered = (bytes: Buffer, seed: number): Buffer => {
	const copy = Buffer.from(bytes);
	copy[seed % copy.length]! ^= 1 << seed % 8;
	return copy;
};

const withBody = (delivery: SignedDelivery, changed: Buffer): SignedDelivery => ({
	...delivery,
	body: changed,
});

const withValue = (delivery: SignedDelivery, signature: string): SignedDelivery => ({
	...delivery,
	headers: {
		...delivery.headers,
		[delivery.header]: delivery.value.before + signature + delivery.value.after,
	},
});

const withHeader = (
	delivery: SignedDelivery,
	name: string,
	value: string | undefined,
): SignedDelivery => ({ ...delivery, headers: { ...delivery.headers, [name]: value } });

const NOT_BASE64_NOR_HEX = '!#$%&()*-._~:;<>?@[]^`{|}"\'\\é\u0000';

/**
 * Ways to tamper with a delivery, each of which leaves no valid signature. The seed picks the place
 * and the kind of the change.
 */
const tamperings: Record<string, Tampering> = {
	'a bit of the body': (delivery, seed) => withBody(delivery, altered(delivery.body, seed)),
	'a byte more of the body': (delivery, seed) => {
		const at = seed % (delivery.body.length + 1);
		const added = Buffer.of(seed % 256);
		return withBody(
			delivery,
			Buffer.concat([delivery.body.subarray(0, at), added, delivery.body.subarray(at)]),
		);
	},
	'a body cut short': (delivery, seed) =>
		withBody(delivery, delivery.body.subarray(0, seed % delivery.body.length)),
	'a bit of the signature, in hex': (delivery, seed) =>
		withValue(delivery, altered(delivery.digest, seed).toString('hex')),
	'a bit of the signature, in base64': (delivery, seed) =>
		withValue(delivery, altered(delivery.digest, seed).toString('base64')),
	'a signature cut short': (delivery, seed) =>
		withValue(delivery, delivery.value.signature.slice(0, seed % delivery.value.signature.length)),
	'a character that no encoding has': (delivery, seed) => {
		const { signature } = delivery.value;
		const at = seed % signature.length;
		const odd = NOT_BASE64_NOR_HEX[seed % NOT_BASE64_NOR_HEX.length]!;
		// Over one of its own, or in between, so that what is left isn't whole either.
		const rest = signature.slice(seed % 2 === 0 ? at + 1 : at);
		return withValue(delivery, signature.slice(0, at) + odd + rest);
	},
	'a character twice': (delivery, seed) => {
		const { signature } = delivery.value;
		const at = seed % signature.length;
		return withValue(delivery, signature.slice(0, at + 1) + signature.slice(at));
	},
	base64url: (delivery) => withValue(delivery, delivery.digest.toString('base64url')),
	'base64 with other padding bits': (delivery, seed) => {
		const base64 = delivery.digest.toString('base64');
		const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
		// 32 bytes leave two bits of the last character unused.
		const last = alphabet.indexOf(base64[42]!) ^ (1 + (seed % 3));
		return withValue(delivery, `${base64.slice(0, 42)}${alphabet[last]}=`);
	},
	'base64 of the hex': (delivery) =>
		withValue(delivery, Buffer.from(delivery.digest.toString('hex')).toString('base64')),
	'raw bytes': (delivery) => withValue(delivery, delivery.digest.toString('latin1')),
	'the encoding in other bytes': (delivery) =>
		withValue(delivery, Buffer.from(delivery.value.signature, 'utf16le').toString('latin1')),
	'another algorithm': (delivery, seed) =>
		withValue(
			delivery,
			createHmac(['sha1', 'sha512', 'md5', 'sha3-256'][seed % 4]!, 'key')
				.update(delivery.body)
				.digest('hex'),
		),
	'no signature': (delivery) => withHeader(delivery, delivery.header, undefined),
	'an empty signature': (delivery) => withHeader(delivery, delivery.header, ''),
	'a header longer than any': (delivery) =>
		withHeader(
			delivery,
			delivery.header,
			`${delivery.headers[delivery.header] as string},${'0'.repeat(4096)}`,
		),
	'another header': (delivery) => {
		const value = delivery.headers[delivery.header];
		return withHeader(withHeader(delivery, delivery.header, undefined), 'x-other', value as string);
	},
	'another secret': (delivery, seed) => {
		const secret =
			delivery.source.signedContent === 'standardWebhooks'
				? `whsec_${hmac('other', String(seed)).toString('base64')}`
				: `other secret ${seed}`;
		return { ...delivery, secrets: { signingSecret: secret } };
	},
	'the other secrets of a rotation that is over': (delivery) => ({
		...delivery,
		secrets: {
			signingSecret:
				delivery.source.signedContent === 'standardWebhooks'
					? `whsec_${Buffer.alloc(32).toString('base64')}`
					: 'the one after',
			previousSigningSecret: '',
		},
	}),
	'a scheme of another name': (delivery, seed) =>
		withValue(
			{ ...delivery, value: { ...delivery.value, before: '', after: '' } },
			`${['sha1=', 'SHA256=', 'v0=', 'v2=', 'hmac=', 'v1a,x'][seed % 6]}${delivery.value.signature}`,
		),
	'another time': (delivery, seed) => {
		const { signedContent } = delivery.source;
		const time = String(NOW + (seed % 300) + (seed % 2 === 0 ? 0.5 : 301));
		if (signedContent === 'standardWebhooks')
			return withHeader(delivery, 'webhook-timestamp', time);
		const value = delivery.headers[delivery.header] as string;
		return signedContent === 'timestampBody'
			? withHeader(delivery, delivery.header, value.replace(/t=\d+/, `t=${time}`))
			: withBody(delivery, Buffer.concat([Buffer.from(`${time}.`), delivery.body]));
	},
	'another form': (delivery) => ({
		...delivery,
		source: {
			...delivery.source,
			signedContent: delivery.source.signedContent === 'body' ? 'timestampBody' : 'body',
		},
	}),
	'another message id': (delivery, seed) =>
		delivery.source.signedContent === 'standardWebhooks'
			? withHeader(
					delivery,
					'webhook-id',
					`${delivery.headers['webhook-id'] as string}${seed % 10}`,
				)
			: withBody(delivery, Buffer.concat([Buffer.from('id.'), delivery.body])),
};

/** A way to tamper, with its name. */
export const tampering = fc.tuple(
	fc.constantFrom(...Object.entries(tamperings)),
	fc.integer({ min: 0, max: 0x7fff_ffff }),
);
