import type { TriggerConfiguration } from './configuration';
import { isSubscribed, isTimely, parseEvent, type AuditEvent } from './event';
import { isSignedWithOneOf } from './signature';
import { readSignatureClaim, type DeliveryHeaders } from './signedContent';
import type { SigningKey } from './signingKeys';

export interface Delivery {
	headers: DeliveryHeaders;
	/**
	 * Reads the body's bytes as received; asked for only where the headers claim a signature.
	 *
	 * @returns `undefined` where they can't be had
	 */
	readBody(): Promise<Buffer | undefined>;
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
	status: 400 | 401 | 500;
	/** The same for all refusals of its kind. */
	reason: string;
	detail?: string;
}

/** What becomes of a delivery. */
export type Verdict = ({ outcome: 'refused' } & Refusal) | { outcome: 'ignored' } | ValidDelivery;

/**
 * Decides on a delivery, except for whether it has been accepted before. Nothing of the body is
 * looked at before its signature is found valid.
 *
 * @param now epoch seconds
 */
export async function judgeDelivery(
	delivery: Delivery,
	{ signature, maxEventAgeSeconds, subscription }: TriggerConfiguration,
	keys: readonly SigningKey[],
	now: number,
): Promise<Verdict> {
	const claim = readSignatureClaim(delivery.headers, signature, now);
	if (claim === undefined) return refused(401, 'no usable signature header, or an outdated one');

	const body = await delivery.readBody();
	if (body === undefined) return refused(500, "n8n doesn't hand out this body's bytes as received");
	if (!isSignedWithOneOf(keys, { ...claim, body })) return refused(401, 'wrong signature');

	const event = parseEvent(body);
	if (event === undefined) return refused(400, 'body is not {event, timestamp, data} in JSON');
	if (!isTimely(event, maxEventAgeSeconds, now)) {
		return refused(401, 'event too old, or from the future', event.timestamp);
	}
	if (!isSubscribed(event, subscription)) return { outcome: 'ignored' };
	return { outcome: 'valid', event, body, messageId: claim.messageId };
}

function refused(status: Refusal['status'], reason: string, detail?: string): Verdict {
	return { outcome: 'refused', status, reason, detail };
}
