import type { IDataObject } from 'n8n-workflow';
import { epochSecondsOf } from './time';
import { isObject } from '../../Auditdex/api/json';

/** An audit event as AUDITDEX delivers it (API page, "Webhooks"). */
export interface AuditEvent extends IDataObject {
	event: string;
	/** When it happened, ISO 8601: see `time.ts`. */
	timestamp: string;
	data: IDataObject;
}

/** Which events start the workflow. */
export interface Subscription {
	/** Event names; `*` stands for every one, those to come included. */
	events: ReadonlySet<string>;
	/** Only these engagements; `undefined` for all. */
	engagementIds?: ReadonlySet<string>;
	/** Only findings of these severities, in lower case; `undefined` for all. */
	severities?: ReadonlySet<string>;
}

/** How far ahead an event's timestamp may lie, in seconds, as clocks differ. */
export const MAX_EVENT_AHEAD_SECONDS = 300;

const FINDING_EVENT_PREFIX = 'finding.';
/** Also where any of its characters is escaped. */
const PROTOTYPE_NAME = /__proto__|\\u00(?:5f|70|72|6f|74)/i;

/**
 * Parses a delivery's body: JSON in UTF-8 (RFC 8259, a byte order mark is passed over) holding
 * `event`, `timestamp` and `data`. What else it holds is kept. Where a name occurs twice the last
 * one counts, as in `JSON.parse`; members named `__proto__` are left out.
 *
 * @returns `undefined` where the body is anything else
 */
export function parseEvent(body: Buffer): AuditEvent | undefined {
	const payload = parseJson(body);
	return isAuditEvent(payload) ? payload : undefined;
}

function parseJson(body: Buffer): unknown {
	try {
		const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
		// A reviver makes parsing several times slower, so it is used only where it may be needed.
		return PROTOTYPE_NAME.test(text) ? JSON.parse(text, dropPrototype) : JSON.parse(text);
	} catch {
		return undefined;
	}
}

const dropPrototype = (name: string, value: unknown) => (name === '__proto__' ? undefined : value);

function isAuditEvent(payload: unknown): payload is AuditEvent {
	return (
		isObject(payload) &&
		typeof payload.event === 'string' &&
		payload.event !== '' &&
		typeof payload.timestamp === 'string' &&
		!Number.isNaN(epochSecondsOf(payload.timestamp)) &&
		isObject(payload.data)
	);
}

/**
 * Whether an event is recent enough to be believed: a replay of an old delivery carries a right
 * signature for ever.
 *
 * @param maxAgeSeconds 0 turns the check off, for events from the future too
 * @param now epoch seconds
 */
export function isTimely(event: AuditEvent, maxAgeSeconds: number, now: number): boolean {
	if (maxAgeSeconds === 0) return true;
	const age = now - epochSecondsOf(event.timestamp);
	return age <= maxAgeSeconds && age >= -MAX_EVENT_AHEAD_SECONDS;
}

/** Whether the workflow asked for this event. Severities apply to events of findings alone. */
export function isSubscribed(
	{ event, data }: AuditEvent,
	{ events, engagementIds, severities }: Subscription,
): boolean {
	if (!events.has(event) && !events.has('*')) return false;
	if (engagementIds && !engagementIds.has(String(data.engagement_id))) return false;
	if (severities && event.startsWith(FINDING_EVENT_PREFIX)) {
		return severities.has(String(data.severity).toLowerCase());
	}
	return true;
}
