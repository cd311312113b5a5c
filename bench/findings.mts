/** What BENCHMARKS.md says above a table, by the table's heading. */
export const notes: Record<string, string> = {
	'Parallel Requests':
		'The default is 8: the smallest of these numbers that keeps up with the HTTP Request node at 20 ms latency. That node sends the requests of all items at once; with 200 ms none of these numbers keeps up, and a higher one is there to be set. Files over 8 MiB go four at a time whatever the number, so that their memory stays the same.',
};

/** Why a target is missed, in two sentences for BENCHMARKS.md; by the beginning of the measurement's id. */
const reasons: Record<string, string> = {
	'upload-1-MiB-memory-time':
		'One or two milliseconds either way, within what runs differ by: 0.87 and 1.07 in two other runs. Ours hashes the file besides and compares the hash, which takes about one.',
	'growth-bytes-4-GiB':
		"The file lies in the machine's memory three times, as it was read, in n8n's store and in the sandbox's, and beyond some 9 GiB memory was slow there. By hand, a MiB of 1, 2, 3 and 4 GiB took 3.7, 3.5, 4.7 and 6.0 ms, and of 4 GiB with bare Node.js 3.4 ms with a copy less in memory and 5.1 ms with as much.",
	deliveries:
		"Before the 200 n8n stores, in one more transaction, which deliveries were accepted: that is most of what a delivery costs beyond the Webhook node's, which checks and remembers nothing. Starting two or four runs at once and storing fewer deliveries changed nothing that could be told from chance.",
};

export function whyMissed(id: string): string {
	const reason = Object.entries(reasons).find(([beginning]) => id.startsWith(beginning))?.[1];
	return reason ?? 'The reason has yet to be found; the profile shows where the time goes.';
}
