/**
 * What a service signs:
 * - `body`: the body alone, as GitHub does
 * - `timestampBody`: `<t>.<body>`, with `t=` inside the signature header, as Stripe does
 * - `standardWebhooks`: `<webhook-id>.<webhook-timestamp>.<body>`
 *   (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md)
 */
export const SIGNED_CONTENTS = ['body', 'timestampBody', 'standardWebhooks'] as const;
export type SignedContent = (typeof SIGNED_CONTENTS)[number];

/** Where a signature is looked for when no header is pinned, in this order. */
export const AUTO_SIGNATURE_HEADERS = [
	'x-auditdex-signature',
	'x-augixsys-signature',
	'x-webhook-signature',
	'x-signature',
	'x-hub-signature-256',
] as const;
const STANDARD_WEBHOOKS_SIGNATURE_HEADER = 'webhook-signature';

/** How far a signed timestamp may lie from now, in seconds, either way. */
export const SIGNED_TIMESTAMP_TOLERANCE_SECONDS = 300;

/** Room for dozens of signatures; anything longer isn't one. */
const MAX_SIGNATURE_HEADER_LENGTH = 4096;
const VALUE_SEPARATOR = /[\s,]+/;
const SCHEME_PREFIXES = ['sha256=', 'v1='];
/** What stands before the comma of a Standard Webhooks value made in another way, e.g. `v1a`. */
const OTHER_VERSION = /^v(?!1$)\d+[a-z]*$/;
const EPOCH_SECONDS = /^\d{1,12}$/;
/** Without full stops: with one, id and timestamp could be told apart in more than one way. */
const MESSAGE_ID = /^[\x21-\x2d\x2f-\x7e]{1,256}$/;

/** A request's headers as Node gives them: names in lower case. */
export type DeliveryHeaders = Readonly<Record<string, string | string[] | undefined>>;

export interface SignatureSource {
	signedContent: SignedContent;
	/** The pinned header's name; empty looks at the headers of the signed content's own list. */
	signatureHeader: string;
}

/** What a delivery's headers claim; nothing in it is proven before the signature is checked. */
export interface SignatureClaim {
	/** Signed ahead of the body. */
	prefix: string;
	signatures: string[];
	/** The sender's own name for the message, the same in each retry (`standardWebhooks` only). */
	messageId?: string;
}

/**
 * Reads from a delivery's headers what is said to have been signed, and the signature's values.
 *
 * Where several of the listed headers are present, the first decides alone: a delivery whose
 * `X-Auditdex-Signature` is wrong isn't saved by a right `X-Signature`.
 *
 * @param now epoch seconds
 * @returns `undefined` where a header is missing, too long or can't be read, or the signed
 *   timestamp is more than five minutes from now
 */
export function readSignatureClaim(
	headers: DeliveryHeaders,
	source: SignatureSource,
	now: number,
): SignatureClaim | undefined {
	const value = signatureHeaderValue(headers, source);
	if (value === undefined || value.length > MAX_SIGNATURE_HEADER_LENGTH) return undefined;

	switch (source.signedContent) {
		case 'body':
			return { prefix: '', signatures: splitValues(value).map(withoutScheme) };
		case 'timestampBody':
			return readTimestampBody(value, now);
		case 'standardWebhooks':
			return readStandardWebhooks(value, headers, now);
		default:
			return undefined;
	}
}

function signatureHeaderValue(
	headers: DeliveryHeaders,
	{ signedContent, signatureHeader }: SignatureSource,
): string | undefined {
	if (signatureHeader !== '') return headerValue(headers, signatureHeader.toLowerCase());
	if (signedContent === 'standardWebhooks') {
		return headerValue(headers, STANDARD_WEBHOOKS_SIGNATURE_HEADER);
	}
	const present = AUTO_SIGNATURE_HEADERS.find((name) => Object.hasOwn(headers, name));
	return present === undefined ? undefined : headerValue(headers, present);
}

/** A header sent on several lines counts as one with several values (RFC 9110 §5.3). */
function headerValue(headers: DeliveryHeaders, name: string): string | undefined {
	if (!Object.hasOwn(headers, name)) return undefined;
	const value: unknown = headers[name];
	if (Array.isArray(value)) return value.join(' ');
	return typeof value === 'string' ? value : undefined;
}

function splitValues(value: string): string[] {
	return value.split(VALUE_SEPARATOR);
}

function withoutScheme(value: string): string {
	const scheme = SCHEME_PREFIXES.find((prefix) => value.startsWith(prefix));
	return scheme === undefined ? value : value.slice(scheme.length);
}

/** `t=<epoch seconds>,v1=<signature>[,v1=<signature>…]`; exactly one `t=`, other schemes don't count. */
function readTimestampBody(value: string, now: number): SignatureClaim | undefined {
	const values = splitValues(value);
	const timestamps = values.filter((part) => part.startsWith('t='));
	const timestamp = timestamps[0]?.slice('t='.length);
	if (timestamps.length !== 1 || !isRecent(timestamp, now)) return undefined;
	return { prefix: `${timestamp}.`, signatures: values.map(withoutScheme) };
}

/** `v1,<signature>`, several separated by spaces; those of other versions don't count. */
function readStandardWebhooks(
	value: string,
	headers: DeliveryHeaders,
	now: number,
): SignatureClaim | undefined {
	const messageId = headerValue(headers, 'webhook-id');
	const timestamp = headerValue(headers, 'webhook-timestamp');
	if (messageId === undefined || !MESSAGE_ID.test(messageId)) return undefined;
	if (!isRecent(timestamp, now)) return undefined;

	const parts = splitValues(value);
	const signatures = parts.filter((_part, index) => !OTHER_VERSION.test(parts[index - 1] ?? ''));
	return {
		prefix: `${messageId}.${timestamp}.`,
		signatures: signatures.map(withoutScheme),
		messageId,
	};
}

function isRecent(timestamp: string | undefined, now: number): timestamp is string {
	return (
		timestamp !== undefined &&
		EPOCH_SECONDS.test(timestamp) &&
		Math.abs(now - Number(timestamp)) <= SIGNED_TIMESTAMP_TOLERANCE_SECONDS
	);
}
