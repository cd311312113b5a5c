import { AuditdexError } from '../errors/auditdexError';
import type { HttpAnswer } from '../request/httpAnswer';
import { monotonicMs } from '../monotonic';
import { LONGEST_WAIT_MS, readRateLimit } from './rateLimitHeaders';

const MINUTE_MS = 60_000;
const RECHECK_MS = 1_000;
/** How long one request goes ahead alone: a large upload may take hours. */
const SCOUT_MS = 2_000;
/** Of the moments that headers tell. */
const RESOLUTION_MS = 1_000;
/** Where a refusal doesn't say how long to wait: doubling from here, past a minute in all. */
const UNTOLD_WAIT_MS = 1_000;
const UNTOLD_WAIT_DOUBLINGS = 5;

/**
 * Requests are spread over this many of the plan's intervals once its limit is used up, so that
 * clients in other processes find some of it too. It doubles with each refusal, as that tells of
 * others, and shrinks with each accepted request.
 */
const LEAST_SPREAD = 4;
const MOST_SPREAD = 64;
const SPREAD_GROWTH = 2;
const SPREAD_DECAY = 0.98;
/** The interval between requests where the plan isn't told. */
const UNTOLD_INTERVAL_MS = 200;

/** Waits the given milliseconds; rejects when the execution is cancelled meanwhile. */
export type Pause = (ms: number) => Promise<void>;

/** What a request hands back when its answer (or none) has come. */
export interface Pass {
	/** How many answers had been seen when the request left; see `RateLimitGate.leave`. */
	answersAtEntry: number;
	/** Whether it went ahead to learn how much room there is. */
	scout: boolean;
}

/** A request's place in the queue. */
interface Place {
	/** Tells the request to look again whether it may go. */
	call: () => void;
	/** Whether it's waiting for a moment, not for others. */
	isPausing: boolean;
}

/**
 * Lets requests of one API client pass only while the service has room for them, so that its plan
 * is used to the full and never run into (API page, "Rate Limits").
 *
 * All requests that share a gate wait together and leave in the order they came, so that executions
 * side by side all get on, and a request that was refused comes after those that were not. As long
 * as the room is unknown (at the start and after a wait) one goes ahead alone for a moment to learn
 * it from the answer's headers.
 */
export class RateLimitGate {
	private readonly queue = new Set<Place>();

	private inFlight = 0;

	/** Requests the service still accepts; undefined while unknown. */
	private remaining: number | undefined;

	/** Until when `remaining` is taken for right. Moments are on the clock `now`, in milliseconds. */
	private knownUntil = 0;

	/** Nothing is accepted before this moment. */
	private opensAt = 0;

	/** When this gate means to go on: `opensAt`, and some more to leave room for others. */
	private resumeAt = 0;

	private spread = LEAST_SPREAD;

	/** Others wait so long for the answer to the request that went ahead. */
	private scoutUntil = 0;

	private answers = 0;

	private refusalsInARow = 0;

	constructor(
		private readonly now: () => number = monotonicMs,
		private readonly random: () => number = Math.random,
		private readonly epoch: () => number = Date.now,
	) {}

