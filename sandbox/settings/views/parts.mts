/** Small parts that several pages share. */
import { html } from 'ghtml';

import type { DeliveryState, Webhook } from '../../webhooks/webhook.mts';

const STATE_WORDS: Record<DeliveryState, string> = {
	pending: 'Pending',
	delivered: 'Delivered',
	failed: 'Failed',
};

export function time(iso: string): string {
	return html`<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')} UTC</time>`;
}

export function stateBadge(state: DeliveryState): string {
	return html`<span class="badge ${state}">${STATE_WORDS[state]}</span>`;
}

export function statusBadge({ enabled, disabledReason }: Webhook): string {
	if (enabled) return html`<span class="badge delivered">Active</span>`;
	return html`<span class="badge failed" title="${disabledReason}">Disabled</span>`;
}

export function eventWords(events: string[]): string {
	return events.includes('*') ? 'All events' : events.join(', ');
}

/** A button that does something at once. */
export function action(path: string, label: string, className = ''): string {
	return html`<form method="post" action="${path}" class="inline">
		<button class="${className}">${label}</button>
	</form>`;
}

export function options(choices: ReadonlyArray<[value: string, words: string]>, chosen: string) {
	return choices
		.map(([value, words]) =>
			value === chosen
				? html`<option value="${value}" selected>${words}</option>`
				: html`<option value="${value}">${words}</option>`,
		)
		.join('');
}
