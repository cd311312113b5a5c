/** Why a target is missed, in two sentences for BENCHMARKS.md; by the beginning of the measurement's id. */
const reasons: Record<string, string> = {
	'growth-bytes-4-GiB':
		"The file lies in the machine's memory three times, as it was read, in n8n's store and in the sandbox's, and the last of so much memory is slow: bare Node.js slows down as much (see its ratio). At 2 GiB, measured by hand, a MiB took as long as at 1 GiB.",
	deliveries:
		"Before the 200 n8n stores, in one more transaction, which deliveries were accepted: that is most of what a delivery costs beyond the Webhook node's, which checks and remembers nothing. Starting two or four runs at once and storing fewer deliveries changed nothing that could be told from chance.",
};

export function whyMissed(id: string): string {
	const reason = Object.entries(reasons).find(([beginning]) => id.startsWith(beginning))?.[1];
	return reason ?? 'The reason has yet to be found; the profile shows where the time goes.';
}
