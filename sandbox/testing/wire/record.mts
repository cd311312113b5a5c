/** Judges the exchanges of a test against the document, and keeps what it doesn't allow. */
import { subscribe } from 'node:diagnostics_channel';

import { DEFAULTS, type Settings } from '../../options.mts';
import { STARTED, type Started } from '../../started.mts';
import type { Conformance } from './conformance.mts';
import type { Exchange } from './exchange.mts';

/** Settings that leave the shape of requests and answers alone. */
const NEUTRAL: ReadonlyArray<keyof Settings> = [
	'port',
	'adminPort',
	'plan',
	'pageSize',
	'tokenLifetimeSeconds',
	'clockSpeed',
	'latencyMs',
	'maxFileBytes',
	'retryAfter',
	'seed',
	'webhookTimeoutMs',
];
/** Which assumptions a setting departs from; for any other one, all may. */
const DEPARTURES: Partial<Record<keyof Settings, string[]>> = {
	pagination: ['pagination', 'page-request'],
	listKey: ['pagination'],
	hashField: ['evidence-hash'],
	hashPlacement: ['evidence-hash'],
	hashPrefix: ['evidence-hash'],
};
const NO_LIMIT = ['rate-limit-headers', 'rate-limit-remaining', 'rate-limit-reset'];
const API_PATH = /^\/(?:v1\/|oauth\/token(?:\?|$))/;
const SENDER = /^AUDITDEX-Webhooks\//;
const SIGNATURE_HEADER = /(?:^|-)(?:signature|hmac|sig)(?:-|$)/;

const sandboxes = new Map<string, Started>();
const conformances = new Map<string, Promise<Conformance>>();
let judged: Array<Promise<string[]>> = [];
let expected: RegExp[] = [];

subscribe(STARTED, (message) => {
	const started = message as Started;
	sandboxes.set(started.origin, started);
});

/** Judges an exchange with the API, or a delivery of a webhook; any other one is passed over. */
export function record(exchange: Exchange): void {
	if (API_PATH.test(exchange.path)) recordApi(exchange);
	else if (SENDER.test(exchange.requestHeaders['user-agent'] ?? '')) {
		judged.push(judgeDelivery(exchange));
	}
}

/** For an exchange that can't be told from its path, as the request was not valid HTTP. */
export function recordApi(exchange: Exchange): void {
	judged.push(judge(exchange));
}

/**
 * The test means to see on the wire what the document doesn't allow, and fails where it doesn't come
 * up. Whatever else comes up fails it as well.
 */
export function expectDeviation(...patterns: RegExp[]): void {
	expected.push(...patterns);
}

/** What was found and what was expected since the last call. */
export async function takeFindings(): Promise<{ found: string[]; expected: RegExp[] }> {
	const taken = { judged, expected };
	judged = [];
	expected = [];
	return { found: (await Promise.all(taken.judged)).flat(), expected: taken.expected };
}

async function judge(exchange: Exchange): Promise<string[]> {
	const accepted = await acceptedOf(sandboxes.get(exchange.origin));
	return await (await conformanceTo(accepted)).violationsOf(exchange);
}

async function judgeDelivery(exchange: Exchange): Promise<string[]> {
	const headers = Object.keys(exchange.requestHeaders);
	const signedOtherwise =
		!headers.includes('x-auditdex-signature') &&
		headers.some((name) => SIGNATURE_HEADER.test(name));
	const accepted = signedOtherwise ? ['signature'] : [];
	return await (await conformanceTo(accepted)).violationsOfDelivery(exchange);
}

/** @param started a sandbox in another process has the defaults of its command line */
async function acceptedOf(started: Started | undefined): Promise<string[]> {
	if (!started) return [];
	const { settings, limiter } = started;
	const noLimit = limiter.plan === 'unlimited' ? NO_LIMIT : [];
	const changed = (Object.keys(settings) as Array<keyof Settings>).filter(
		(name) => name in DEFAULTS && !NEUTRAL.includes(name) && settings[name] !== DEFAULTS[name],
	);
	if (changed.every((name) => name in DEPARTURES)) {
		return [...changed.flatMap((name) => DEPARTURES[name] ?? []), ...noLimit];
	}
	const { assumptionsIn, readDocument } = await import('../../openapi/document.mts');
	return assumptionsIn(readDocument()).map(({ id }) => id);
}

async function conformanceTo(accepted: string[]): Promise<Conformance> {
	const ids = new Set([...accepted].sort());
	const key = [...ids].join(' ');
	const conformance = conformances.get(key) ?? loadConformance(ids);
	conformances.set(key, conformance);
	return await conformance;
}

/** Loaded only where something crosses the wire: that takes a second. */
async function loadConformance(accepted: Set<string>): Promise<Conformance> {
	const { Conformance: loaded } = await import('./conformance.mts');
	return await loaded.to(accepted);
}
