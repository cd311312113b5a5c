import { sleep } from 'n8n-workflow';

/** Lets those who ask go one after another, in the order in which they asked. */
export class Turns {
	#latest: Promise<void> = Promise.resolve();
	readonly #longestWaitMs: number;

	/** @param longestWaitMs after it one goes all the same: a turn that never ends holds nobody up for good */
	constructor(longestWaitMs: number) {
		this.#longestWaitMs = longestWaitMs;
	}

	/** Waits for the turn before. @returns what ends this one; it must be called */
	async take(): Promise<() => void> {
		const before = this.#latest;
		let end = () => {};
		this.#latest = new Promise((resolve) => {
			end = resolve;
		});
		await Promise.race([before, sleep(this.#longestWaitMs)]);
		return end;
	}
}
