import { setTimeout as delay } from 'node:timers/promises';

import { request } from 'undici';

import type { ListShape } from './api/pagination.mts';
import type { Plan } from './api/rateLimit.mts';
import type { FaultRule } from './faults.mts';
import type { ClientRegistration, EvidenceView } from './options.mts';
import type { StatsReport } from './stats.mts';
import type { Control, Engagement, Evidence, Finding } from './store/store.mts';
import type { DeliveryFilter } from './store/webhookStore.mts';
import type {
	Delivery,
	DeliveryState,
	Webhook,
	WebhookEvent,
	WebhookWithSecret,
} from './webhooks/webhook.mts';
import type { NewWebhook, Rotation, WebhookChanges } from './webhooks/webhooks.mts';

const POLL_MS = 20;

/** The admin API as calls. */
export class AdminClient {
	private readonly url: string;

	constructor(url: string) {
		this.url = url;
	}

	/** For a client of another kind, such as a workflow. */
	urlOf = (path: string): string => `${this.url}${path}`;

	expireTokens = async () => await this.call('POST', '/tokens/expire', {});
	addClient = async (client: Partial<ClientRegistration> & { clientId: string }) =>
		await this.call<ClientRegistration>('POST', '/clients', client);
	setPlan = async (plan: Plan) => await this.call('PUT', '/plan', { plan });
	setLatency = async (ms: number) => await this.call('PUT', '/latency', { ms });
	/** What is left out stays as it is. */
	setPagination = async (shape: Partial<ListShape>) => await this.call('PUT', '/pagination', shape);
	setEvidenceView = async (view: EvidenceView) =>
		await this.call('PUT', '/evidence-view', { view });
	/** Lets time pass on the service's clock, tokens expire with it. */
	advanceClock = async (seconds: number) => await this.call('POST', '/clock/advance', { seconds });
	addFault = async (rule: FaultRule) => await this.call('POST', '/faults', rule);
	clearFaults = async () => await this.call('DELETE', '/faults');
	stats = async () => await this.call<StatsReport>('GET', '/stats');
	resetStats = async () => await this.call('DELETE', '/stats');

	seedEngagements = async (count: number) =>
		await this.call('POST', '/engagements/seed', { count });
	addEngagement = async (engagement: { id: string; name: string; framework?: string }) =>
		await this.call<Engagement>('POST', '/engagements', engagement);
	addControl = async (engagementId: string, control: { id: string; title: string }) =>
		await this.call<Control>('POST', '/controls', { engagementId, ...control });
	listEvidence = async () => await this.call<Evidence[]>('GET', '/evidence');
	concludeControl = async (engagementId: string, controlId: string, conclusion: string) =>
		await this.call<Control>('POST', '/controls/conclude', { engagementId, controlId, conclusion });
	raiseFinding = async (
		engagementId: string,
		controlId: string,
		finding: { severity?: string; title?: string } = {},
	) => await this.call<Finding>('POST', '/findings', { engagementId, controlId, ...finding });
	completeEngagement = async (engagementId: string) =>
		await this.call<Engagement>('POST', '/engagements/complete', { engagementId });

	listWebhooks = async () => await this.call<Webhook[]>('GET', '/webhooks');
	createWebhook = async (webhook: NewWebhook) =>
		await this.call<WebhookWithSecret>('POST', '/webhooks', webhook);
	changeWebhook = async (id: string, changes: WebhookChanges) =>
		await this.call<Webhook>('PATCH', `/webhooks/${id}`, changes);
	rotateWebhookSecret = async (id: string, rotation: Rotation = {}) =>
		await this.call<WebhookWithSecret>('POST', `/webhooks/${id}/rotate`, rotation);
	endWebhookRotation = async (id: string) =>
		await this.call<Webhook>('POST', `/webhooks/${id}/end-rotation`, {});
	sendTestEvent = async (id: string, event?: WebhookEvent) =>
		await this.call<Delivery>('POST', `/webhooks/${id}/test`, { event });
	removeWebhook = async (id: string) => await this.call('DELETE', `/webhooks/${id}`);

	/** The newest first; 100 of them unless a limit says otherwise. */
	listDeliveries = async (filter: DeliveryFilter = {}) =>
		await this.call<Delivery[]>('GET', `/deliveries?${queryOf({ ...filter })}`);
	countDeliveries = async (webhookId?: string) =>
		await this.call<Record<DeliveryState, number>>(
			'GET',
			`/deliveries/count?${queryOf({ webhookId })}`,
		);
	getDelivery = async (id: string) => await this.call<Delivery>('GET', `/deliveries/${id}`);
	redeliver = async (id: string) => await this.call('POST', `/deliveries/${id}/redeliver`, {});

	/**
	 * Waits until no delivery is pending.
	 * @throws Error when some still are after the time, in real milliseconds
	 */
	async waitForDeliveries(webhookId?: string, timeoutMs = 60_000): Promise<void> {
		const deadline = Date.now() + timeoutMs;
		for (;;) {
			const { pending } = await this.countDeliveries(webhookId);
			if (pending === 0) return;
			if (Date.now() > deadline) throw new Error(`${pending} deliveries are still pending`);
			await delay(POLL_MS);
		}
	}

	/** @throws Error with the admin API's message when it refuses */
	protected async call<T = unknown>(method: string, path: string, body?: object): Promise<T> {
		const response = await request(`${this.url}${path}`, {
			method: method as 'GET',
			...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
		});
		const answer = (await response.body.json()) as T & { message?: string };
		if (response.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.message}`);
		return answer;
	}
}

function queryOf(parameters: Record<string, string | number | undefined>): string {
	const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
	return new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
}
