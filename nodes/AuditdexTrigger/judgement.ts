import type { TriggerConfiguration } from './configuration';
import { isSubscribed, isTimely, parseEvent, type AuditEvent } from './event/event';
import type { Reading } from './secrets/recentReadings';
import { signingKeysOf, type WebhookSecrets } from './secrets/keys';
import { explainMismatch } from './signature/advice';
import { findValidSignature, type SignatureMatch } from './signature/check';
import { readSignatureClaim, type DeliveryHeaders, type SignatureClaim } from './signature/claim';

export interface Delivery {
	headers: DeliveryHeaders;
	/**
	 * Reads the body's bytes as received; asked for only where the headers claim a signature.
	 *
	 * @returns `undefined` where they can't be had
	 */
	readBody(): Promise<Buffer | undefined>;
}

/** Where the secrets are read. Either way throws where they can't be had. */
export interface SecretsSource {
	/** As they were within the last second. */
	recent(): Promise<Reading<WebhookSecrets>>;
	/** As they are from now on. */
	anew(): Promise<Reading<WebhookSecrets>>;
}

export interface ValidDelivery {
	outcome: 'valid';
	event: AuditEvent;
	body: Buffer;
	/** The sender's own name for the message, where one is signed. */
	messageId?: string;
}

/** Why a delivery isn't accepted. The sender is told the status alone, n8n's log all of it. */
export interface Refusal {
	status: 400 | 401 | 500 | 503;
	/** The same for all refusals of its kind. */
	reason: string;
	/** More of it, found out only where it is told. */
	detail?(): string | undefined;
}

/** What becomes of a delivery. */
export type Verdict = ({ outcome: 'refused' } & Refusal) | { outcome: 'ignored' } | ValidDelivery;

/**
 * Decides on a delivery, except for whether it has been accepted before. Nothing of the body is
 * looked at before its signature is found valid; and no secret is read for one that has none.
 *
 * @param now epoch seconds
 */
export async function judgeDelivery(
	delivery: Delivery,
	configuration: TriggerConfiguration,
	secrets: SecretsSource,
	now: number,
): Promise<Verdict> {
	const claim = readSignatureClaim(delivery.headers, configuration.signature, now);
	if (claim === undefined) return refused(401, 'no usable signature header, or an outdated one');

	const body = await delivery.readBody();
	if (body === undefined) return refused(500, "n8n doesn't hand out this body's bytes as received");

	const proof = await proofOf(
		{ claim, body, headers: delivery.headers },
		configuration,
		secrets,
		now,
	);
	return 'outcome' in proof ? proof : judgeEvent(body, proof.content.messageId, configuration, now);
}

/** Checks the signature: against the secrets of the last second, then, if need be, those of now. */
async function proofOf(
	{ claim, body, headers }: { claim: SignatureClaim; body: Buffer; headers: DeliveryHeaders },
	{ signature }: TriggerConfiguration,
	source: SecretsSource,
	now: number,
): Promise<SignatureMatch | Verdict> {
	const recent = await source.recent();
	let secrets = recent.value;
	let keys = signingKeysOf(secrets, signature.signedContent);
	let match = keys && findValidSignature(claim, keys, body);
	if (match === undefined && !recent.isNew) {
		secrets = (await source.anew()).value;
		keys = signingKeysOf(secrets, signature.signedContent);
		if (!areSame(recent.value, secrets)) match = keys && findValidSignature(claim, keys, body);
	}
	if (keys === undefined) return refused(500, 'signing secret not set, or not usable');
	if (match !== undefined) return match;
	return refused(401, 'wrong signature', () =>
		explainMismatch({ headers, body }, secrets, signature, now),
	);
}

function areSame(one: WebhookSecrets, other: WebhookSecrets): boolean {
	return (
		one.signingSecret === other.signingSecret &&
		one.previousSigningSecret === other.previousSigningSecret
	);
}

function judgeEvent(
	body: Buffer,
	messageId: string | undefined,
	{ maxEventAgeSeconds, subscription }: TriggerConfiguration,
	now: number,
): Verdict {
	const event = parseEvent(body);
	if (event === undefined) return refused(400, 'body is not {event, timestamp, data} in JSON');
	if (!isTimely(event, maxEventAgeSeconds, now)) {
		return refused(401, 'event too old, or from the future', () => event.timestamp);
	}
	if (!isSubscribed(event, subscription)) return { outcome: 'ignored' };
	return { outcome: 'valid', event, body, messageId };
}

function refused(status: Refusal['status'], reason: string, detail?: Refusal['detail']): Verdict {
	return { outcome: 'refused', status, reason, detail };
}
