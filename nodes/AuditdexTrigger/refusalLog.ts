/** At most one line in this time for refusals of the same kind. */
export const QUIET_SECONDS = 60;

const MAX_KINDS = 1_000;

interface Kind {
	loggedAt: number;
	/** Since then. */
	unlogged: number;
}

/**
 * Decides which refused deliveries are worth a line in n8n's log. Strangers can send as many as they
 * like; an administrator needs to see that they come, and what's wrong with one's own.
 */
export class RefusalLog {
	readonly #kinds = new Map<string, Kind>();

	/**
	 * @param kind whose refusal it is, and why
	 * @param now epoch seconds
	 * @returns how many went unlogged since the last line; `undefined` where this one is to be, too
	 */
	unloggedBefore(kind: string, now: number): number | undefined {
		const last = this.#kinds.get(kind);
		if (last !== undefined && now < last.loggedAt + QUIET_SECONDS) {
			last.unlogged++;
			return undefined;
		}
		this.#kinds.delete(kind);
		this.#kinds.set(kind, { loggedAt: now, unlogged: 0 });
		const [oldest = kind] = this.#kinds.keys();
		if (this.#kinds.size > MAX_KINDS) this.#kinds.delete(oldest);
		return last?.unlogged ?? 0;
	}
}
