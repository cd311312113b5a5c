/** So many receipts are remembered: more than one process gets within the time of an upload. */
const CLAIMS_KEPT = 10_000;

/**
 * What this process's submissions know of each other, so that none takes another's evidence for its
 * own: the same file may be submitted to the same control several times, also at once.
 */
class Siblings {
	private readonly claimed = new Set<string>();

	private readonly running = new Map<string, Set<Promise<unknown>>>();

	/** Notes that a submission has this evidence as its receipt. */
	claim(control: string, identity: string): void {
		this.claimed.add(`${control}/${identity}`);
		const [oldest] = this.claimed;
		if (this.claimed.size > CLAIMS_KEPT && oldest !== undefined) this.claimed.delete(oldest);
	}

	isClaimed(control: string, identity: string): boolean {
		return this.claimed.has(`${control}/${identity}`);
	}

	/** Runs an upload that others can wait for; it has claimed its receipt when it ends. */
	async upload<T>(control: string, size: number, work: () => Promise<T>): Promise<T> {
		const key = `${control}/${size}`;
		const alike = this.running.get(key) ?? new Set();
		this.running.set(key, alike);
		const upload = work();
		alike.add(upload);
		try {
			return await upload;
		} finally {
			alike.delete(upload);
			if (alike.size === 0) this.running.delete(key);
		}
	}

	/** Waits for the uploads to a control that may be of the same file, as they are of the same size. */
	async uploads(control: string, size: number): Promise<void> {
		await Promise.allSettled(this.running.get(`${control}/${size}`) ?? []);
	}
}

export const siblings = new Siblings();
