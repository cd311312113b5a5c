import { createSecretKey, type KeyObject } from 'crypto';
import type { SignedContent } from '../signature/claim';

/** The fields of the credential, as they are stored. */
export interface WebhookSecrets {
	signingSecret?: unknown;
	/** Also valid while a secret is being rotated. */
	previousSigningSecret?: unknown;
}

export type SecretField = keyof WebhookSecrets;

export interface SigningKey {
	/** Which secret it was made of. */
	secret: SecretField;
	/** A text stands for its UTF-8 bytes. Bytes themselves would cost much more. */
	key: string | KeyObject;
}

/** The keys that a delivery may be signed with, for each form; the current secret's come first. */
export type SigningKeys = Record<Exclude<SignedContent, 'auto'>, SigningKey[]>;

const SECRET_FIELDS = ['signingSecret', 'previousSigningSecret'] as const;
const STANDARD_WEBHOOKS_PREFIX = 'whsec_';
/** Also what can't be seen, such as a zero-width blank or a byte order mark. */
const BLANK = /[\s\p{Cc}\p{Cf}]/u;

/**
 * The HMAC keys that a delivery may be signed with.
 *
 * A secret's key is its UTF-8 bytes; in the form of Standard Webhooks it is what the base64 after
 * `whsec_` stands for, and in `auto` its UTF-8 bytes as well, as that specification's libraries can be
 * told to. Blanks around a secret don't count. A secret that isn't set never becomes a key, so that
 * an empty field can't let anything in.
 *
 * @returns `undefined` where the current secret isn't set, or one of them has no key
 */
export function signingKeysOf(
	secrets: WebhookSecrets,
	signedContent: SignedContent,
): SigningKeys | undefined {
	if (!isSet(secrets.signingSecret)) return undefined;
	const fields = SECRET_FIELDS.map((field) => ({ field, text: bare(secrets[field]) })).filter(
		({ text }) => text !== '',
	);
	const texts = fields.map(({ field, text }) => ({ secret: field, key: text }));
	const decoded = fields.flatMap(({ field, text }) => {
		const key = standardWebhooksKey(text);
		return key === undefined ? [] : [{ secret: field, key }];
	});
	if (signedContent === 'standardWebhooks' && decoded.length < fields.length) return undefined;
	const standardWebhooks = signedContent === 'auto' ? [...decoded, ...texts] : decoded;
	return { body: texts, timestampBody: texts, standardWebhooks };
}

/** Whether a secret's field holds anything but blanks. */
export function isSet(secret: unknown): secret is string {
	return bare(secret) !== '';
}

/** A secret as it counts: without the blanks and line breaks that pasting leaves around it. */
export function bare(secret: unknown): string {
	if (typeof secret !== 'string') return '';
	let start = 0;
	let end = secret.length;
	while (start < end && BLANK.test(secret.charAt(start))) start++;
	while (end > start && BLANK.test(secret.charAt(end - 1))) end--;
	return secret.slice(start, end);
}

/** The key of a Standard Webhooks secret, or `undefined` where it isn't `whsec_` and base64. */
export function standardWebhooksKey(secret: string): KeyObject | undefined {
	const encoded = secret.startsWith(STANDARD_WEBHOOKS_PREFIX)
		? secret.slice(STANDARD_WEBHOOKS_PREFIX.length)
		: secret;
	const key = Buffer.from(encoded, 'base64');
	return key.length > 0 && key.toString('base64') === encoded ? createSecretKey(key) : undefined;
}
