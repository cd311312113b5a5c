import { createHash } from 'crypto';
import { sleep } from 'n8n-workflow';

/** 96 bits: that any two of a thousand million deliveries share them has a chance of 1 in 10^11. */
const IDENTITY_BYTES = 12;
/** In base64. */
const IDENTITY_LENGTH = 16;
/** Accepted deliveries a node keeps across restarts. */
export const PERSISTED_DELIVERIES = 1024;
/** Deliveries kept where the age check is off, as then no replay is ever too old. */
export const MAX_DELIVERIES_WITHOUT_AGE_LIMIT = 1_000_000;

const PERSISTED_TEXT = /^(?:[A-Za-z0-9+/]{16})*$/;

/**
 * What makes two deliveries the same one: the message id where it is signed (`standardWebhooks`),
 * the body's bytes otherwise. A retry may carry a new signature and timestamp over the same body.
 *
 * Two events whose bytes are the same, time and ids included, count as one. A body that says the same
 * in other bytes (members in another order, an attempt's number) counts as another event: which of
 * its parts make the event can't be known. Only the sender, who has the secret, can make one.
 *
 * @returns the sender's own message id, or the SHA-256 of the body in hex
 */
export function deliveryId(body: Buffer, messageId?: string): string {
	return messageId ?? createHash('sha256').update(body).digest('hex');
}

/** The same as the memory keeps it: short, and of one length. */
export function deliveryIdentity(body: Buffer, messageId?: string): string {
	const hash = createHash('sha256');
	if (messageId === undefined) hash.update(body);
	else hash.update('webhook-id:').update(messageId);
	return hash.digest().toString('base64', 0, IDENTITY_BYTES);
}

/** Leave to run the workflow for one delivery; its holder must settle it. */
export interface Admission {
	outcome: 'admitted';
	/** n8n has started the run: from now on the delivery is among those that static data holds. */
	handOver(): void;
	/** The sender's answer is known: remember the delivery if it was the 200, forget it otherwise. */
	settle(accepted: boolean): void;
}

/**
 * `duplicate`: it was accepted before. `busy`: a copy of it is still being worked on, so that nobody
 * knows yet.
 */
export type AdmissionOutcome = Admission | { outcome: 'duplicate' } | { outcome: 'busy' };

/** A sender waits for an answer for ten seconds or more. */
export const LONGEST_WAIT_FOR_COPY_MS = 4_000;

/**
 * Remembers which deliveries of one node were accepted, so that each starts one run.
 *
 * **Guaranteed within one process**: a delivery whose 200 has gone out is recognised for as long as
 * a replay could pass the age check; with the check off, among the last million. A delivery that is
 * still being worked on makes its copies wait for a few seconds, and what they become depends on its
 * answer: 200, and they are duplicates; anything else, and the next copy runs; none yet, and they are
 * to come again later.
 *
 * **Guaranteed across restarts**: the last 1,024 accepted deliveries, by way of n8n's static data,
 * which n8n stores after it has started the run and before it sends the 200. A process that ends in
 * between, killed or stopped (n8n 2.41 takes deliveries until it ends), may run the delivery again
 * when it is retried. As n8n is asked to start one run of a workflow at a time, that's seldom more
 * than one delivery, however many are coming in. Where the 200 waits for the run's success, n8n stores
 * static data before anyone can know what the answer will be: such a delivery is stored with the next
 * one that comes, a copy of its own included.
 *
 * **Not guaranteed**: two processes that receive the same delivery while n8n works on the first copy
 * both run it. Of two deliveries that two processes accept at the same moment, static data holds
 * one; the other is unknown to the other process until its own accepts the next. docs/scaling.md
 * measures both, and shows how to route deliveries so that neither happens. A workflow whose other
 * nodes write static data has n8n overwrite what was stored since its run began, until the next
 * delivery stores it again; that matters only if n8n restarts in between.
 *
 * **Memory**: about 65 bytes a delivery in the process, so 17 MB at one a second for three days, and
 * 16 bytes in the database.
 */
