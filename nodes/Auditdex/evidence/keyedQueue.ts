/** Lets those who ask with the same key go one after the other, and those of different keys side by side. */
export class KeyedQueue {
	private readonly last = new Map<string, Promise<void>>();

	/** Waits for its turn. @returns what ends it; it must be called */
	async enter(key: string): Promise<() => void> {
		const before = this.last.get(key);
		let end = () => {};
		const mine = new Promise<void>((resolve) => (end = resolve));
		this.last.set(key, mine);
		await before;
		return () => {
			if (this.last.get(key) === mine) this.last.delete(key);
			end();
		};
	}
}
