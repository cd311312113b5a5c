import { sleep } from 'n8n-workflow';

/** Lets those who ask go in the order in which they asked, no more than so many at a time. */
export class Turns {
	#free: number;
	readonly #atOnce: number;
	readonly #longestWaitMs: number | undefined;
	readonly #waiting: Array<() => void> = [];

	/**
	 * @param longestWaitMs after it one goes all the same, so that a turn that never ends holds nobody up
	 * for good; without it, each waits for its turn however long that takes
	 */
	constructor(atOnce: number, longestWaitMs?: number) {
		this.#free = atOnce;
		this.#atOnce = atOnce;
		this.#longestWaitMs = longestWaitMs;
	}

	/** Waits for a turn. @returns what ends it; it must be called, and may be more than once */
	async take(): Promise<() => void> {
		if (this.#free > 0) this.#free--;
		else await this.#wait();
		let isOver = false;
		return () => {
			if (!isOver) this.#pass();
			isOver = true;
		};
	}

	async #wait(): Promise<void> {
		let go = () => {};
		const turn = new Promise<void>((resolve) => {
			go = resolve;
		});
		this.#waiting.push(go);
		if (this.#longestWaitMs === undefined) return await turn;
		await Promise.race([turn, sleep(this.#longestWaitMs)]);
		const place = this.#waiting.indexOf(go);
		if (place >= 0) this.#waiting.splice(place, 1);
	}

	#pass(): void {
		const next = this.#waiting.shift();
		if (next) next();
		else this.#free = Math.min(this.#free + 1, this.#atOnce);
	}
}