export class DeliveryMemory {
	/** Identity to the epoch second of acceptance, oldest first. */
	readonly #accepted = new Map<string, number>();
	/** Settled when the first copy's answer is known. */
	readonly #inFlight = new Map<string, Promise<void>>();
	/** What goes to static data, oldest first. */
	readonly #stored = new Set<string>();
	#keepUntil = 0;

	get size(): number {
		return this.#accepted.size;
	}

	/**
	 * When no replay of its deliveries can pass the age check any more, in epoch seconds: until then
	 * static data must hold them, whether the node is still there or not.
	 */
	get keepUntil(): number {
		return this.#keepUntil;
	}

	get isIdle(): boolean {
		return this.#inFlight.size === 0;
	}

	/**
	 * Asks to run the workflow for a delivery; waits a few seconds while a copy of it is worked on.
	 *
	 * @param rememberSeconds how long a replay could pass the age check; 0 for ever
	 * @param now epoch seconds
	 */
	async admit(identity: string, rememberSeconds: number, now: number): Promise<AdmissionOutcome> {
		let isPatient = true;
		let patience: Promise<void> | undefined;
		for (;;) {
			const firstCopy = this.#inFlight.get(identity);
			// From here on nothing is waited for, so that no other copy comes in between.
			if (firstCopy === undefined) break;
			if (!isPatient) return { outcome: 'busy' };
			patience ??= sleep(LONGEST_WAIT_FOR_COPY_MS).then(() => {
				isPatient = false;
			});
			await Promise.race([firstCopy, patience]);
		}
		this.#forget(rememberSeconds, now);
		if (this.#accepted.has(identity)) return { outcome: 'duplicate' };
		this.#keepUntil =
			rememberSeconds === 0 ? Infinity : Math.max(this.#keepUntil, now + rememberSeconds);
		return this.#begin(identity, now);
	}

	#begin(identity: string, now: number): Admission {
		let release = () => {};
		this.#inFlight.set(
			identity,
			new Promise((resolve) => {
				release = resolve;
			}),
		);
		return {
			outcome: 'admitted',
			handOver: () => this.#store(identity),
			settle: (accepted) => {
				if (accepted) {
					this.#accepted.set(identity, wholeSeconds(now));
					this.#store(identity);
				} else {
					this.#accepted.delete(identity);
					this.#stored.delete(identity);
				}
				this.#inFlight.delete(identity);
				release();
			},
		};
	}

	#store(identity: string): void {
		this.#stored.add(identity);
		if (this.#stored.size <= PERSISTED_DELIVERIES) return;
		const [oldest = identity] = this.#stored;
		this.#stored.delete(oldest);
	}

	#forget(rememberSeconds: number, now: number): void {
		for (const [identity, acceptedAt] of this.#accepted) {
			const outdated =
				rememberSeconds === 0
					? this.#accepted.size > MAX_DELIVERIES_WITHOUT_AGE_LIMIT
					: acceptedAt + rememberSeconds < now;
			if (!outdated) break;
			this.#accepted.delete(identity);
		}
	}

	/**
	 * Takes in what static data holds: from before a restart, or from another process.
	 *
	 * @param keepUntil epoch seconds
	 * @param now epoch seconds; how old the deliveries really are isn't stored
	 */
	absorb(text: unknown, keepUntil: number, now: number): void {
		if (typeof text !== 'string' || !PERSISTED_TEXT.test(text)) return;
		this.#keepUntil = Math.max(this.#keepUntil, keepUntil);
		for (let at = 0; at < text.length; at += IDENTITY_LENGTH) {
			const identity = text.slice(at, at + IDENTITY_LENGTH);
			if (this.#accepted.has(identity)) continue;
			this.#accepted.set(identity, wholeSeconds(now));
			this.#store(identity);
		}
	}

	/** The last accepted deliveries as static data holds them: 16 characters each, oldest first. */
	toText(): string {
		return [...this.#stored].join('');
	}
}

/** Whole numbers take no memory of their own. Rounded up, so that nothing is forgotten too early. */
const wholeSeconds = Math.ceil;
