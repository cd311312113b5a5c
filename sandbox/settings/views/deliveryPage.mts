import { html } from 'ghtml';

import type { Attempt, Delivery, Webhook } from '../../webhooks/webhook.mts';
import { SETTINGS_PATH } from '../paths.mts';
import { layout } from './layout.mts';
import { action, stateBadge, time } from './parts.mts';

/** A delivery with each request as it was sent, and what was answered. */
export function deliveryPage({
	webhook,
	delivery,
}: {
	webhook: Webhook;
	delivery: Delivery;
}): string {
	const path = `${SETTINGS_PATH}/${webhook.id}`;
	const { id, event, state, createdAt, nextAttemptAt, attempts } = delivery;
	const next = nextAttemptAt
		? webhook.enabled
			? html`Next attempt: !${time(nextAttemptAt)}`
			: 'Waits until the webhook is enabled'
		: '';
	return layout({
		title: `Delivery of ${event}`,
		crumbs: [{ text: webhook.id, href: path }, { text: id }],
		content: html`
			<h1><code>${event}</code></h1>
			<p>!${stateBadge(state)} !${time(createdAt)} to <span class="url">${webhook.url}</span></p>
			<p>!${next}</p>
			<div class="actions">
				!${action(
					`${path}/deliveries/${id}/redeliver`,
					state === 'pending' ? 'Try again now' : 'Redeliver',
				)}
				<a class="refresh" href="${path}/deliveries/${id}">Refresh</a>
			</div>
			<section class="card" aria-labelledby="body">
				<h2 id="body">Body</h2>
				<p>The same bytes in each attempt; here with line breaks.</p>
				!${pre(JSON.stringify(JSON.parse(delivery.body), null, 2))}
			</section>
			!${attempts.length > 0
				? attempts
						.map((attempt, index) => attemptCard(attempt, index + 1, webhook, delivery))
						.reverse()
				: html`<p class="empty">Not sent yet.</p>`}
		`,
	});
}

function attemptCard(
	{ startedAt, durationMs, requestHeaders, status, responseHeaders, responseBody, error }: Attempt,
	number: number,
	{ url }: Webhook,
	{ body }: Delivery,
): string {
	const { pathname, search, host } = new URL(url);
	const sent = [
		`POST ${pathname}${search}`,
		...lines({ host, ...requestHeaders, 'content-length': String(Buffer.byteLength(body)) }),
		'',
		body,
	];
	const received = [`HTTP status ${status}`, ...lines(responseHeaders), '', responseBody];
	return html`<section class="card" aria-labelledby="attempt-${number}">
		<h2 id="attempt-${number}">
			Attempt ${number}:
			!${status !== null && status >= 200 && status < 300
				? html`<span class="badge delivered">${status}</span>`
				: html`<span class="badge failed">${status ?? 'no answer'}</span>`}
		</h2>
		<p>!${time(startedAt)}, ${durationMs} ms. ${error}</p>
		<h3>Request</h3>
		!${pre(sent.join('\n'))}
		<h3>Response</h3>
		!${status === null ? html`<p class="empty">None</p>` : pre(received.join('\n'))}
	</section>`;
}

function lines(headers: Record<string, string>): string[] {
	return Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
}

/** Text as it is, line breaks and all. */
function pre(text: string): string {
	// A line break right after the tag is dropped by browsers, so one is given to drop.
	return `<pre>\n${html`${text}`}</pre>`;
}
