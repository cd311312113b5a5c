import { randomUUID } from 'node:crypto';

import type { Clock } from '../clock.mts';
import {
	isSubscribed,
	presentWebhook,
	secretsOf,
	type WebhookRow,
	type WebhookStore,
} from '../store/webhookStore.mts';
import { checkEvents, checkSecret, checkSignature, checkUrl } from './checks.mts';
import type { Dispatcher } from './dispatcher.mts';
import type { Payload } from './payload.mts';
import { newSecret } from './signature.mts';
import { testEvent } from './testEvent.mts';
import {
	DEFAULT_SIGNATURE,
	EVERY_EVENT,
	WEBHOOK_EVENTS,
	type SignatureForm,
	type Subscription,
	type Webhook,
	type WebhookEvent,
	type WebhookWithSecret,
} from './webhook.mts';

export interface NewWebhook {
	url: string;
	/** Every event when left out. */
	events?: Subscription[];
	signature?: Partial<SignatureForm>;
	/** Drawn when left out. */
	secret?: string;
}

export interface WebhookChanges {
	url?: string;
	events?: Subscription[];
	signature?: Partial<SignatureForm>;
	/** Enabling sends what has waited meanwhile. */
	enabled?: boolean;
}

export interface Rotation {
	/** For so long deliveries carry a signature of each secret, in seconds of the service's clock. */
	graceSeconds?: number;
	/** Drawn when left out. */
	secret?: string;
}

/** A day, to change the secret at the receiver. */
export const DEFAULT_GRACE_SECONDS = 86_400;

/** What an administrator does with webhooks, and what happens when there's an event. */
export class Webhooks {
	private readonly store: WebhookStore;

	private readonly dispatcher: Dispatcher;

	private readonly clock: Clock;

	constructor(store: WebhookStore, dispatcher: Dispatcher, clock: Clock) {
		this.store = store;
		this.dispatcher = dispatcher;
		this.clock = clock;
	}

	/** @throws InvalidWebhook */
	add({ url, events = [EVERY_EVENT], signature, secret }: NewWebhook): WebhookWithSecret {
		const key = secret === undefined ? newSecret() : checkSecret(secret);
		const webhook: WebhookRow = {
			id: `whk_${randomId()}`,
			url: checkUrl(url),
			events: checkEvents(events),
			signature: checkSignature({ ...DEFAULT_SIGNATURE, ...signature }, [key]),
			enabled: true,
			disabledReason: null,
			createdAt: Date.now(),
			secret: key,
			previousSecret: null,
			previousSecretUntil: null,
		};
		this.store.save(webhook);
		return { ...presentWebhook(webhook), secret: key };
	}

	list(): Webhook[] {
		return this.store.webhooks().map(presentWebhook);
	}

	/** @returns undefined where there's no such webhook, like all that follow */
	get(id: string): Webhook | undefined {
		const webhook = this.store.webhook(id);
		return webhook && presentWebhook(webhook);
	}

	/** @throws InvalidWebhook */
	change(id: string, { url, events, signature, enabled }: WebhookChanges): Webhook | undefined {
		const webhook = this.store.webhook(id);
		if (!webhook) return undefined;
		const changed: WebhookRow = {
			...webhook,
			...(url !== undefined && { url: checkUrl(url) }),
			...(events && { events: checkEvents(events) }),
			...(enabled !== undefined && { enabled, disabledReason: null }),
			signature: checkSignature(
				{ ...webhook.signature, ...signature },
				secretsOf(webhook, Date.now()),
			),
		};
		this.store.save(changed);
		this.dispatcher.wake();
		return presentWebhook(changed);
	}

	/**
	 * Draws a new secret. Until the time of grace is over, deliveries are signed with the old one, too.
	 * @throws InvalidWebhook
	 */
	rotateSecret(
		id: string,
		{ graceSeconds = DEFAULT_GRACE_SECONDS, secret = newSecret() }: Rotation = {},
	): WebhookWithSecret | undefined {
		const webhook = this.store.webhook(id);
		if (!webhook) return undefined;
		checkSignature(webhook.signature, [checkSecret(secret)]);
		const rotated: WebhookRow = {
			...webhook,
			secret,
			previousSecret: webhook.secret,
			previousSecretUntil: Date.now() + this.clock.real(graceSeconds * 1_000),
		};
		this.store.save(rotated);
		return { ...presentWebhook(rotated), secret };
	}

	/** Stops signing with the secret before the last rotation. */
	endRotation(id: string): Webhook | undefined {
		const webhook = this.store.webhook(id);
		if (!webhook) return undefined;
		const ended = { ...webhook, previousSecret: null, previousSecretUntil: null };
		this.store.save(ended);
		return presentWebhook(ended);
	}

	/** With its deliveries, those that are still to be made included. */
	remove(id: string): boolean {
		const exists = this.store.webhook(id) !== undefined;
		this.store.remove(id);
		return exists;
	}

	/**
	 * Notes an event for every webhook that wants it. To be called in the transaction that stores what
	 * happened, and followed by `deliver` after it: so there's no event without its cause, nor the other
	 * way round.
	 */
	note(payload: Payload): void {
		for (const webhook of this.store.webhooks()) {
			if (isSubscribed(webhook, payload.event)) this.noteFor(webhook.id, payload);
		}
	}

	/** Sends what has been noted. */
	deliver(): void {
		this.dispatcher.wake();
	}

	/**
	 * Sends an event that nothing has happened for to one webhook.
	 * @param event the first it's subscribed to when left out
	 * @returns the delivery's id
	 */
	sendTestEvent(id: string, event?: WebhookEvent): string | undefined {
		const webhook = this.store.webhook(id);
		if (!webhook) return undefined;
		const subscribed = WEBHOOK_EVENTS.find((name) => webhook.events.includes(name));
		const delivery = this.noteFor(id, testEvent(event ?? subscribed ?? 'finding.raised'));
		this.dispatcher.wake();
		return delivery;
	}

	/** Sends a delivery again, whatever became of it; its retries begin anew. */
	redeliver(deliveryId: string): boolean {
		if (!this.store.delivery(deliveryId)) return false;
		this.store.setOutcome(deliveryId, { state: 'pending', nextAttemptAt: Date.now(), retries: 0 });
		this.dispatcher.wake();
		return true;
	}

	private noteFor(webhookId: string, payload: Payload): string {
		const id = `dlv_${randomId()}`;
		this.store.addDelivery(id, webhookId, payload.event, JSON.stringify(payload));
		return id;
	}
}

function randomId(): string {
	return randomUUID().replaceAll('-', '').slice(0, 20);
}
