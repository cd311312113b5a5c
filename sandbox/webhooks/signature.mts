import { createHmac, randomBytes, type BinaryToTextEncoding } from 'node:crypto';

import type { SignatureForm } from './webhook.mts';

/** `whsec_` and the base64 of 32 bytes: of use in every form (Standard Webhooks asks for it). */
const SECRET_PREFIX = 'whsec_';
const SECRET_BYTES = 32;

export interface Message {
	/** The same in each attempt to deliver it. */
	id: string;
	body: string;
	/** When this attempt is made. */
	epochSeconds: number;
}

export function newSecret(): string {
	return SECRET_PREFIX + randomBytes(SECRET_BYTES).toString('base64');
}

/** Whether the secret is one that Standard Webhooks can sign with. */
export function isStandardWebhooksSecret(secret: string): boolean {
	const encoded = secret.slice(SECRET_PREFIX.length);
	const key = standardWebhooksKey(secret);
	return secret.startsWith(SECRET_PREFIX) && key.length > 0 && key.toString('base64') === encoded;
}

function standardWebhooksKey(secret: string): Buffer {
	return Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
}

/**
 * The headers that sign a message. While a secret is being rotated there's a value for each of the
 * two, the new one's first: separated by commas, or by blanks where Standard Webhooks says so.
 */
export function signatureHeaders(
	{ signedContent, header, encoding, prefix }: SignatureForm,
	secrets: string[],
	{ id, body, epochSeconds }: Message,
): Record<string, string> {
	switch (signedContent) {
		case 'body':
			return { [header]: secrets.map((secret) => prefix + hmac(secret, body, encoding)).join(',') };
		case 'timestampBody': {
			const content = `${epochSeconds}.${body}`;
			const values = secrets.map((secret) => `v1=${hmac(secret, content, encoding)}`);
			return { [header]: [`t=${epochSeconds}`, ...values].join(',') };
		}
		case 'standardWebhooks': {
			const content = `${id}.${epochSeconds}.${body}`;
			const values = secrets.map(
				(secret) => `v1,${hmac(standardWebhooksKey(secret), content, 'base64')}`,
			);
			return {
				'webhook-id': id,
				'webhook-timestamp': String(epochSeconds),
				'webhook-signature': values.join(' '),
			};
		}
	}
}

/** @param key a secret's key is its UTF-8 bytes, unless the form says otherwise */
function hmac(key: string | Buffer, content: string, encoding: BinaryToTextEncoding): string {
	return createHmac('sha256', key).update(content).digest(encoding);
}
