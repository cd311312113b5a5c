import type { TriggerConfiguration } from './configuration';
import { isSubscribed, isTimely, parseEvent, type AuditEvent } from './event';
import { isSignedWithOneOf } from './signature';
import { readSignatureClaim, type DeliveryHeaders } from './signedContent';

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

/** What becomes of a delivery. `reason` is for n8n's log; the sender isn't told. */
export type Verdict =
	| { outcome: 'refused'; status: 400 | 401 | 500; reason: string }
	| { outcome: 'ignored' }
	| ValidDelivery;

/**
 * Decides on a delivery, except for whether it has been accepted before. Nothing of the body is
 * looked at before its signature is found valid.
 *
 * @param now epoch seconds
 */
export async function judgeDelivery(
	delivery: Delivery,
	{ signature, maxEventAgeSeconds, subscription }: TriggerConfiguration,
	keys: readonly Buffer[],
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
		return refused(401, `event of ${event.timestamp} is too old, or lies in the future`);
	}
	if (!isSubscribed(event, subscription)) return { outcome: 'ignored' };
	return { outcome: 'valid', event, body, messageId: claim.messageId };
}

function refused(status: 400 | 401 | 500, reason: string): Verdict {
	return { outcome: 'refused', status, reason };
}
