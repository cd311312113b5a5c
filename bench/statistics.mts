/** What is made of the figures of several runs. */

export function median(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = Math.floor(sorted.length / 2);
	return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The value that this share of the values doesn't exceed (nearest rank). */
export function percentile(values: readonly number[], share: number): number {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]!;
}

/** One figure over another. */
export interface Ratio {
	ofMedians: number;
	/** Of the ratios run by run, as what slowed the machine down for a while counts for both. */
	smallest: number;
	largest: number;
}

/** @param others one for each of ours, or a single computed one */
export function ratio(ours: readonly number[], others: readonly number[]): Ratio {
	const pairwise = ours.map(
		(value, run) => value / (others.length === 1 ? others[0]! : others[run]!),
	);
	return {
		ofMedians: median(ours) / median(others),
		smallest: Math.min(...pairwise),
		largest: Math.max(...pairwise),
	};
}
