import { createHmac, timingSafeEqual, type KeyObject } from 'crypto';
import {
	bare,
	isSet,
	standardWebhooksKey,
	type SecretField,
	type WebhookSecrets,
} from '../secrets/keys';
import { decodeSignature } from './check';
import {
	allHeaderValues,
	readContents,
	signatureHeadersOf,
	secondsAway,
	SIGNED_TIMESTAMP_TOLERANCE_SECONDS,
	type ClaimedContent,
	type DeliveryHeaders,
	type HeaderValue,
	type SignatureSource,
} from './claim';

/** A delivery as it was received. */
export interface ReceivedDelivery {
	headers: DeliveryHeaders;
	body: Buffer;
}

/** What was hashed instead of the bytes that were received. */
export type BodyChange = 'reserialized' | 'lineEnding';
/** What was taken for the key instead of the secret's UTF-8 bytes (or a `whsec_` secret's base64). */
export type KeyChange = 'blanks' | 'decoded' | 'withoutPrefix' | 'hex';

/** How a delivery's signature was made, and all that keeps the trigger from accepting it. */
export interface SignatureFit {
	/** In lower case. */
	header: string;
	form: ClaimedContent['form'];
	secret: SecretField;
	algorithm: 'sha256' | 'sha1' | 'sha384' | 'sha512';
	/** Whether the value is hex or padded base64, as it has to be. */
	isUsualEncoding: boolean;
	/** Whether the trigger looks at this header. */
	isHeaderRead: boolean;
	/** Whether the trigger takes this form. */
	isFormTaken: boolean;
	/** How far the signed timestamp lies from now, where it's too far. */
	secondsAway?: number;
	key?: KeyChange;
	body?: BodyChange;
}

const SECRET_NAMES: Record<SecretField, string> = {
	signingSecret: 'Signing Secret',
	previousSigningSecret: 'Previous Signing Secret',
};
const FORM_NAMES: Record<ClaimedContent['form'], string> = {
	body: 'Body',
	timestampBody: 'Timestamp and Body',
	standardWebhooks: 'Standard Webhooks',
};
const KEY_CHANGES: Record<KeyChange, string> = {
	blanks: 'the secret with the blank or line break around it, which counts for nothing here',
	decoded: 'what the base64 in the secret stands for, and not the secret itself',
	withoutPrefix: 'the secret without its "whsec_"',
	hex: 'what the hex digits in the secret stand for, and not the secret itself',
};
const BODY_CHANGES: Record<BodyChange, string> = {
	reserialized: 'the body as JSON written anew: something on the way changes its bytes',
	lineEnding: 'the body with other line endings: something on the way changes its bytes',
};
const OTHER_ALGORITHMS = ['sha1', 'sha384', 'sha512'] as const;

/** Larger bodies aren't worth the time. */
const MAX_BODY_BYTES = 1024 * 1024;
const HEX = /^(?:[0-9a-f]{2})+$/i;

type Key = { secret: SecretField; key: string | Buffer | KeyObject; change?: KeyChange };
type Body = { bytes: Buffer; change?: BodyChange };
type Trial = Pick<SignatureFit, 'algorithm'> & { key: Key; body: Body; content: ClaimedContent };

/**
 * Finds out how a delivery was signed, looking further than the trigger does: in all headers, for all
 * times, with what secrets and bodies are often mistaken for. For a line in the log, and for those who
 * set up the trigger; it says nothing of the secret itself, and proves nothing.
 *
 * @param source how the trigger is set up
 * @param now epoch seconds
 * @returns `undefined` where no secret fits in any of these ways
 */
export function findFit(
	{ headers, body }: ReceivedDelivery,
	secrets: WebhookSecrets,
	source: SignatureSource,
	now: number,
): SignatureFit | undefined {
	if (body.length > MAX_BODY_BYTES) return undefined;
	const values = allHeaderValues(headers);
	const contents = readContents(headers, values);
	for (const trial of trialsOf(contents, secrets, body)) {
		const digest = digestOf(trial);
		const value = values.find((candidate) =>
			readings(candidate).some((read) => areEqual(read, digest)),
		);
		if (value !== undefined) return describe(trial, value, { headers, source, now });
	}
	return undefined;
}

/** @returns a sentence for n8n's log, `undefined` where nothing can be said */
export function explainMismatch(...of: Parameters<typeof findFit>): string | undefined {
	const fit = findFit(...of);
	return fit === undefined ? undefined : explain(fit);
}

