/** A clock that stands still until nothing is left to do at its present moment. */
export class VirtualTime {
	private at: number;

	private order = 0;

	private timers: Array<{ at: number; order: number; ring: () => void }> = [];

	constructor(startAt = Date.parse('2026-04-20T09:14:32.317Z')) {
		this.at = startAt;
	}

	now = (): number => this.at;

	sleep = async (ms: number): Promise<void> =>
		await new Promise((ring) => {
			this.timers.push({ at: this.at + Math.max(0, ms), order: this.order++, ring });
		});

	/** Lets time pass until `work` settles. @throws Error when it waits for nothing that time brings */
	async run<T>(work: Promise<T>): Promise<T> {
		let settled = false;
		const done = () => (settled = true);
		work.then(done, done);
		for (;;) {
			await new Promise((resolve) => setImmediate(resolve));
			if (settled) return await work;
			this.timers.sort((a, b) => a.at - b.at || a.order - b.order);
			const next = this.timers.shift();
			if (!next) throw new Error('Nothing is left that time could bring');
			this.at = next.at;
			next.ring();
		}
	}
}

/** Numbers from 0 to 1 that are the same for the same seed (Park and Miller's generator). */
export function seededRandom(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state * 48_271) % 2_147_483_647;
		return state / 2_147_483_647;
	};
}
