import {
	type Attempt,
	type Delivery,
	type DeliveryState,
	EVERY_EVENT,
	type SignatureForm,
	type Subscription,
	type Webhook,
	type WebhookEvent,
} from '../webhooks/webhook.mts';
import type { Store } from './store.mts';

const SCHEMA = `
	CREATE TABLE IF NOT EXISTS webhooks (
		id TEXT PRIMARY KEY, url TEXT, events TEXT, signature TEXT, enabled INTEGER, disabledReason TEXT,
		createdAt REAL, secret TEXT, previousSecret TEXT, previousSecretUntil REAL);
	CREATE TABLE IF NOT EXISTS deliveries (
		number INTEGER PRIMARY KEY, id TEXT UNIQUE, event TEXT, body TEXT, state TEXT, createdAt REAL,
		webhookId TEXT REFERENCES webhooks (id) ON DELETE CASCADE,
		nextAttemptAt REAL, retries INTEGER);
	CREATE INDEX IF NOT EXISTS deliveries_of_webhook ON deliveries (webhookId, number);
	CREATE INDEX IF NOT EXISTS deliveries_to_make ON deliveries (webhookId, nextAttemptAt)
		WHERE nextAttemptAt IS NOT NULL;
	CREATE TABLE IF NOT EXISTS attempts (
		deliveryId TEXT REFERENCES deliveries (id) ON DELETE CASCADE,
		startedAt REAL, durationMs REAL, requestHeaders TEXT, status INTEGER,
		responseHeaders TEXT, responseBody TEXT, error TEXT);
	CREATE INDEX IF NOT EXISTS attempts_of_delivery ON attempts (deliveryId);
`;

/** With its secrets, as a row. Times are epoch milliseconds of the real clock. */
export interface WebhookRow extends Omit<Webhook, 'createdAt' | 'previousSecretUntil'> {
	createdAt: number;
	secret: string;
	previousSecret: string | null;
	previousSecretUntil: number | null;
}

/** A delivery that's to be made. */
export interface PendingDelivery {
	id: string;
	event: WebhookEvent;
	body: string;
	/** How many retries there were since it was last sent afresh. */
	retries: number;
}

/** What becomes of a delivery after an attempt. */
export interface Outcome {
	state: DeliveryState;
	/** Epoch milliseconds; null when it's over. */
	nextAttemptAt: number | null;
	retries: number;
}

export interface DeliveryFilter {
	webhookId?: string;
	state?: DeliveryState;
	/** The newest come first. */
	limit?: number;
	offset?: number;
}

/** As SQLite has it. */
type StoredWebhook = Omit<WebhookRow, 'events' | 'signature' | 'enabled'> & {
	events: string;
	signature: string;
	enabled: number;
};
type StoredDelivery = Omit<Delivery, 'createdAt' | 'nextAttemptAt' | 'attempts'> & {
	createdAt: number;
	nextAttemptAt: number | null;
};
type StoredAttempt = Omit<Attempt, 'startedAt' | 'requestHeaders' | 'responseHeaders'> & {
	startedAt: number;
	requestHeaders: string;
	responseHeaders: string;
};

/** Webhooks and their deliveries; beside the service's other state, so that they survive together. */
export class WebhookStore {
	private readonly store: Store;

	constructor(store: Store) {
		this.store = store;
		store.database.exec('PRAGMA foreign_keys = ON');
		store.database.exec(SCHEMA);
	}

	webhooks(): WebhookRow[] {
		return this.store
			.all<StoredWebhook>('SELECT * FROM webhooks ORDER BY createdAt, id')
			.map(webhookRow);
	}

	webhook(id: string): WebhookRow | undefined {
		const row = this.store.one<StoredWebhook>('SELECT * FROM webhooks WHERE id = ?', id);
		return row && webhookRow(row);
	}

	/** Puts a webhook in, or changes the one with its id. */
	save(webhook: WebhookRow): void {
		this.store.run(
			`INSERT INTO webhooks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
				url = excluded.url, events = excluded.events, signature = excluded.signature,
				enabled = excluded.enabled, disabledReason = excluded.disabledReason,
				secret = excluded.secret, previousSecret = excluded.previousSecret,
				previousSecretUntil = excluded.previousSecretUntil`,
			webhook.id,
			webhook.url,
			JSON.stringify(webhook.events),
			JSON.stringify(webhook.signature),
			Number(webhook.enabled),
			webhook.disabledReason,
			webhook.createdAt,
			webhook.secret,
			webhook.previousSecret,
			webhook.previousSecretUntil,
		);
	}

	/** Removes a webhook with all of its deliveries. */
	remove(id: string): void {
		this.store.run('DELETE FROM webhooks WHERE id = ?', id);
	}

	/** Notes an event for a webhook; to be delivered at once. */
	addDelivery(id: string, webhookId: string, event: WebhookEvent, body: string): void {
		const now = Date.now();
		this.store.run(
			`INSERT INTO deliveries (id, webhookId, event, body, state, createdAt, nextAttemptAt, retries)
				VALUES (?, ?, ?, ?, 'pending', ?, ?, 0)`,
			id,
			webhookId,
			event,
			body,
			now,
			now,
		);
	}

