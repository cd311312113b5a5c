/** What profiling found, in words, for BENCHMARKS.md. */

/** What was slow in ours, why, and what was done about it. */
export const removedCosts = [
	"**Large files: garbage collection of n8n's whole heap.** Each piece of a file is read into memory of its own outside V8's heap, and V8 collects the whole heap (200 MB in n8n) whenever 64 MiB of such memory have come together. That was 480 ms of the main thread and 800 ms of helper threads for 256 MiB, against 240 ms and 100 ms in bare Node.js. Now each piece is copied into one of eight buffers that are used in turn, and its own memory is freed at once: 280 ms and 30 ms. The HTTP Request node still pays it.",
	'**Small files: room for a large one.** The file was read with a buffer of 1 MiB whatever its size, twice (the second finds the end). Of 32 files that made 64 MiB, and a garbage collection as above. The buffer is now no larger than the file.',
	'**Deliveries: an expression for each.** n8n evaluates an expression for every delivery of a webhook node of type version 1, for which it sets up an isolate (a V8 instance for expressions) even where it is told to set them up only when they are needed. The trigger has type version 1.1, and what its description says of the answer n8n reads without an expression.',
	"**Deliveries: a credential for each.** n8n takes several milliseconds to hand out a credential. Secrets are now kept for a second, and read anew at once where a signature doesn't match.",
	'**Large files: redirects.** The library that follows redirects keeps the whole body to be able to send it again. Ours follows none, which is safer as well, as the token stays with the service.',
];

/** Why a target is missed, by the beginning of the measurement's id. */
const reasons: Record<string, string> = {
	deliveries:
		"Measured before the trigger had type version 1.1, which takes away an expression for each delivery, and before secrets were kept for a second. Where n8n is left to its defaults, it sets up an isolate (a V8 instance of its own to evaluate expressions in) before a trigger sees a delivery, used or not, and another one for the run; its own Webhook node alone is spared the first, as n8n asks for that node's type. The rest is what the others don't do: n8n decrypts the credential once a second, and stores which deliveries were accepted. An administrator can turn the first one off for all triggers: `N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE=true`, see docs/scaling.md.",
	'many-files':
		"n8n's main thread is the limit, not the latency: it is busy for 5 to 7 ms with each upload, which the four uploads under way wait for. Our package has 3 % of that. The rest is n8n's own work for each request: decrypting the credential and evaluating its expressions in an isolate, building an OAuth2 client, a new connection. The HTTP Request node has the same cost, but sends all 500 files at once, however many the service may be able to take.",
};

export function whyMissed(id: string): string {
	const reason = Object.entries(reasons).find(([beginning]) => id.startsWith(beginning))?.[1];
	return reason ?? 'The reason has yet to be found; the profile shows where the time goes.';
}
