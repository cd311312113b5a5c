/** How often something is measured. */
export interface Repetitions {
	pairs: number;
	/** Runs of each contestant before those that count. */
	warmUps: number;
}

/**
 * Runs the contestants in turn (A B A B …), first to warm up, then to measure.
 * @returns what each run measured, by contestant
 */
export async function alternate<Name extends string, T>(
	contestants: Record<Name, () => Promise<T>>,
	{ pairs, warmUps }: Repetitions,
): Promise<Record<Name, T[]>> {
	const entries = Object.entries(contestants) as Array<[Name, () => Promise<T>]>;
	const results = Object.fromEntries(entries.map(([name]) => [name, [] as T[]]));
	for (let run = -warmUps; run < pairs; run++) {
		for (const [name, measure] of entries) {
			const measured = await measure();
			if (run >= 0) results[name]!.push(measured);
		}
	}
	return results as Record<Name, T[]>;
}
