import { Agent } from 'undici';

import type { Clock } from '../clock.mts';
import type { Store } from '../store/store.mts';
import {
	type Outcome,
	type PendingDelivery,
	secretsOf,
	type WebhookRow,
	type WebhookStore,
} from '../store/webhookStore.mts';
import { post, type Answer } from './attempt.mts';
import { waitBeforeRetry } from './retries.mts';
import { signatureHeaders } from './signature.mts';

/** Requests under way at once for one webhook, so that a slow receiver holds up no other; and in all. */
const MOST_FOR_ONE = 20;
const MOST_IN_ALL = 200;
const GONE = 410;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface DispatcherOptions {
	store: Store;
	webhooks: WebhookStore;
	clock: Clock;
	/** How long a receiver may take for its answer, in real milliseconds. */
	timeoutMs: number;
}

/**
 * Sends what's due, and again after growing waits until the receiver answers with 2xx. What is to
 * be sent stands in the store alone: a delivery that's under way when the service ends is due when
 * it starts again. So each event arrives at least once, and receivers must recognise repetitions.
 */
export class Dispatcher {
	private readonly options: DispatcherOptions;

	private readonly underWay = new Map<string, Promise<void>>();

	private readonly agent = new Agent();

	private readonly stop = new AbortController();

	private timer: NodeJS.Timeout | undefined;

	constructor(options: DispatcherOptions) {
		this.options = options;
	}

	/** Looks for what's due: to be called when something may be. */
	wake(): void {
		if (this.stop.signal.aborted) return;
		const now = Date.now();
		for (const webhook of this.options.webhooks.webhooks()) {
			if (webhook.enabled) this.sendDue(webhook, now);
		}
		clearTimeout(this.timer);
		const next = this.options.webhooks.nextDueAfter(now);
		if (next === undefined) return;
		const wait = Math.min(Math.max(1, next - Date.now()), LONGEST_TIMER_MS);
		this.timer = setTimeout(() => this.wake(), wait);
	}

	/** What is under way is cut off, and stays due. */
	async close(): Promise<void> {
		clearTimeout(this.timer);
		this.stop.abort();
		await Promise.all(this.underWay.values());
		await this.agent.destroy();
	}

	private sendDue(webhook: WebhookRow, now: number): void {
		// Those under way are due, too, until their outcome is known.
		const due = this.options.webhooks.due(webhook.id, now, MOST_FOR_ONE);
		for (const delivery of due) {
			if (this.underWay.size >= MOST_IN_ALL) return;
			if (this.underWay.has(delivery.id)) continue;
			const sent = this.send(webhook, delivery).finally(() => {
				this.underWay.delete(delivery.id);
				this.wake();
			});
			this.underWay.set(delivery.id, sent);
		}
	}

	private async send(webhook: WebhookRow, delivery: PendingDelivery): Promise<void> {
		const startedAt = Date.now();
		const headers = {
			'content-type': 'application/json',
			'user-agent': 'AUDITDEX-Webhooks/1.0',
			...signatureHeaders(webhook.signature, secretsOf(webhook, startedAt), {
				id: delivery.id,
				body: delivery.body,
				epochSeconds: Math.floor(startedAt / 1_000),
			}),
		};
		const { url } = webhook;
		const { timeoutMs } = this.options;
		const answer = await post(
			{ url, headers, body: delivery.body, timeoutMs },
			this.agent,
			this.stop.signal,
		);
		if (this.stop.signal.aborted) return;
		this.record(webhook.id, delivery, startedAt, headers, answer);
	}

	private record(
		webhookId: string,
		delivery: PendingDelivery,
		startedAt: number,
		requestHeaders: Record<string, string>,
		answer: Answer,
	): void {
		const { store, webhooks } = this.options;
		const webhook = webhooks.webhook(webhookId);
		if (!webhook) return; // removed meanwhile
		const durationMs = Date.now() - startedAt;
		store.transaction(() => {
			webhooks.addAttempt(delivery.id, startedAt, { durationMs, requestHeaders, ...answer });
			webhooks.setOutcome(delivery.id, this.outcome(answer.status ?? 0, delivery.retries));
			if (answer.status === GONE) {
				const disabledReason = 'The receiver answered 410 Gone: it wants no more deliveries';
				webhooks.save({ ...webhook, enabled: false, disabledReason });
			}
		});
	}

	private outcome(status: number, retries: number): Outcome {
		if (status >= 200 && status < 300) return { state: 'delivered', nextAttemptAt: null, retries };
		const wait = status === GONE ? undefined : waitBeforeRetry(retries);
		if (wait === undefined) return { state: 'failed', nextAttemptAt: null, retries };
		const nextAttemptAt = Date.now() + this.options.clock.real(wait);
		return { state: 'pending', nextAttemptAt, retries: retries + 1 };
	}
}
