interface Queue {
	/** How many more may go at once. */
	free: number;
	waiting: Array<() => void>;
}

/** Lets those who ask with the same key go in turn, so many at once; those of different keys side by side. */
export class KeyedQueue {
	private readonly queues = new Map<string, Queue>();

	constructor(private readonly atOnce = 1) {}

	/** Waits for its turn. @returns what ends it; it must be called, once */
	async enter(key: string): Promise<() => void> {
		const queue = this.queues.get(key) ?? { free: this.atOnce, waiting: [] };
		this.queues.set(key, queue);
		if (queue.free > 0) queue.free -= 1;
		else await new Promise<void>((resolve) => queue.waiting.push(resolve));
		return () => {
			const next = queue.waiting.shift();
			if (next) return next();
			queue.free += 1;
			if (queue.free === this.atOnce) this.queues.delete(key);
		};
	}
}
