import type { HttpAnswer } from '../request/httpAnswer';

const SECOND_MS = 1_000;
/** No header keeps requests back for longer (contract). */
export const LONGEST_WAIT_MS = 3_600 * SECOND_MS;
/** A smaller number is no moment of this century; a service that sends one means seconds to go. */
const EARLIEST_EPOCH_SECONDS = 1_000_000_000;
/** A larger one is none of the next three thousand years; it is in milliseconds, or finer. */
const LATEST_EPOCH_SECONDS = 100_000_000_000;

/** What an answer says about the plan's rate limit; undefined where it says nothing usable. */
export interface RateLimitReport {
	/** Requests that the service still accepts; without end where it shows a negative number (contract). */
	remaining?: number;
	/** Milliseconds until it accepts more. */
	waitMs?: number;
	/** Requests a minute that the plan allows. */
	perMinute?: number;
}

/** Reads the headers that every response has (API page, "Rate Limits"). */
export function readRateLimit(headers: HttpAnswer['headers']): RateLimitReport {
	const remaining = numberIn(headers['x-ratelimit-remaining']);
	const limit = numberIn(headers['x-ratelimit-limit']);
	const unlimited = (remaining ?? 0) < 0 || (limit ?? 0) < 0;
	return {
		remaining: unlimited ? Infinity : remaining,
		waitMs: waitIn(headers),
		perMinute: limit !== undefined && limit > 0 ? limit : undefined,
	};
}

/**
 * `Retry-After` wins over `X-RateLimit-Reset` (epoch seconds; contract: or milliseconds). A reset that
 * is further away than any plan's is no use, and then none is told; a wait is asked for on purpose.
 */
function waitIn(headers: HttpAnswer['headers']): number | undefined {
	const retryAfter = readRetryAfter(headers);
	if (retryAfter !== undefined) return Math.min(LONGEST_WAIT_MS, retryAfter);
	const waitMs = untilReset(headers['x-ratelimit-reset'], serverNow(headers));
	if (waitMs === undefined || waitMs > LONGEST_WAIT_MS) return undefined;
	return Math.max(0, waitMs);
}

function untilReset(header: string | undefined, now: number): number | undefined {
	let seconds = numberIn(header);
	if (seconds === undefined) {
		const moment = dateOf(header);
		return moment === undefined ? undefined : moment - now;
	}
	while (seconds > LATEST_EPOCH_SECONDS) seconds /= 1_000;
	const ms = seconds * SECOND_MS;
	return seconds < EARLIEST_EPOCH_SECONDS ? ms : ms - now;
}

/**
 * The wait that `Retry-After` (RFC 9110 §10.2.3, seconds or a date) asks for, in milliseconds;
 * undefined where it asks for none.
 */
export function readRetryAfter(headers: HttpAnswer['headers']): number | undefined {
	const retryAfter = headers['retry-after'] ?? '';
	const seconds = numberIn(retryAfter) ?? -1;
	if (seconds >= 0) return seconds * SECOND_MS;
	const moment = dateOf(retryAfter);
	return moment === undefined ? undefined : Math.max(0, moment - serverNow(headers));
}

/** A moment in epoch milliseconds, written with a month's name or as ISO 8601 has it; `Date.parse` takes more for one. */
function dateOf(header = ''): number | undefined {
	const moment = /[a-z]{3}|^\s*\d{4}-\d\d-\d\dT/i.test(header) ? Date.parse(header) : NaN;
	return Number.isNaN(moment) ? undefined : moment;
}

/** The server's clock as the answer's `Date` tells it, as clocks differ; else the local one. */
function serverNow(headers: HttpAnswer['headers']): number {
	return Date.parse(headers.date ?? '') || Date.now();
}

/** A decimal number that is finite; `Number` would read more than that. */
function numberIn(header: string | undefined): number | undefined {
	const text = header?.trim() ?? '';
	const number = /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : NaN;
	return Number.isFinite(number) ? number : undefined;
}
