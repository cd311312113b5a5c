interface Readings<T> {
	/** Under way; never rejects. */
	current: Promise<unknown>;
	/** Begins when the current one is over. */
	next?: Promise<T>;
}

/**
 * Reads something for several who ask at once: each gets what a reading returns that began after it
 * asked, so that nobody sees anything outdated, and at most one reading at a time is under way.
 */
export class SharedReading<T> {
	readonly #readings = new Map<string, Readings<T>>();

	/** @param key what is read; `read` is called for it no more than needed */
	async read(key: string, read: () => Promise<T>): Promise<T> {
		const readings = this.#readings.get(key) ?? { current: Promise.resolve() };
		this.#readings.set(key, readings);
		readings.next ??= this.#readNext(key, readings, read);
		return await readings.next;
	}

	async #readNext(key: string, readings: Readings<T>, read: () => Promise<T>): Promise<T> {
		await readings.current;
		readings.next = undefined;
		const reading = read();
		readings.current = Promise.allSettled([reading]);
		try {
			return await reading;
		} finally {
			if (readings.next === undefined) this.#readings.delete(key);
		}
	}
}
