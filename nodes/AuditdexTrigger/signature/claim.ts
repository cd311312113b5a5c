import { decodeSignature } from './check';

/**
 * What a service signs:
 * - `auto`: whichever of the following the headers speak for
 * - `body`: the body alone, as GitHub does
 * - `timestampBody`: `<t>.<body>`, with `t=` inside the signature's header, as Stripe does, or in a
 *   header of its own
 * - `standardWebhooks`: `<webhook-id>.<webhook-timestamp>.<body>`
 *   (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md)
 */
export const SIGNED_CONTENTS = ['auto', 'body', 'timestampBody', 'standardWebhooks'] as const;
export type SignedContent = (typeof SIGNED_CONTENTS)[number];

/** Headers that are looked at first where none is pinned, in this order. */
export const LISTED_SIGNATURE_HEADERS = [
	'x-auditdex-signature',
	'x-augixsys-signature',
	'x-webhook-signature',
	'x-signature',
	'x-hub-signature-256',
] as const;

/** How far a signed timestamp may lie from now, in seconds, either way. */
export const SIGNED_TIMESTAMP_TOLERANCE_SECONDS = 300;

/** A name that says it is a signature's: the word `signature`, `hmac` or `sig` is in it. */
const SIGNATURE_NAME = /signature|hmac|(?:^|[^a-z])sig(?:[^a-z]|$)/;
/** A name that says it is a time's. */
const TIMESTAMP_NAME = /timestamp|(?:^|[^a-z])(?:time|ts)(?:[^a-z]|$)/;
/** Standard Webhooks' headers begin with this, those of its first implementation with `svix`. */
const STANDARD_WEBHOOKS_NAMES = ['webhook', 'svix'] as const;

/** What a stranger's delivery may cost: so many headers are read, and so many contents hashed. */
const MAX_SIGNATURE_HEADERS = 8;
const MAX_SIGNATURES = 64;
const MAX_CONTENTS_WITH_TIMESTAMP = 6;
/** Room for dozens of signatures; anything longer isn't one. */
const MAX_SIGNATURE_HEADER_LENGTH = 4096;

const VALUE_SEPARATOR = /[\s,]+/;
/** What may stand before a value: `sha256=`, `v1=`, `v0=`, `hmac-sha256:`… */
const SCHEME = /^[A-Za-z][\w.-]{0,31}[=:](?=.)/;
/** Schemes that name another hash than SHA-256. */
const OTHER_HASH_SCHEME = /^(?:hmac[-_]?)?(?:md5|sha[-_]?(?:1|224|384|512))[=:]/i;
/** The scheme of those who sign `v0:<t>:<body>` (Slack, Zoom). */
const V0_SCHEME = 'v0=';
/** What stands before the comma of a Standard Webhooks value made in another way, e.g. `v1a`. */
const OTHER_VERSION = /^v(?!1$)\d+[a-z]*$/;
const TIMESTAMP_SCHEME = /^(?:t|ts|timestamp)=/;
const EPOCH = /^\d{1,16}(?:\.\d{1,9})?$/;
/** More than this many seconds after 1970 are milliseconds: as seconds it's the year 5138. */
const LARGEST_SECONDS = 100_000_000_000;
/** Without full stops: with one, id and timestamp could be told apart in more than one way. */
const MESSAGE_ID = /^[\x21-\x2d\x2f-\x7e]{1,256}$/;

/** A request's headers as Node gives them: names in lower case. */
export type DeliveryHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** What is known of how the service signs. */
export interface SignatureSource {
	signedContent: SignedContent;
	/** The pinned header's name; empty looks at all whose name says that they hold a signature. */
	signatureHeader: string;
}

/** Something that may have been signed. */
export interface ClaimedContent {
	form: Exclude<SignedContent, 'auto'>;
	/** Signed ahead of the body: nothing, `<t>.` or `<webhook-id>.<webhook-timestamp>.` */
	prefix: string;
	/** The timestamp in it, as it came. */
	timestamp?: string;
	/** The sender's own name for the message, the same in each retry (`standardWebhooks` only). */
	messageId?: string;
}

/** One of the values in a header. */
export interface HeaderValue {
	/** The header's name in lower case. */
	header: string;
	/** What stands before the value, `v1=` for instance; empty where nothing does. */
	scheme: string;
	value: string;
}

/** What a delivery's headers claim; nothing in it is proven before a signature is checked. */
export interface SignatureClaim {
	/** One valid signature over one of them is enough: only who has the secret can make one. */
	contents: ClaimedContent[];
	/** HMACs found, 32 bytes each. */
	signatures: Buffer[];
}

/**
 * Reads from a delivery's headers what is said to have been signed, and the signatures.
 *
 * That several contents are possible lets nothing in that the service didn't sign as an event: events
 * are JSON objects, and no content ahead of one (an id, a time) can be taken for the beginning of
 * another, or moved into the body, without what is left as the body being no object.
 *
 * @param now epoch seconds
 * @returns `undefined` where no header has a signature, or nothing fits what is known of the service
 *   (a timestamp that is missing, or more than five minutes from now)
 */
