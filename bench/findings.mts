/** What profiling found, in words, for BENCHMARKS.md. */

/** What was slow in ours, why, and what was done about it. */
export const removedCosts = [
	"**Large files: garbage collection of n8n's whole heap.** Each piece of a file is read into memory of its own outside V8's heap, and V8 collects the whole heap (200 MB in n8n) whenever 64 MiB of such memory have come together. That was 480 ms of the main thread and 800 ms of helper threads for 256 MiB, against 240 ms and 100 ms in bare Node.js. Now each piece is copied into one of eight buffers that are used in turn, and its own memory is freed at once: 280 ms and 30 ms. The HTTP Request node still pays it.",
	'**Small files: room for a large one.** The file was read with a buffer of 1 MiB whatever its size, twice (the second finds the end). Of 32 files that made 64 MiB, and a garbage collection as above. The buffer is now no larger than the file.',
	'**Deliveries: a credential for each.** n8n sets up an isolate of its own (a V8 instance for expressions) to hand out a credential. Deliveries that arrive at once now share one reading that begins after they arrived, so that a changed secret still counts at once.',
	'**Large files: redirects.** The library that follows redirects keeps the whole body to be able to send it again. Ours follows none, which is safer as well, as the token stays with the service.',
];

/** Why a target is missed, by the beginning of the measurement's id. */
const reasons: Record<string, string> = {
	deliveries:
		"The cost is n8n's, and a node can't avoid it. Before a trigger sees a delivery, n8n sets up an isolate (a V8 instance of its own to evaluate expressions in), and another one for the run. Its own Webhook node alone is spared the first: n8n asks for that node's type. Isolates (`@n8n/expression-runtime`) are over a third of the main thread's time here, our package about a hundredth; n8n's other threads, where isolates work as well, take 2.4 times as long for a delivery as for the Webhook node, on two cores that are then missing elsewhere. The rest is what the others don't do: n8n decrypts the credential for ours, and stores which deliveries were accepted.",
	'many-files':
		"n8n's main thread is the limit, not the latency: it is busy for 5 to 7 ms with each upload, which the four uploads under way wait for. Our package has 3 % of that. The rest is n8n's own work for each request: decrypting the credential and evaluating its expressions in an isolate, building an OAuth2 client, a new connection. The HTTP Request node has the same cost, but sends all 500 files at once, however many the service may be able to take.",
};

export function whyMissed(id: string): string {
	const reason = Object.entries(reasons).find(([beginning]) => id.startsWith(beginning))?.[1];
	return reason ?? 'The reason has yet to be found; the profile shows where the time goes.';
}
