/** Why a target is missed, in two sentences for BENCHMARKS.md; by the beginning of the measurement's id. */
const reasons: Record<string, string> = {};

export function whyMissed(id: string): string {
	const reason = Object.entries(reasons).find(([beginning]) => id.startsWith(beginning))?.[1];
	return reason ?? 'The reason has yet to be found; the profile shows where the time goes.';
}
