/** Figures of one contestant: one number a run, all in the same unit. */
export interface Series {
	name: string;
	values: number[];
}

export const median = (values: readonly number[]): number => {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = Math.floor(sorted.length / 2);
	return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

/** Ours over another, pair by pair, so that what slowed the machine down for a while counts for both. */
export interface Ratio {
	ofMedians: number;
	smallest: number;
	largest: number;
}

export function ratio(ours: readonly number[], theirs: readonly number[]): Ratio {
	const pairwise = ours.map((value, run) => value / theirs[run]!);
	return {
		ofMedians: median(ours) / median(theirs),
		smallest: Math.min(...pairwise),
		largest: Math.max(...pairwise),
	};
}

/**
 * Runs the contestants in turn (A B C A B C …) after a warm-up of each, which doesn't count.
 * @returns what each run measured, by contestant
 */
export async function alternate<T>(
	contestants: Record<string, () => Promise<T>>,
	pairs: number,
): Promise<Record<string, T[]>> {
	const results: Record<string, T[]> = {};
	for (let run = -1; run < pairs; run++) {
		for (const [name, measure] of Object.entries(contestants)) {
			const measured = await measure();
			if (run >= 0) (results[name] ??= []).push(measured);
		}
	}
	return results;
}