/** What to do about a signature that fits in another way than the trigger's; empty if in no other. */
export function explain(fit: SignatureFit): string {
	const name = SECRET_NAMES[fit.secret];
	const parts: string[] = [];
	if (fit.key !== undefined) parts.push(`it fits ${KEY_CHANGES[fit.key]}`);
	if (fit.body !== undefined) parts.push(`it fits ${BODY_CHANGES[fit.body]}`);
	if (!fit.isHeaderRead) {
		parts.push(`it stands in the header '${fit.header}': set 'Signature Header' to that name`);
	}
	if (!fit.isFormTaken) {
		parts.push(`it is of the form ${FORM_NAMES[fit.form]}: set 'Signed Content' to Automatic`);
	}
	if (fit.secondsAway !== undefined) {
		parts.push(`its timestamp is ${fit.secondsAway} seconds from this computer's clock`);
	}
	if (fit.algorithm !== 'sha256') parts.push(`it is made with ${fit.algorithm}, not HMAC-SHA256`);
	if (!fit.isUsualEncoding) parts.push('it is neither hex nor base64 with padding');
	return parts.length === 0 ? '' : `the signature fits '${name}', but ${parts.join(', and ')}`;
}

/** What comes nearest first. */
function* trialsOf(
	contents: ClaimedContent[],
	secrets: WebhookSecrets,
	received: Buffer,
): Generator<Trial> {
	const keys = keysOf(secrets);
	const body: Body = { bytes: received };
	const usual = keys.filter(({ change }) => change === undefined);
	for (const key of keys) {
		for (const content of contents) yield { algorithm: 'sha256', key, body, content };
	}
	for (const changed of changedBodies(received)) {
		for (const key of usual) {
			for (const content of contents) yield { algorithm: 'sha256', key, body: changed, content };
		}
	}
	for (const algorithm of OTHER_ALGORITHMS) {
		for (const key of usual) {
			for (const content of contents) yield { algorithm, key, body, content };
		}
	}
}

function keysOf(secrets: WebhookSecrets): Key[] {
	const keys: Key[] = [];
	const fields = ['signingSecret', 'previousSigningSecret'] as const;
	for (const secret of fields) {
		const text = secrets[secret];
		if (!isSet(text)) continue;
		const used = bare(text);
		const decoded = standardWebhooksKey(used);
		keys.push({ secret, key: used });
		if (decoded !== undefined) keys.push({ secret, key: decoded, change: 'decoded' });
		if (text !== used) keys.push({ secret, key: text, change: 'blanks' });
		if (used.startsWith('whsec_')) {
			keys.push({ secret, key: used.slice('whsec_'.length), change: 'withoutPrefix' });
		}
		if (HEX.test(used)) keys.push({ secret, key: Buffer.from(used, 'hex'), change: 'hex' });
	}
	// The usual ones of both secrets first.
	return keys.sort((a, b) => Number(a.change !== undefined) - Number(b.change !== undefined));
}

function changedBodies(received: Buffer): Body[] {
	const text = received.toString();
	const changes: Array<[BodyChange, string | undefined]> = [
		['reserialized', reserialized(text)],
		['lineEnding', text.replace(/\r?\n$/, '')],
		['lineEnding', `${text}\n`],
		['lineEnding', text.replaceAll('\r\n', '\n')],
		['lineEnding', text.replaceAll('\n', '\r\n')],
	];
	return changes
		.filter((pair): pair is [BodyChange, string] => pair[1] !== undefined && pair[1] !== text)
		.map(([change, changed]) => ({ bytes: Buffer.from(changed), change }));
}

function reserialized(text: string): string | undefined {
	try {
		return JSON.stringify(JSON.parse(text));
	} catch {
		return undefined;
	}
}

function digestOf({ algorithm, key, body, content }: Trial): Buffer {
	return createHmac(algorithm, key.key).update(content.prefix).update(body.bytes).digest();
}

/** What a header's value may stand for. */
function readings({ value }: HeaderValue): Buffer[] {
	const base64 = Buffer.from(value, 'base64');
	const readAs = [base64, Buffer.from(base64.toString('latin1'), 'hex')];
	if (HEX.test(value)) readAs.push(Buffer.from(value, 'hex'));
	return readAs;
}

function areEqual(one: Buffer, other: Buffer): boolean {
	return one.length === other.length && timingSafeEqual(one, other);
}

function describe(
	{ algorithm, key, body, content }: Trial,
	{ header, value }: HeaderValue,
	{ headers, source, now }: { headers: DeliveryHeaders; source: SignatureSource; now: number },
): SignatureFit {
	const away = secondsAway(content, now);
	// Standard Webhooks' own key is the decoded one, and one of UTF-8 is taken in auto alone.
	const isOwnKey = content.form === 'standardWebhooks' && key.change === 'decoded';
	return {
		header,
		form: content.form,
		secret: key.secret,
		algorithm,
		isUsualEncoding: algorithm !== 'sha256' || decodeSignature(value) !== undefined,
		isHeaderRead: signatureHeadersOf(headers, source).includes(header),
		isFormTaken: source.signedContent === 'auto' || source.signedContent === content.form,
		...(away > SIGNED_TIMESTAMP_TOLERANCE_SECONDS && { secondsAway: Math.round(away) }),
		...(key.change !== undefined && !isOwnKey && { key: key.change }),
		...(body.change !== undefined && { body: body.change }),
	};
}