	/** The deliveries of a webhook whose time has come, the longest due first. */
	due(webhookId: string, now: number, limit: number): PendingDelivery[] {
		return this.store.all(
			`SELECT id, event, body, retries FROM deliveries
				WHERE webhookId = ? AND nextAttemptAt <= ? ORDER BY nextAttemptAt, number LIMIT ?`,
			webhookId,
			now,
			limit,
		);
	}

	/** When the next delivery comes due after `now`; undefined when none does. */
	nextDueAfter(now: number): number | undefined {
		return (
			this.store.one<{ at: number | null }>(
				`SELECT min(nextAttemptAt) AS at FROM deliveries JOIN webhooks ON webhooks.id = webhookId
					WHERE nextAttemptAt > ? AND enabled = 1`,
				now,
			)?.at ?? undefined
		);
	}

	addAttempt(deliveryId: string, startedAt: number, attempt: Omit<Attempt, 'startedAt'>): void {
		this.store.run(
			'INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
			deliveryId,
			startedAt,
			attempt.durationMs,
			JSON.stringify(attempt.requestHeaders),
			attempt.status,
			JSON.stringify(attempt.responseHeaders),
			attempt.responseBody,
			attempt.error,
		);
	}

	setOutcome(deliveryId: string, { state, nextAttemptAt, retries }: Outcome): void {
		this.store.run(
			'UPDATE deliveries SET state = ?, nextAttemptAt = ?, retries = ? WHERE id = ?',
			state,
			nextAttemptAt,
			retries,
			deliveryId,
		);
	}

	delivery(id: string): Delivery | undefined {
		const row = this.store.one<StoredDelivery>('SELECT * FROM deliveries WHERE id = ?', id);
		return row && this.withAttempts(row);
	}

	deliveries(filter: DeliveryFilter = {}): Delivery[] {
		const { webhookId = null, state = null, limit = -1, offset = 0 } = filter;
		return this.store
			.all<StoredDelivery>(
				`SELECT * FROM deliveries WHERE (?1 IS NULL OR webhookId = ?1) AND (?2 IS NULL OR state = ?2)
					ORDER BY number DESC LIMIT ?3 OFFSET ?4`,
				webhookId,
				state,
				limit,
				offset,
			)
			.map((row) => this.withAttempts(row));
	}

	countDeliveries(webhookId?: string): Record<DeliveryState, number> {
		const counts = { pending: 0, delivered: 0, failed: 0 };
		const rows = this.store.all<{ state: DeliveryState; n: number }>(
			'SELECT state, count(*) AS n FROM deliveries WHERE ?1 IS NULL OR webhookId = ?1 GROUP BY state',
			webhookId ?? null,
		);
		for (const { state, n } of rows) counts[state] = n;
		return counts;
	}

	private withAttempts(delivery: StoredDelivery): Delivery {
		const { id, webhookId, event, body, state } = delivery;
		const attempts = this.store
			.all<StoredAttempt>('SELECT * FROM attempts WHERE deliveryId = ? ORDER BY rowid', id)
			.map((attempt) => ({
				startedAt: iso(attempt.startedAt),
				durationMs: attempt.durationMs,
				requestHeaders: JSON.parse(attempt.requestHeaders) as Record<string, string>,
				status: attempt.status,
				responseHeaders: JSON.parse(attempt.responseHeaders) as Record<string, string>,
				responseBody: attempt.responseBody,
				error: attempt.error,
			}));
		return {
			...{ id, webhookId, event, body, state },
			createdAt: iso(delivery.createdAt),
			nextAttemptAt: delivery.nextAttemptAt === null ? null : iso(delivery.nextAttemptAt),
			attempts,
		};
	}
}

function webhookRow(row: StoredWebhook): WebhookRow {
	return {
		...row,
		events: JSON.parse(row.events) as Subscription[],
		signature: JSON.parse(row.signature) as SignatureForm,
		enabled: Boolean(row.enabled),
	};
}

/** The secrets that deliveries are signed with at a moment, the current one first. */
export function secretsOf(webhook: WebhookRow, now: number): string[] {
	const { secret, previousSecret, previousSecretUntil } = webhook;
	return previousSecret !== null && now < (previousSecretUntil ?? 0)
		? [secret, previousSecret]
		: [secret];
}

/** The webhook as it's shown: never with a secret. */
export function presentWebhook(webhook: WebhookRow): Webhook {
	const { id, url, events, signature, enabled, disabledReason, previousSecretUntil } = webhook;
	const rotating = secretsOf(webhook, Date.now()).length > 1;
	return {
		...{ id, url, events, signature, enabled, disabledReason },
		createdAt: iso(webhook.createdAt),
		previousSecretUntil: rotating ? iso(previousSecretUntil!) : null,
	};
}

export function isSubscribed({ enabled, events }: WebhookRow, event: WebhookEvent): boolean {
	return enabled && (events.includes(event) || events.includes(EVERY_EVENT));
}

function iso(epochMs: number): string {
	return new Date(epochMs).toISOString();
}