	/**
	 * Resolves when the next request may be sent.
	 * @throws AuditdexError when the service asks for a longer wait than `maxWaitMs`
	 */
	async enter(pause: Pause, maxWaitMs: number): Promise<Pass> {
		const place: Place = { call: () => {}, isPausing: false };
		this.queue.add(place);
		try {
			for (let patience = maxWaitMs; ; ) {
				const asked = this.opensAt - this.now();
				if (asked > maxWaitMs) throw waitTooLong(this.epoch() + asked, asked, maxWaitMs);
				const wait = Math.max(asked, Math.min(this.resumeAt - this.now(), patience));
				if (wait > 0) {
					place.isPausing = true;
					await pause(wait);
					place.isPausing = false;
					patience -= wait;
				} else if (this.isNext(place, patience > 0) && this.hasRoom()) {
					return this.letPass();
				} else {
					// The pause ends the wait when the execution is cancelled, or the limit has been reset.
					const called = new Promise<void>((resolve) => (place.call = resolve));
					await Promise.race([called, pause(RECHECK_MS)]);
				}
			}
		} finally {
			this.queue.delete(place);
			this.callFirst();
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
		if (pass.scout) this.scoutUntil = 0;
		if (answer) this.learn(answer, pass.answersAtEntry === this.answers);
		else this.countUntold();
		this.callFirst();
	}

	/** Whether it's first, but for those that leave room for others longer than its patience lasts. */
	private isNext(place: Place, isPatient: boolean): boolean {
		for (const other of this.queue) {
			if (other === place) return true;
			if (isPatient || !other.isPausing) return false;
		}
		return false;
	}

	private callFirst(): void {
		this.queue.values().next().value?.call();
	}

	private letPass(): Pass {
		this.inFlight += 1;
		const scout = this.remaining === undefined;
		if (scout) this.scoutUntil = this.now() + SCOUT_MS;
		return { answersAtEntry: this.answers, scout };
	}

	private hasRoom(): boolean {
		const { remaining = Infinity } = this;
		const outdated = this.inFlight === 0 || this.now() >= this.knownUntil;
		if (remaining <= this.inFlight && outdated) this.remaining = undefined;
		if (this.remaining === undefined) return this.now() >= this.scoutUntil;
		return this.inFlight < remaining;
	}

	private learn({ status, headers }: HttpAnswer, isLatest: boolean): void {
		const refused = status === 429;
		const { remaining: reported, waitMs, perMinute } = readRateLimit(headers);
		const remaining = refused ? 0 : reported;
		this.answers += 1;
		this.spread = refused
			? Math.min(MOST_SPREAD, this.spread * SPREAD_GROWTH)
			: Math.max(LEAST_SPREAD, this.spread * SPREAD_DECAY);
		this.refusalsInARow = refused ? this.refusalsInARow + 1 : 0;
		if (remaining === undefined) {
			// A plan without limits; or a proxy's own answer, which changes nothing.
			this.countUntold();
			this.remaining ??= Infinity;
			return;
		}
		this.remaining = isLatest ? remaining : Math.min(remaining, this.remaining ?? Infinity);
		this.knownUntil = this.now() + Math.max(waitMs ?? 0, RESOLUTION_MS);
		if (remaining > 0) return;

		const asked = refused ? waitMs || this.untoldWaitMs() : (waitMs ?? 0);
		const intervalMs = perMinute === undefined ? UNTOLD_INTERVAL_MS : MINUTE_MS / perMinute;
		this.opensAt = Math.max(this.opensAt, this.now() + asked);
		const roomForOthers = this.random() * this.spread * intervalMs;
		this.resumeAt = Math.max(
			this.resumeAt,
			Math.min(this.opensAt + roomForOthers, this.now() + LONGEST_WAIT_MS),
		);
	}

	/** Counts a request of which it isn't known whether the service did. */
	private countUntold(): void {
		if (this.remaining) this.remaining -= 1;
	}

	private untoldWaitMs(): number {
		return UNTOLD_WAIT_MS * 2 ** Math.min(this.refusalsInARow - 1, UNTOLD_WAIT_DOUBLINGS);
	}
}

function waitTooLong(opensAt: number, waitMs: number, maxWaitMs: number): AuditdexError {
	const at = `${new Date(opensAt).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
	const title = `The rate limit of your AUDITDEX plan is used up until ${at}`;
	const detail = `AUDITDEX accepts requests again in ${Math.ceil(waitMs / 1_000)} seconds, which is longer than 'Max Wait' (${maxWaitMs / 1_000} seconds). Run the workflow again after ${at}, or raise 'Max Wait' under 'Options'.`;
	return AuditdexError.aboutBlank(title, detail, 429);
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
