import { createSecretKey, type KeyObject } from 'crypto';
import type { SignedContent } from './signedContent';

export interface WebhookSecrets {
	signingSecret?: unknown;
	/** Also valid while a secret is being rotated. */
	previousSigningSecret?: unknown;
}

const STANDARD_WEBHOOKS_PREFIX = 'whsec_';

/** The key of an HMAC: a text stands for its UTF-8 bytes. Bytes themselves would cost much more. */
export type SigningKey = string | KeyObject;

/**
 * The HMAC keys that a delivery may be signed with: the current secret's, then the previous one's.
 *
 * A secret's key is its UTF-8 bytes; with `standardWebhooks` it is what the base64 after `whsec_`
 * stands for. A secret that isn't set never becomes a key, so that an empty field can't let
 * anything in.
 *
 * @returns `undefined` where the current secret isn't set, or one of them has no key
 */
export function signingKeysOf(
	{ signingSecret, previousSigningSecret }: WebhookSecrets,
	signedContent: SignedContent,
): SigningKey[] | undefined {
	if (!isSet(signingSecret)) return undefined;
	const secrets = isSet(previousSigningSecret)
		? [signingSecret, previousSigningSecret]
		: [signingSecret];
	if (signedContent !== 'standardWebhooks') return secrets;

	const keys = secrets.map(standardWebhooksKey);
	return keys.every((key) => key !== undefined) ? keys : undefined;
}

/** Whether a secret's field holds anything but blanks. */
export function isSet(secret: unknown): secret is string {
	return typeof secret === 'string' && secret.trim() !== '';
}

/** The key of a Standard Webhooks secret, or `undefined` where it isn't `whsec_` and base64. */
export function standardWebhooksKey(secret: string): KeyObject | undefined {
	const encoded = secret.startsWith(STANDARD_WEBHOOKS_PREFIX)
		? secret.slice(STANDARD_WEBHOOKS_PREFIX.length)
		: secret;
	const key = Buffer.from(encoded, 'base64');
	return key.length > 0 && key.toString('base64') === encoded ? createSecretKey(key) : undefined;
}
