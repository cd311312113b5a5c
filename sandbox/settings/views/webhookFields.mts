import { html } from 'ghtml';

import type { InvalidWebhook } from '../../webhooks/invalidWebhook.mts';
import type { SignatureForm } from '../../webhooks/webhook.mts';
import { valuesOf, type Form } from '../forms.mts';
import { options } from './parts.mts';

const EVENTS: Array<[event: string, words: string]> = [
	['*', 'All events, those to come included'],
	['evidence.submitted', 'New evidence uploaded to an engagement'],
	['control.concluded', 'A control testing conclusion recorded'],
	['finding.raised', 'A new audit finding created'],
	['engagement.completed', 'An engagement closed'],
];

const SIGNED_CONTENT_WORDS: Array<[SignatureForm['signedContent'], string]> = [
	['body', 'The body'],
	['timestampBody', 'Timestamp and body (t=…,v1=… in the header)'],
	['standardWebhooks', 'Standard Webhooks (webhook-id, webhook-timestamp, webhook-signature)'],
];
const ENCODING_WORDS: Array<[SignatureForm['encoding'], string]> = [
	['hex', 'hex'],
	['base64', 'base64'],
];
const PREFIX_WORDS: Array<[SignatureForm['prefix'], string]> = [
	['sha256=', 'sha256='],
	['v1=', 'v1='],
	['', 'none'],
];

/** What a webhook's form holds, filled with what was entered or what is set. */
export function webhookFields(form: Form, invalid?: InvalidWebhook): string {
	const value = (field: string) => valuesOf(form, field)[0] ?? '';
	const chosen = valuesOf(form, 'events');
	const complaint = invalid ? html`<p class="complaint" role="alert">${invalid.message}</p>` : '';
	const opensSignature = ['signedContent', 'header', 'encoding', 'prefix'].includes(
		invalid?.field ?? '',
	);
	return html`
		!${complaint}
		<label class="field">
			<span>URL</span>
			<input
				type="url"
				name="url"
				required
				maxlength="2048"
				autocomplete="off"
				spellcheck="false"
				placeholder="https://n8n.example.com/webhook/…"
				value="${value('url')}"
			/>
			<small>Events are sent to it with POST. In n8n: the trigger's production URL</small>
		</label>
		<fieldset>
			<legend>Events</legend>
			!${EVENTS.map(
				([event, words]) =>
					html`<label class="check">
						<input
							type="checkbox"
							name="events"
							value="${event}"
							!${chosen.includes(event) ? 'checked' : ''}
						/>
						<code>${event === '*' ? 'all' : event}</code> <span>${words}</span>
					</label>`,
			)}
		</fieldset>
		<details !${opensSignature ? 'open' : ''}>
			<summary>Signature: header and encoding</summary>
			<label class="field">
				<span>Signed content</span>
				<select name="signedContent">
					!${options(SIGNED_CONTENT_WORDS, value('signedContent'))}
				</select>
			</label>
			<label class="field">
				<span>Header</span>
				<input name="header" maxlength="100" spellcheck="false" value="${value('header')}" />
			</label>
			<div class="row">
				<label class="field">
					<span>Encoding</span>
					<select name="encoding">
						!${options(ENCODING_WORDS, value('encoding'))}
					</select>
				</label>
				<label class="field">
					<span>Prefix</span>
					<select name="prefix">
						!${options(PREFIX_WORDS, value('prefix'))}
					</select>
				</label>
			</div>
			<small>
				HMAC-SHA256. The prefix is for a signed body; the other two forms have their own, and
				Standard Webhooks its own headers and base64.
			</small>
		</details>
	`;
}
