import { isObject } from '../api/json';

/** Where the API page leaves open how the hash is reported, it may be any of these (contract). */
const HASH_FIELDS = ['sha256', 'sha256_hash', 'file_hash', 'hash', 'checksum', 'digest'];
const HASH_PLACES = ['data', 'evidence', 'file'];

const PREFIX = /^sha-?256\s*[:=-]\s*/i;
const HEX = /^[0-9a-f]{64}$/i;
/** 32 bytes in base64 or base64url, padded or not. */
const BASE64 = /^[\w+/-]{43}=?$/;
/** A byte sequence in a structured field (RFC 8941 §3.3.5), as RFC 9530 writes digests. */
const BYTE_SEQUENCE = /^:(.*):$/;

/**
 * A SHA-256 in any spelling as 64 lower-case hex digits; null for anything else. Spellings (contract):
 * hex of any case or base64, with or without `sha256:`, `sha-256=` and the like, and among the members
 * of an RFC 9530 digest (`sha-512=:…:, sha-256=:…:`).
 */
export function parseSha256(value: unknown): string | null {
	if (typeof value !== 'string') return null;
	for (const member of value.split(',')) {
		const digest = member.trim().replace(PREFIX, '').replace(BYTE_SEQUENCE, '$1');
		if (HEX.test(digest)) return digest.toLowerCase();
		if (BASE64.test(digest)) return Buffer.from(digest, 'base64').toString('hex');
	}
	return null;
}

/** The SHA-256 that the API reports for stored evidence, in lower-case hex; null if it reports none. */
export function reportedSha256(evidence: unknown): string | null {
	if (!isObject(evidence)) return null;
	const places = [evidence, ...HASH_PLACES.map((key) => evidence[key]).filter(isObject)];
	for (const field of HASH_FIELDS) {
		for (const place of places) {
			const sha256 = parseSha256(place[field]);
			if (sha256) return sha256;
		}
	}
	return null;
}
