/** Signatures in every form that is taken, and the ways a delivery can be tampered with. */
import { createHmac } from 'node:crypto';
import fc from 'fast-check';

import {
	type ClaimedContent,
	type DeliveryHeaders,
	LISTED_SIGNATURE_HEADERS,
	type SignatureSource,
} from '../../../nodes/AuditdexTrigger/signature/claim.ts';
import type { WebhookSecrets } from '../../../nodes/AuditdexTrigger/secrets/keys.ts';

type Form = ClaimedContent['form'];

/** Epoch seconds at which deliveries are checked here. */
export const NOW = 1_776_676_472;

/** A delivery, and how the trigger that gets it is set up. */
export interface SignedDelivery {
	secrets: WebhookSecrets;
	source: SignatureSource;
	form: Form;
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

/** Not blank at its ends, where blanks wouldn't count. */
function isUsable(secret: string): boolean {
	return secret.isWellFormed() && !/^[\s\p{C}]|[\s\p{C}]$/u.test(secret);
}

/** As a secret is pasted, or comes out of a secret store. */
const pasted = fc
	.tuple(fc.constantFrom('', ' ', '\t'), fc.constantFrom('', '\n', '\r\n', ' ', '\u200b'))
	.map(
		([before, after]) =>
			(secret: string) =>
				before + secret + after,
	);

/** The bytes that the service signs with. */
const keyOf = (secret: string, form: Form): Buffer =>
	form === 'standardWebhooks'
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
	paste: (secret: string) => string;
	/** Whether the trigger is told the form, or finds it out. */
	isTold: boolean;
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
			paste: pasted,
			isTold: fc.boolean(),
			body,
			encode: encoding,
			before: others,
			after: others,
		})
		.filter((made) => made.secret !== made.otherSecret);

function assemble(
	{ secret, otherSecret, inUse, paste, isTold, body: content, encode, before, after }: Parts,
	form: Form,
	{ pinned, header }: { pinned: string; header: string },
	{ prefix = '', first = '', scheme = '', more = {} as DeliveryHeaders },
): SignedDelivery {
	const digest = hmac(keyOf(secret, form), prefix, content);
	const value = {
		before: first + before.map((pair) => pair.join('')).join('') + scheme,
		signature: encode(digest),
		after: after.map(([other, by]) => by + other).join(''),
	};
	const name = pinned.toLowerCase() || header;
	return {
		secrets:
			inUse === 'signingSecret'
				? { signingSecret: paste(secret), previousSigningSecret: '' }
				: { signingSecret: otherSecret, previousSigningSecret: paste(secret) },
		source: { signedContent: isTold ? form : 'auto', signatureHeader: pinned },
		form,
		headers: { ...more, [name]: value.before + value.signature + value.after },
		body: content,
		header: name,
		digest,
		value,
	};
}

const scheme = fc.constantFrom(
	...[
		'',
		'sha256=',
		'v1=',
		'v0=',
		'SHA256=',
		'hmac-sha256=',
		's=',
		'sig1=',
		'sha256:',
		'signature=',
	],
);
/** Seconds from now that a signed timestamp may lie. */
const offset = fc.integer({ min: -300, max: 300 });
/** A time in seconds or milliseconds, as services write it. */
const timestamp = fc
	.tuple(offset, fc.constantFrom('', '000', '999', '.5'))
	.map(([ahead, more]) => `${NOW + Math.min(ahead, 298)}${more}`);

const word = fc.string({ unit: fc.constantFrom(...'abcxyz019'), minLength: 1, maxLength: 8 });
/** Headers of the list, and others whose name says what they hold. */
const signatureHeader = fc.oneof(
	fc.constantFrom(...LISTED_SIGNATURE_HEADERS),
	fc.constantFrom(
		...['signature', 'x-shopify-hmac-sha256', 'stripe-signature', 'x-sig', 'x-slack-signature'],
		...['hmac', 'x_auditdex_sig', 'x-augixsyssignature', 'x-signature-v2', 'x-zm-signature'],
	),
	fc
		.tuple(word, fc.constantFrom('signature', 'hmac', 'sig'), word)
		.map(([before, name, after]) => `${before}-${name}-${after}`),
);
const timestampHeader = fc.oneof(
	fc.constantFrom(
		...[
			'x-auditdex-timestamp',
			'x-timestamp',
			'x-signature-timestamp',
			'x-slack-request-timestamp',
		],
		...['timestamp', 'x-webhook-time', 'webhook-timestamp', 'x-ts', 'x-request-timestamp-ms'],
	),
	word.map((name) => `${name}-timestamp`),
);

const bodyForm = fc
	.tuple(parts(textSecret), signatureHeader, pinnedHeader, scheme)
	.map(([made, header, pinned, prefixed]) =>
		assemble(made, 'body', { header, pinned }, { scheme: prefixed }),
	);

const timestampForm = fc
	.tuple(
		parts(fc.oneof(textSecret, standardSecret)),
		signatureHeader,
		pinnedHeader,
		scheme,
		separator,
		timestamp,
		fc.constantFrom('t=', 'ts=', 'timestamp='),
	)
	.map(([made, header, pinned, prefixed, by, time, name]) =>
		assemble(
			made,
			'timestampBody',
			{ header, pinned },
			{ prefix: `${time}.`, first: name + time + by, scheme: prefixed },
		),
	);

