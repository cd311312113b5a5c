/** RFC 4648 §4 and §5 (base64url), with or without its padding. */
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;
/** RFC 2397: media type and parameters, whether it's base64, and the data. */
const DATA_URI = /^data:([^,;]*)((?:;[^,;]*)*?)(;base64)?,/i;

export interface Encoded {
	/** Decodes as it is, slice by slice. */
	base64: string;
	/** The media type, where the text names one. */
	mimeType?: string;
}

/**
 * Reads the text that a binary has as its data: base64, also with line breaks (RFC 2045) or in the
 * alphabet for URLs, or a whole `data:` URI.
 * @returns undefined for anything else, which would decode to other bytes than were meant
 */
export function parseEncoded(data: string): Encoded | undefined {
	const text = data.replace(/\s+/g, '');
	const uri = DATA_URI.exec(text);
	if (!uri) return isBase64(text) ? { base64: text } : undefined;
	const [head, mimeType, , encoded] = uri;
	if (!encoded) return undefined;
	const base64 = text.slice(head.length).replace(/%(2B|2F|3D)/gi, decodeURIComponent);
	return isBase64(base64) ? { base64, mimeType: mimeType || undefined } : undefined;
}

function isBase64(text: string): boolean {
	if (!BASE64.test(text)) return false;
	const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
	return padding > 0 ? text.length % 4 === 0 : text.length % 4 !== 1;
}
