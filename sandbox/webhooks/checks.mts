import { InvalidWebhook } from './invalidWebhook.mts';
import { isStandardWebhooksSecret } from './signature.mts';
import { EVERY_EVENT, type SignatureForm, type Subscription } from './webhook.mts';

const LONGEST_URL = 2_048;
const SHORTEST_SECRET = 16;
const LONGEST_SECRET = 256;
/** A header's name (RFC 9110 §5.6.2, "token"). */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/;
/** Headers that a delivery has anyway, or that belong to the connection. */
const TAKEN_HEADERS = new Set([
	'accept-encoding',
	'authorization',
	'connection',
	'content-encoding',
	'content-length',
	'content-type',
	'cookie',
	'expect',
	'host',
	'keep-alive',
	'proxy-authorization',
	'te',
	'trailer',
	'transfer-encoding',
	'upgrade',
	'user-agent',
]);

/**
 * The URL as deliveries are sent to: `https:`, or `http:` to this computer.
 * @throws InvalidWebhook
 */
export function checkUrl(text: string): string {
	const url = URL.parse(text.trim());
	const refuse = (message: string) => new InvalidWebhook('url', message);
	if (!url) throw refuse('The URL must be a whole one, such as https://n8n.example.com/webhook/…');
	if (url.href.length > LONGEST_URL) {
		throw refuse(`The URL must not be longer than ${LONGEST_URL} characters`);
	}
	const isLocal = url.protocol === 'http:' && isLoopback(url.hostname);
	if (url.protocol !== 'https:' && !isLocal) {
		throw refuse('The URL must start with https:// (http:// is for this computer only)');
	}
	if (url.username || url.password) {
		throw refuse('The URL must not hold a user name or password; deliveries are signed instead');
	}
	if (url.hash) throw refuse('The URL must not have a fragment (#…), as that is never sent');
	return url.href;
}

function isLoopback(hostname: string): boolean {
	return (
		hostname === 'localhost' ||
		hostname.endsWith('.localhost') ||
		hostname === '[::1]' ||
		/^127\.\d+\.\d+\.\d+$/.test(hostname)
	);
}

/** @throws InvalidWebhook */
export function checkEvents(events: Subscription[]): Subscription[] {
	if (events.length === 0) throw new InvalidWebhook('events', 'Choose at least one event');
	return events.includes(EVERY_EVENT) ? [EVERY_EVENT] : [...new Set(events)];
}

/** @throws InvalidWebhook */
export function checkSignature(form: SignatureForm, secrets: string[]): SignatureForm {
	if (!HEADER_NAME.test(form.header)) {
		throw new InvalidWebhook('header', 'The signature header must be the name of a header');
	}
	if (TAKEN_HEADERS.has(form.header.toLowerCase())) {
		throw new InvalidWebhook('header', `The header ${form.header} is used for something else`);
	}
	if (form.signedContent === 'standardWebhooks' && !secrets.every(isStandardWebhooksSecret)) {
		throw new InvalidWebhook(
			'signedContent',
			'Standard Webhooks needs a secret of "whsec_" and base64',
		);
	}
	return form;
}

/** @throws InvalidWebhook */
export function checkSecret(secret: string): string {
	if (secret.length < SHORTEST_SECRET || secret.length > LONGEST_SECRET || /\s/.test(secret)) {
		throw new InvalidWebhook(
			'secret',
			`The secret must have ${SHORTEST_SECRET} to ${LONGEST_SECRET} characters and no blanks`,
		);
	}
	return secret;
}
