/** Runs work of the same key one after the other, and work of different keys side by side. */
export class KeyedQueue {
	private readonly last = new Map<string, Promise<unknown>>();

	async run<T>(key: string, work: () => Promise<T>): Promise<T> {
		const mine = Promise.allSettled([this.last.get(key)]).then(work);
		this.last.set(key, mine);
		try {
			return await mine;
		} finally {
			if (this.last.get(key) === mine) this.last.delete(key);
		}
	}
}
