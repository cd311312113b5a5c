import { sleep } from 'n8n-workflow';

/** Lets those who ask go in the order in which they asked, no more than so many at a time. */
export class Turns {
	/** Whose turn it is, the oldest first. */
	readonly #current = new Set<object>();
	readonly #waiting: Array<() => void> = [];
	readonly #atOnce: number;
	readonly #longestWaitMs: number | undefined;

	/**
	 * @param longestWaitMs after it one goes all the same, so that a turn that never ends holds nobody up
	 * for good; without it, each waits for its turn however long that takes
	 */
	constructor(atOnce: number, longestWaitMs?: number) {
		this.#atOnce = atOnce;
		this.#longestWaitMs = longestWaitMs;
	}

	/** Waits for a turn. @returns what ends it; it must be called, and may be more than once */
	async take(): Promise<() => void> {
		const turn = {};
		if (this.#current.size < this.#atOnce) this.#current.add(turn);
		else await this.#wait(turn);
		return () => {
			if (this.#current.delete(turn)) this.#waiting.shift()?.();
		};
	}

	async #wait(turn: object): Promise<void> {
		let go = () => {};
		const called = new Promise<void>((resolve) => {
			go = () => {
				this.#current.add(turn);
				resolve();
			};
		});
		this.#waiting.push(go);
		if (this.#longestWaitMs === undefined) return await called;
		await Promise.race([called, sleep(this.#longestWaitMs)]);
		const place = this.#waiting.indexOf(go);
		if (place < 0) return; // it was called
		this.#waiting.splice(place, 1);
		// The oldest turn is this one's now: were there one more instead, it would stay one more.
		const [oldest] = this.#current;
		if (oldest) this.#current.delete(oldest);
		this.#current.add(turn);
	}
}
