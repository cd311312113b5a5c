import { InvalidWebhook } from '../webhooks/invalidWebhook.mts';
import {
	ENCODINGS,
	EVERY_EVENT,
	PREFIXES,
	SIGNED_CONTENTS,
	WEBHOOK_EVENTS,
	type SignatureForm,
	type Subscription,
	type WebhookEvent,
} from '../webhooks/webhook.mts';

/** A form's fields as they arrive: one value, or several with the same name. */
export type Form = Record<string, string | string[] | undefined> | undefined;

const WEBHOOK_FIELDS = ['url', 'events', 'signedContent', 'header', 'encoding', 'prefix'];

/** How long the old secret stays of use after a rotation, in seconds. */
export const GRACES: ReadonlyArray<[seconds: number, words: string]> = [
	[86_400, 'one day'],
	[3_600, 'one hour'],
	[259_200, 'three days'],
	[0, 'not at all'],
];

/** The values of a field. */
export function valuesOf(form: Form, field: string): string[] {
	return [form?.[field] ?? []].flat();
}

/** @throws InvalidWebhook */
export function readWebhookForm(form: Form): {
	url: string;
	events: Subscription[];
	signature: SignatureForm;
} {
	const unknown = Object.keys(form ?? {}).find((field) => !WEBHOOK_FIELDS.includes(field));
	if (unknown) throw new InvalidWebhook(unknown, `There is no field ${unknown}`);
	const events = valuesOf(form, 'events').map((event) =>
		choice<Subscription>('events', event, [...WEBHOOK_EVENTS, EVERY_EVENT]),
	);
	return {
		url: one(form, 'url'),
		events,
		signature: {
			signedContent: choice('signedContent', one(form, 'signedContent'), SIGNED_CONTENTS),
			header: one(form, 'header').trim(),
			encoding: choice('encoding', one(form, 'encoding'), ENCODINGS),
			prefix: choice('prefix', one(form, 'prefix'), PREFIXES),
		},
	};
}

/** @throws InvalidWebhook */
export function readGrace(form: Form): number {
	const text = one(form, 'grace');
	return Number(
		choice(
			'grace',
			text,
			GRACES.map(([seconds]) => String(seconds)),
		),
	);
}

/** @throws InvalidWebhook */
export function readEvent(form: Form): WebhookEvent {
	return choice('event', one(form, 'event'), WEBHOOK_EVENTS);
}

function one(form: Form, field: string): string {
	const values = valuesOf(form, field);
	if (values.length > 1) throw new InvalidWebhook(field, `The field ${field} is given twice`);
	return values[0] ?? '';
}

function choice<T extends string>(field: string, value: string, choices: readonly T[]): T {
	const chosen = choices.find((candidate) => candidate === value);
	if (chosen === undefined) throw new InvalidWebhook(field, `"${value}" can't be chosen there`);
	return chosen;
}
