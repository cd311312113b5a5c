import { html } from 'ghtml';

import type { InvalidWebhook } from '../../webhooks/invalidWebhook.mts';
import { DEFAULT_SIGNATURE, type DeliveryState, type Webhook } from '../../webhooks/webhook.mts';
import type { Form } from '../forms.mts';
import { SETTINGS_PATH } from '../paths.mts';
import { layout } from './layout.mts';
import { eventWords, statusBadge } from './parts.mts';
import { webhookFields } from './webhookFields.mts';

interface ListedWebhook {
	webhook: Webhook;
	counts: Record<DeliveryState, number>;
}

export function listPage({
	rows,
	form = { ...DEFAULT_SIGNATURE, events: 'finding.raised' },
	invalid,
}: {
	rows: ListedWebhook[];
	form?: Form;
	invalid?: InvalidWebhook;
}): string {
	return layout({
		title: 'Webhooks',
		content: html`
			<h1>Webhooks</h1>
			<p class="lead">
				Receive real-time notifications when evidence is submitted, a control concluded, a finding
				raised or an engagement completed. Each delivery is signed with the webhook's secret.
			</p>
			!${rows.length > 0 ? table(rows) : html`<p class="empty">There are no webhooks yet.</p>`}
			<section class="card" aria-labelledby="add">
				<h2 id="add">Add webhook</h2>
				<form method="post" action="${SETTINGS_PATH}">
					!${webhookFields(form, invalid)}
					<button class="primary">Add webhook</button>
				</form>
			</section>
		`,
	});
}

function table(rows: ListedWebhook[]): string {
	return html`<div class="scroll">
		<table>
			<thead>
				<tr>
					<th>URL</th>
					<th>Events</th>
					<th>Status</th>
					<th>Deliveries</th>
				</tr>
			</thead>
			<tbody>
				!${rows.map(
					({ webhook, counts: { delivered, pending, failed } }) =>
						html`<tr>
							<td class="url"><a href="${SETTINGS_PATH}/${webhook.id}">${webhook.url}</a></td>
							<td>${eventWords(webhook.events)}</td>
							<td>!${statusBadge(webhook)}</td>
							<td>${delivered} delivered, ${pending} pending, ${failed} failed</td>
						</tr>`,
				)}
			</tbody>
		</table>
	</div>`;
}
