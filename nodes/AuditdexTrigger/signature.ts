import { createHmac, timingSafeEqual } from 'crypto';
import type { SigningKey } from './signingKeys';

/** Length of an HMAC-SHA256, in bytes (RFC 4231). */
const SIGNATURE_BYTES = 32;
const HEX_SIGNATURE = /^[0-9a-fA-F]{64}$/;
const BASE64_SIGNATURE_LENGTH = 44;

export interface SignedMessage {
	/** What was signed ahead of the body: nothing, `<t>.` or `<webhook-id>.<webhook-timestamp>.` */
	prefix: string;
	/** The body's bytes exactly as they were received. */
	body: Buffer;
	/** The values found in the signature header; one valid value is enough. */
	signatures: readonly string[];
}

/**
 * Tells whether a message carries an HMAC-SHA256 made with one of the keys.
 *
 * Each key costs at most one HMAC over the message, however many values the header holds, and none
 * is spent when no value has the shape of a signature. Digests of equal length are compared in
 * constant time: how much of a wrong value was right can't be told from outside.
 */
export function isSignedWithOneOf(keys: readonly SigningKey[], message: SignedMessage): boolean {
	const candidates = message.signatures
		.map(decodeSignature)
		.filter((candidate) => candidate !== undefined);
	if (candidates.length === 0) return false;

	return keys.some((key) => {
		const hmac = createHmac('sha256', key);
		if (message.prefix !== '') hmac.update(message.prefix);
		// By way of hex, as a digest asked for as a buffer costs half as much again.
		const expected = Buffer.from(hmac.update(message.body).digest('hex'), 'hex');
		return candidates.some((candidate) => timingSafeEqual(candidate, expected));
	});
}

/**
 * Decodes one signature value: 64 hex digits of any case, or the 44 characters of padded base64
 * (RFC 4648 §4). Base64 has several spellings for some bytes; only the canonical one is taken, so
 * that no character of a signature can be altered unnoticed.
 *
 * @returns the 32 bytes, or `undefined` for anything else
 */
export function decodeSignature(value: string): Buffer | undefined {
	if (value.length === BASE64_SIGNATURE_LENGTH) {
		const bytes = Buffer.from(value, 'base64');
		const canonical = bytes.length === SIGNATURE_BYTES && bytes.toString('base64') === value;
		return canonical ? bytes : undefined;
	}
	return HEX_SIGNATURE.test(value) ? Buffer.from(value, 'hex') : undefined;
}
