/** An answer may be so much late before a clock must have been changed, in milliseconds. */
const LATEST_MS = 3_000;

/**
 * What time the server's clock says. Its `Date` (RFC 9110 §6.6.1) cuts off the fraction of a second
 * and is as old as the answer took; of all answers, the one that lags least is nearest to the truth.
 */
export class ServerClock {
	/** How far the server's clock is ahead of the local one, in milliseconds. */
	private aheadMs: number | undefined;

	/**
	 * The server's time now, in epoch milliseconds; the local time as long as no answer has told.
	 * @param date an answer's `Date`
	 * @param now the local clock, in epoch milliseconds
	 */
	read(date: string | undefined, now: number): number {
		const told = Date.parse(date ?? '') - now;
		const before = this.aheadMs ?? -Infinity;
		if (told > before || told < before - LATEST_MS) this.aheadMs = told;
		return now + (this.aheadMs ?? 0);
	}

	/** Lets the next answer count alone, as what was known seems wrong. */
	forget(): void {
		this.aheadMs = undefined;
	}
}
