import type { HttpAnswer } from '../request/httpAnswer';

const SECOND_MS = 1_000;
/** Keeps moments within what `Date` can hold, whatever a header says. */
const LONGEST_WAIT_MS = 366 * 24 * 3_600 * SECOND_MS;
/** A smaller number is no moment of this century; a service that sends one means seconds to go. */
const EARLIEST_EPOCH_SECONDS = 1_000_000_000;

/** What an answer says about the plan's rate limit; undefined where it says nothing usable. */
export interface RateLimitReport {
	/** Requests that the service still accepts. */
	remaining?: number;
	/** Milliseconds until it accepts more. */
	waitMs?: number;
	/** Requests a minute that the plan allows. */
	perMinute?: number;
}

/**
 * Reads the headers that every response has (API page, "Rate Limits").
 * @param now the local clock, in epoch milliseconds
 * @param serverNow the server's
 */
export function readRateLimit(
	headers: HttpAnswer['headers'],
	now: number,
	serverNow = dateIn(headers, now),
): RateLimitReport {
	const remaining = numberIn(headers['x-ratelimit-remaining']);
	const perMinute = numberIn(headers['x-ratelimit-limit']) ?? 0;
	const waitMs = waitIn(headers, serverNow);
	return {
		remaining: remaining === undefined ? undefined : Math.max(0, remaining),
		waitMs: waitMs === undefined ? undefined : Math.min(LONGEST_WAIT_MS, Math.max(0, waitMs)),
		perMinute: perMinute > 0 ? perMinute : undefined,
	};
}

/** `Retry-After` wins over `X-RateLimit-Reset` (epoch seconds). */
function waitIn(headers: HttpAnswer['headers'], serverNow: number): number | undefined {
	const retryAfter = readRetryAfter(headers, serverNow);
	if (retryAfter !== undefined) return retryAfter;
	const reset = numberIn(headers['x-ratelimit-reset']);
	if (reset === undefined) return undefined;
	const resetMs = reset * SECOND_MS;
	return reset < EARLIEST_EPOCH_SECONDS ? resetMs : resetMs - serverNow;
}

/**
 * The wait that `Retry-After` (RFC 9110 §10.2.3, seconds or a date) asks for, in milliseconds;
 * undefined where it asks for none.
 * @param serverNow the server's clock, in epoch milliseconds
 */
export function readRetryAfter(
	headers: HttpAnswer['headers'],
	serverNow = dateIn(headers, Date.now()),
): number | undefined {
	const retryAfter = headers['retry-after'] ?? '';
	const seconds = numberIn(retryAfter) ?? -1;
	if (seconds >= 0) return seconds * SECOND_MS;
	// With a month's name, since `Date.parse` takes many a number for a date.
	const date = /[a-z]{3}/i.test(retryAfter) ? Date.parse(retryAfter) : NaN;
	return Number.isNaN(date) ? undefined : date - serverNow;
}

/** The server's clock as the answer's `Date` tells it, as clocks differ. */
function dateIn(headers: HttpAnswer['headers'], now: number): number {
	return Date.parse(headers.date ?? '') || now;
}

/** A decimal number; `Number` would read more than that. */
function numberIn(header: string | undefined): number | undefined {
	const text = header?.trim() ?? '';
	return /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined;
}
