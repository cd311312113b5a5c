import { html } from 'ghtml';

import type { InvalidWebhook } from '../../webhooks/invalidWebhook.mts';
import {
	WEBHOOK_EVENTS,
	type Delivery,
	type DeliveryState,
	type Webhook,
} from '../../webhooks/webhook.mts';
import { GRACES, type Form } from '../forms.mts';
import { SETTINGS_PATH } from '../paths.mts';
import { layout } from './layout.mts';
import { action, options, stateBadge, statusBadge, time } from './parts.mts';
import { webhookFields } from './webhookFields.mts';

export interface WebhookPage {
	webhook: Webhook;
	/** Shown this one time. */
	secret?: string;
	/** What was entered, where it couldn't be saved. */
	form?: Form;
	invalid?: InvalidWebhook;
	deliveries: Delivery[];
	counts: Record<DeliveryState, number>;
	offset: number;
	/** Of the next page; undefined on the last one. */
	olderOffset?: number;
}

export function webhookPage(page: WebhookPage): string {
	const { webhook, secret, form, invalid } = page;
	const path = `${SETTINGS_PATH}/${webhook.id}`;
	const { url, events, signature, enabled, disabledReason } = webhook;
	return layout({
		title: 'Webhook',
		crumbs: [{ text: webhook.id }],
		content: html`
			<h1 class="url">${url}</h1>
			<p>!${statusBadge(webhook)} ${disabledReason}</p>
			!${secret ? secretBox(secret) : ''}
			<div class="actions">
				<form method="post" action="${path}/test" class="inline">
					<select name="event" aria-label="Event">
						!${options(
							WEBHOOK_EVENTS.map((event) => [event, event]),
							WEBHOOK_EVENTS.find((event) => events.includes(event)) ?? 'finding.raised',
						)}
					</select>
					<button>Send test event</button>
				</form>
				!${enabled ? action(`${path}/disable`, 'Disable') : action(`${path}/enable`, 'Enable')}
			</div>
			!${deliveriesCard(page, path)}
			<section class="card" aria-labelledby="settings">
				<h2 id="settings">Settings</h2>
				<form method="post" action="${path}">
					!${webhookFields(form ?? { url, events, ...signature }, invalid)}
					<button class="primary">Save</button>
				</form>
			</section>
			<section class="card" aria-labelledby="secret">
				<h2 id="secret">Signing secret</h2>
				!${rotation(webhook, path)}
			</section>
			<section class="card" aria-labelledby="remove">
				<h2 id="remove">Remove</h2>
				<details>
					<summary>Remove this webhook with its list of deliveries</summary>
					<p>What is still to be delivered will not be. This can't be undone.</p>
					!${action(`${path}/remove`, 'Remove webhook', 'danger')}
				</details>
			</section>
		`,
	});
}

function secretBox(secret: string): string {
	return html`<section class="card secret" role="status">
		<h2>New signing secret</h2>
		<p>Copy it now and enter it at the receiver. It is not shown again.</p>
		<output class="value">${secret}</output>
	</section>`;
}

function rotation({ previousSecretUntil }: Webhook, path: string): string {
	const under = previousSecretUntil
		? html`<p>
					A rotation is under way: until !${time(previousSecretUntil)} each delivery carries two
					signatures, with the new secret and with the previous one.
				</p>
				!${action(`${path}/end-rotation`, 'Stop using the previous secret')}`
		: html`<p>
				A new secret is drawn and shown once. The present one can be kept in use for a while.
			</p>`;
	return html`!${under}
		<form method="post" action="${path}/rotate" class="inline">
			<label>
				Keep signing with the present one, too:
				<select name="grace">
					!${options(
						GRACES.map(([seconds, words]) => [String(seconds), words]),
						'86400',
					)}
				</select>
			</label>
			<button>Rotate secret</button>
		</form>`;
}

function deliveriesCard(page: WebhookPage, path: string): string {
	const { deliveries, counts, offset, olderOffset } = page;
	const newest = offset > 0 ? html`<a href="${path}">Newest</a>` : '';
	const older = olderOffset ? html`<a href="${path}?offset=${olderOffset}">Older</a>` : '';
	return html`<section class="card" aria-labelledby="deliveries">
		<h2 id="deliveries">Deliveries</h2>
		<p>
			${counts.delivered} delivered, ${counts.pending} pending, ${counts.failed} failed
			<a class="refresh" href="${path}">Refresh</a>
		</p>
		!${deliveries.length > 0
			? html`<div class="scroll">
					<table>
						<thead>
							<tr>
								<th>Time</th>
								<th>Event</th>
								<th>State</th>
								<th>Attempts</th>
								<th>Last answer</th>
							</tr>
						</thead>
						<tbody>
							!${deliveries.map((delivery) => row(delivery, path))}
						</tbody>
					</table>
				</div>`
			: html`<p class="empty">Nothing has been delivered yet.</p>`}
		!${newest || older ? html`<p>!${newest} !${older}</p>` : ''}
	</section>`;
}

function row({ id, event, state, createdAt, attempts }: Delivery, path: string): string {
	const last = attempts.at(-1);
	return html`<tr>
		<td><a href="${path}/deliveries/${id}">!${time(createdAt)}</a></td>
		<td><code>${event}</code></td>
		<td>!${stateBadge(state)}</td>
		<td>${attempts.length}</td>
		<td>${last?.status ?? last?.error}</td>
	</tr>`;
}
