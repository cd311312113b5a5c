import { createHmac, timingSafeEqual } from 'crypto';
import type { SigningKey, SigningKeys } from '../secrets/keys';
import type { ClaimedContent, SignatureClaim } from './claim';

/** Length of an HMAC-SHA256, in bytes (RFC 4231). */
const SIGNATURE_BYTES = 32;
const HEX_SIGNATURE = /^[0-9a-fA-F]{64}$/;
const BASE64_SIGNATURE_LENGTH = 44;

/** What was found to be signed, and with which key. */
export interface SignatureMatch {
	content: ClaimedContent;
	key: SigningKey;
}

/**
 * Looks for a content that carries an HMAC-SHA256 made with one of the keys.
 *
 * Each content and key costs one HMAC over the body, however many signatures there are. Digests are
 * compared in constant time, all of them: how much of a wrong one was right can't be told from
 * outside.
 *
 * @param body its bytes exactly as they were received
 * @returns `undefined` where no signature is valid
 */
export function findValidSignature(
	{ contents, signatures }: SignatureClaim,
	keys: SigningKeys,
	body: Buffer,
): SignatureMatch | undefined {
	for (const content of contents) {
		const key = keys[content.form].find((candidate) => {
			const expected = hmacOf(candidate, content.prefix, body);
			return signatures.some((signature) => timingSafeEqual(signature, expected));
		});
		if (key !== undefined) return { content, key };
	}
	return undefined;
}

function hmacOf({ key }: SigningKey, prefix: string, body: Buffer): Buffer {
	const hmac = createHmac('sha256', key);
	if (prefix !== '') hmac.update(prefix);
	// By way of hex, as a digest asked for as a buffer costs half as much again.
	return Buffer.from(hmac.update(body).digest('hex'), 'hex');
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
