import { isObject, type JsonObject } from '../api/json';

/** Where the API page leaves open how the hash is reported, it may be any of these (contract). */
const HASH_FIELDS = ['sha256', 'sha256_hash', 'file_hash', 'hash', 'checksum', 'digest'];
const HASH_PLACES = ['data', 'evidence', 'file'];
const SHA256 = /^(?:sha-?256[:=])?([0-9a-f]{64})$/i;

/** A SHA-256 in any spelling as 64 lower-case hex digits; null for anything else. */
export function parseSha256(value: unknown): string | null {
	const digits = typeof value === 'string' ? SHA256.exec(value.trim())?.[1] : undefined;
	return digits?.toLowerCase() ?? null;
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

/**
 * The evidence with this SHA-256 among what a control's object links: any array in it, at the top
 * level or one level down, whose elements report a hash (contract).
 */
export function findLinkedEvidence(control: object, sha256: string): JsonObject | undefined {
	const members: unknown[] = Object.values(control);
	const arrays = [...members, ...members.filter(isObject).flatMap(Object.values)].filter(
		Array.isArray,
	);
	return arrays.flat().find((element) => reportedSha256(element) === sha256);
}