export function readSignatureClaim(
	headers: DeliveryHeaders,
	source: SignatureSource,
	now: number,
): SignatureClaim | undefined {
	const values = signatureHeadersOf(headers, source).flatMap((name) => valuesOf(headers, name));
	const signatures = values
		.filter(({ scheme }) => !OTHER_HASH_SCHEME.test(scheme))
		.map(({ value }) => decodeSignature(value))
		.filter((signature) => signature !== undefined)
		.slice(0, MAX_SIGNATURES);
	if (signatures.length === 0) return undefined;

	const contents = readContents(headers, values)
		.filter(({ form }) => source.signedContent === 'auto' || source.signedContent === form)
		.filter((content) => secondsAway(content, now) <= SIGNED_TIMESTAMP_TOLERANCE_SECONDS);
	return contents.length === 0 ? undefined : { contents, signatures };
}

/** The names of the headers that may hold a signature, those of the list first. */
export function signatureHeadersOf(
	headers: DeliveryHeaders,
	{ signatureHeader, signedContent }: SignatureSource,
): string[] {
	if (signatureHeader !== '') return [signatureHeader.toLowerCase()];
	if (signedContent === 'standardWebhooks') {
		return STANDARD_WEBHOOKS_NAMES.map((name) => `${name}-signature`);
	}
	const listed = LISTED_SIGNATURE_HEADERS.filter((name) => Object.hasOwn(headers, name));
	const others = Object.keys(headers).filter(
		(name) => SIGNATURE_NAME.test(name) && !listed.some((known) => known === name),
	);
	return [...listed, ...others].slice(0, MAX_SIGNATURE_HEADERS);
}

/** The values of all headers, whatever their names. */
export function allHeaderValues(headers: DeliveryHeaders): HeaderValue[] {
	return Object.keys(headers).flatMap((name) => valuesOf(headers, name));
}

/**
 * All that may have been signed, what the headers speak for most clearly first.
 *
 * @param values of the headers that hold signatures
 */
export function readContents(headers: DeliveryHeaders, values: HeaderValue[]): ClaimedContent[] {
	const withTimestamp = [
		...standardWebhooksContents(headers),
		...timestampContents(headers, values),
	].filter((content) => !Number.isNaN(secondsAway(content, 0)));
	return [
		...withTimestamp.slice(0, MAX_CONTENTS_WITH_TIMESTAMP),
		{ form: 'body' as const, prefix: '' },
	];
}

/** How far a content's timestamp lies from now, either way; 0 where it has none, NaN where it's no time. */
export function secondsAway({ timestamp }: ClaimedContent, now: number): number {
	return timestamp === undefined ? 0 : Math.abs(now - timestampSeconds(timestamp));
}

function standardWebhooksContents(headers: DeliveryHeaders): ClaimedContent[] {
	return STANDARD_WEBHOOKS_NAMES.flatMap((name) => {
		const messageId = headerText(headers, `${name}-id`) ?? '';
		const timestamp = headerText(headers, `${name}-timestamp`) ?? '';
		if (!MESSAGE_ID.test(messageId)) return [];
		const prefix = `${messageId}.${timestamp}.`;
		return [{ form: 'standardWebhooks' as const, prefix, timestamp, messageId }];
	});
}

/** Timestamps inside a signature header come first, as they're surely the signature's. */
function timestampContents(headers: DeliveryHeaders, values: HeaderValue[]): ClaimedContent[] {
	const inside = timestampsInside(values);
	const beside = Object.keys(headers)
		.filter((name) => TIMESTAMP_NAME.test(name))
		.map((name) => headerText(headers, name) ?? '');
	const isV0 = values.some(({ scheme }) => scheme === V0_SCHEME);
	return [...new Set([...inside, ...beside])].flatMap((timestamp) =>
		(isV0 ? [`${timestamp}.`, `v0:${timestamp}:`] : [`${timestamp}.`]).map((prefix) => ({
			form: 'timestampBody' as const,
			prefix,
			timestamp,
		})),
	);
}

/** Of each header that has one; where it has several, nobody can tell which it is. */
function timestampsInside(values: HeaderValue[]): string[] {
	const byHeader = new Map<string, string[]>();
	for (const { header, scheme, value } of values) {
		if (!TIMESTAMP_SCHEME.test(scheme)) continue;
		byHeader.set(header, [...(byHeader.get(header) ?? []).slice(-1), value]);
	}
	return [...byHeader.values()].filter(({ length }) => length === 1).flat();
}

/** Epoch seconds of a timestamp in seconds or milliseconds; NaN for anything else. */
function timestampSeconds(timestamp: string): number {
	if (!EPOCH.test(timestamp)) return Number.NaN;
	const time = Number(timestamp);
	return time > LARGEST_SECONDS ? time / 1000 : time;
}

/** The values of a header, without those that Standard Webhooks marks as made in another way. */
function valuesOf(headers: DeliveryHeaders, header: string): HeaderValue[] {
	const text = headerText(headers, header);
	if (text === undefined || text.length > MAX_SIGNATURE_HEADER_LENGTH) return [];
	const parts = text.split(VALUE_SEPARATOR);
	return parts
		.filter((_part, index) => !OTHER_VERSION.test(parts[index - 1] ?? ''))
		.map((part) => {
			const [scheme = ''] = SCHEME.exec(part) ?? [];
			return { header, scheme, value: part.slice(scheme.length) };
		});
}

/** A header sent on several lines counts as one with several values (RFC 9110 §5.3). */
function headerText(headers: DeliveryHeaders, name: string): string | undefined {
	if (!Object.hasOwn(headers, name)) return undefined;
	const value: unknown = headers[name];
	if (Array.isArray(value)) return value.join(' ').trim();
	return typeof value === 'string' ? value.trim() : undefined;
}
