/** The events on the API page, "Webhooks". */
export const WEBHOOK_EVENTS = [
	'evidence.submitted',
	'control.concluded',
	'finding.raised',
	'engagement.completed',
] as const;
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

/** Stands for all of them, those to come included. */
export const EVERY_EVENT = '*';
export type Subscription = WebhookEvent | typeof EVERY_EVENT;

export const SIGNED_CONTENTS = ['body', 'timestampBody', 'standardWebhooks'] as const;
export const ENCODINGS = ['hex', 'base64'] as const;
export const PREFIXES = ['', 'sha256=', 'v1='] as const;

/** How deliveries are signed. The API page names neither header nor encoding, so they can be set. */
export interface SignatureForm {
	/**
	 * What the HMAC-SHA256 is made over: the body; `<t>.<body>` with `t=` in the header, as Stripe
	 * does; or id, timestamp and body with the headers of the Standard Webhooks specification.
	 */
	signedContent: (typeof SIGNED_CONTENTS)[number];
	/** The header's name; Standard Webhooks has its own. */
	header: string;
	/** Standard Webhooks is always base64. */
	encoding: (typeof ENCODINGS)[number];
	/** Stands before the value of a signed body; the two other forms have their own. */
	prefix: (typeof PREFIXES)[number];
}

export const DEFAULT_SIGNATURE: SignatureForm = {
	signedContent: 'body',
	header: 'X-Auditdex-Signature',
	encoding: 'hex',
	prefix: 'sha256=',
};

/** A webhook as its owner sees it: without its secrets. */
export interface Webhook {
	id: string;
	url: string;
	events: Subscription[];
	signature: SignatureForm;
	/** A disabled one gets no new events, and those still to be delivered wait. */
	enabled: boolean;
	/** Why the service itself has disabled it. */
	disabledReason: string | null;
	createdAt: string;
	/** Until when deliveries are also signed with the secret before the last rotation. */
	previousSecretUntil: string | null;
}

/** With the secret, which is shown once: when it's made. */
export type WebhookWithSecret = Webhook & { secret: string };

export const DELIVERY_STATES = ['pending', 'delivered', 'failed'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** One event on its way to one webhook. */
export interface Delivery {
	id: string;
	webhookId: string;
	event: WebhookEvent;
	/** The same bytes in each attempt. */
	body: string;
	state: DeliveryState;
	createdAt: string;
	/** When it's sent next; null when it won't be. */
	nextAttemptAt: string | null;
	attempts: Attempt[];
}

/** A request that was sent, and what came of it. */
export interface Attempt {
	startedAt: string;
	durationMs: number;
	requestHeaders: Record<string, string>;
	/** Null where no answer came. */
	status: number | null;
	responseHeaders: Record<string, string>;
	/** Its beginning. */
	responseBody: string;
	/** Why no answer came, or not all of it. */
	error: string | null;
}
