import { AuditdexError } from './auditdexError';
import type { HttpAnswer } from './httpAnswer';

const MINUTE_MS = 60_000;
const FALLBACK_WAIT_MS = 1_000;
const RECHECK_MS = 1_000;

/** Waits the given milliseconds; rejects when the execution is cancelled meanwhile. */
export type Pause = (ms: number) => Promise<void>;

/** What a request hands back when its answer (or none) has come. */
export interface Pass {
	/** How many answers had been seen when the request left; see `RateLimitGate.leave`. */
	answersAtEntry: number;
	/** Whether it went ahead to learn how much room there is. */
	scout: boolean;
}

/**
 * How long the service asks us to wait, in milliseconds, or undefined when it doesn't say.
 * `Retry-After` (RFC 9110 §10.2.3, seconds or date) wins over `X-RateLimit-Reset` (API page, epoch
 * seconds). "Now" is the answer's own `Date`, as the two clocks may differ.
 */
export function requestedWaitMs(
	headers: Readonly<Record<string, string | undefined>>,
	now: number,
): number | undefined {
	const serverNow = Date.parse(headers.date ?? '') || now;
	const retryAfter = headers['retry-after']?.trim();
	if (retryAfter) {
		const ms = /^\d+$/.test(retryAfter)
			? Number(retryAfter) * 1_000
			: Date.parse(retryAfter) - serverNow;
		if (Number.isFinite(ms)) return Math.max(0, ms);
	}
	const reset = Number(headers['x-ratelimit-reset'] || NaN);
	return Number.isFinite(reset) ? Math.max(0, reset * 1_000 - serverNow) : undefined;
}

/**
 * Lets requests of one API client pass only while the service has room for them, so that its plan
 * is used to the full and never run into (API page, "Rate Limits").
 *
 * All requests that share a gate wait together. As long as the room is unknown (at the start and
 * after a wait) one request goes ahead alone to learn it from the answer's headers.
 */
export class RateLimitGate {
	private inFlight = 0;

	/** Requests the service still accepts; undefined while unknown. */
	private remaining: number | undefined;

	/** When the service said that `remaining` changes, in local epoch milliseconds. */
	private resetAt = 0;

	/** Nothing is sent before this moment, in local epoch milliseconds. */
	private resumeAt = 0;

	private scouting = false;

	private answers = 0;

	private refusalsInARow = 0;

	private waiting: Array<() => void> = [];

	constructor(
		private readonly now: () => number = Date.now,
		private readonly random: () => number = Math.random,
	) {}

	/**
	 * Resolves when the next request may be sent.
	 * @throws AuditdexError when the wait would be longer than `maxWaitMs`
	 */
	async enter(pause: Pause, maxWaitMs: number): Promise<Pass> {
		for (;;) {
			const wait = this.resumeAt - this.now();
			if (wait > maxWaitMs) throw waitTooLong(this.resumeAt, wait, maxWaitMs);
			if (wait > 0) {
				await pause(wait);
			} else if (this.hasRoom()) {
				this.inFlight += 1;
				const scout = this.remaining === undefined;
				this.scouting ||= scout;
				return { answersAtEntry: this.answers, scout };
			} else {
				// The pause ends the wait when the execution is cancelled, or the limit has been reset.
				const answered = new Promise<void>((resolve) => this.waiting.push(resolve));
				await Promise.race([answered, pause(RECHECK_MS)]);
			}
		}
	}

	/**
	 * Takes a request out of the gate and learns from its answer, if there was one.
	 *
	 * Answers overtake each other: one whose request left before the latest answer arrived may tell
	 * of an earlier moment, so it can only lower what is known.
	 */
	leave(pass: Pass, answer?: HttpAnswer): void {
		this.inFlight -= 1;
		if (pass.scout) this.scouting = false;
		if (answer) this.learn(answer, pass.answersAtEntry === this.answers);
		const waiting = this.waiting;
		this.waiting = [];
		for (const resume of waiting) resume();
	}

	private hasRoom(): boolean {
		const { remaining = Infinity } = this;
		if (remaining <= this.inFlight && this.now() >= this.resetAt) this.remaining = undefined;
		return this.remaining === undefined ? !this.scouting : this.inFlight < remaining;
	}

	private learn({ status, headers }: HttpAnswer, isLatest: boolean): void {
		this.answers += 1;
		const refused = status === 429;
		this.refusalsInARow = refused ? this.refusalsInARow + 1 : 0;
		const reported = refused ? 0 : Number(headers['x-ratelimit-remaining'] || Infinity);
		const known = isLatest ? Infinity : (this.remaining ?? Infinity);
		this.remaining = Math.max(0, Math.min(known, Number.isNaN(reported) ? Infinity : reported));
		const asked = requestedWaitMs(headers, this.now());
		this.resetAt = this.now() + (asked ?? 0);
		if (reported > 0) return;
		const wait = refused ? this.waitAfterRefusal(asked, headers) : (asked ?? 0);
		this.resumeAt = Math.max(this.resumeAt, this.now() + wait);
	}

	/**
	 * Others share the plan when a request is refused although this gate counts: spread the next
	 * tries over more and more of the plan's own intervals.
	 */
	private waitAfterRefusal(
		asked: number | undefined,
		headers: Readonly<Record<string, string | undefined>>,
	): number {
		const growth = 2 ** Math.min(this.refusalsInARow - 1, 5);
		const perMinute = Number(headers['x-ratelimit-limit']) || MINUTE_MS / FALLBACK_WAIT_MS;
		const spread = (MINUTE_MS / perMinute) * growth;
		return (asked || FALLBACK_WAIT_MS * growth) + this.random() * spread;
	}
}

function waitTooLong(resumeAt: number, waitMs: number, maxWaitMs: number): AuditdexError {
	const at = new Date(resumeAt).toISOString().slice(11, 19);
	return new AuditdexError('The rate limit of your AUDITDEX plan is used up', {
		description: `Requests are accepted again in ${Math.ceil(waitMs / 1_000)} seconds, at ${at} UTC; this is longer than Max Wait (${maxWaitMs / 1_000} seconds). Run the workflow again then, or raise Max Wait under Options.`,
		problem: {
			type: 'about:blank',
			title: 'The rate limit of your AUDITDEX plan is used up',
			status: 429,
		},
	});
}

const gates = new Map<string, RateLimitGate>();
const GATES_KEPT = 100;

/**
 * The gate of one API client in this process, so that executions running side by side count
 * together. `client` tells plans apart: base URL and client ID, never a secret.
 */
export function rateLimitGateFor(client: string): RateLimitGate {
	const gate = gates.get(client) ?? new RateLimitGate();
	gates.delete(client);
	gates.set(client, gate); // the last used come last
	for (const key of gates.keys()) {
		if (gates.size <= GATES_KEPT) break;
		gates.delete(key);
	}
	return gate;
}