const timestampHeaderForm = fc
	.tuple(parts(textSecret), signatureHeader, pinnedHeader, scheme, timestampHeader, timestamp)
	.map(([made, header, pinned, prefixed, name, time]) =>
		assemble(
			made,
			'timestampBody',
			{ header, pinned },
			{ prefix: `${time}.`, scheme: prefixed, more: { [name]: time } },
		),
	);

/** As Slack and Zoom sign. */
const v0Form = fc
	.tuple(parts(textSecret), signatureHeader, pinnedHeader, timestampHeader, timestamp)
	.map(([made, header, pinned, name, time]) =>
		assemble(
			made,
			'timestampBody',
			{ header, pinned },
			{ prefix: `v0:${time}:`, scheme: 'v0=', more: { [name]: time } },
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
		fc.constantFrom('webhook', 'svix'),
	)
	.map(([made, pinned, prefixed, id, ahead, name]) =>
		assemble(
			made,
			'standardWebhooks',
			{ header: `${name}-signature`, pinned },
			{
				prefix: `${id}.${NOW + ahead}.`,
				scheme: prefixed,
				more: { [`${name}-id`]: id, [`${name}-timestamp`]: String(NOW + ahead) },
			},
		),
	);

/** A delivery with a valid signature, in any form that is taken. */
export const signedDelivery: fc.Arbitrary<SignedDelivery> = fc.oneof(
	bodyForm,
	timestampForm,
	timestampHeaderForm,
	v0Form,
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

/** Changes the time that was signed, wherever it stands. */
const withTimes = (
	delivery: SignedDelivery,
	change: (time: string) => string | undefined,
): SignedDelivery => ({
	...delivery,
	headers: Object.fromEntries(
		Object.entries(delivery.headers).map(([name, value]) => {
			if (typeof value !== 'string') return [name, value];
			if (/^[\d.]+$/.test(value) && name !== delivery.header) return [name, change(value)];
			const isOurs = name === delivery.header && delivery.form === 'timestampBody';
			if (!isOurs) return [name, value];
			return [
				name,
				value.replace(/^(t|ts|timestamp)=([\d.]+)/, (_all, key: string, time: string) =>
					change(time) === undefined ? 'none' : `${key}=${change(time)}`,
				),
			];
		}),
	),
});

const withIds = (delivery: SignedDelivery, change: (id: string) => string): SignedDelivery => ({
	...delivery,
	headers: Object.fromEntries(
		Object.entries(delivery.headers).map(([name, value]) => [
			name,
			name.endsWith('-id') ? change(value as string) : value,
		]),
	),
});

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
			delivery.form === 'standardWebhooks'
				? `whsec_${hmac('other', String(seed)).toString('base64')}`
				: `other secret ${seed}`;
		return { ...delivery, secrets: { signingSecret: secret } };
	},
	'the other secrets of a rotation that is over': (delivery) => ({
		...delivery,
		secrets: {
			signingSecret:
				delivery.form === 'standardWebhooks'
					? `whsec_${Buffer.alloc(32).toString('base64')}`
					: 'the one after',
			previousSigningSecret: '',
		},
	}),
	'a scheme twice': (delivery) =>
		withValue(
			{ ...delivery, value: { ...delivery.value, before: '', after: '' } },
			`sha256=sha256=${delivery.value.signature}`,
		),
	'a scheme of another hash': (delivery, seed) =>
		withValue(
			{ ...delivery, value: { ...delivery.value, before: '', after: '' } },
			['sha1=', 'SHA512=', 'md5=', 'hmac-sha384='][seed % 4] + delivery.value.signature,
		),
	'another time': (delivery, seed) => {
		const time = String(NOW + (seed % 300) + (seed % 2 === 0 ? 0.25 : 301));
		return delivery.form === 'body'
			? withBody(delivery, Buffer.concat([Buffer.from(`${time}.`), delivery.body]))
			: withTimes(delivery, () => time);
	},
	'no time': (delivery) =>
		delivery.form === 'body'
			? withBody(delivery, Buffer.concat([Buffer.from(`${NOW}.`), delivery.body]))
			: withTimes(delivery, () => undefined),
	'the time in another unit': (delivery) =>
		delivery.form === 'body'
			? withBody(delivery, Buffer.concat([delivery.body, Buffer.from('000')]))
			: withTimes(delivery, (time) => (time.length > 12 ? time.slice(0, 10) : `${time}0`)),
	'another form': (delivery) => ({
		...delivery,
		source: {
			...delivery.source,
			signedContent: delivery.form === 'body' ? 'timestampBody' : 'body',
		},
	}),
	'another message id': (delivery, seed) =>
		delivery.form === 'standardWebhooks'
			? withIds(delivery, (id) => `${id}${seed % 10}`)
			: withBody(delivery, Buffer.concat([Buffer.from('id.'), delivery.body])),
};

/** A way to tamper, with its name. */
export const tampering = fc.tuple(
	fc.constantFrom(...Object.entries(tamperings)),
	fc.integer({ min: 0, max: 0x7fff_ffff }),
);
