/**
 * Sends webhook deliveries as fast as they are answered, a fixed number at a time: a process of its
 * own, so that its work isn't the measuring process's. Started by `rows/deliveries.mts`, which says
 * by IPC what to send (`Load`), gets 'ready' when all bodies are there, says 'go', and gets the
 * outcome (`LoadOutcome`).
 */
import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';

import { Agent, request } from 'undici';

export interface Load {
	url: string;
	secret: string;
	/** Deliveries, each unlike every other. */
	count: number;
	/** Bytes of a body. */
	bytes: number;
	concurrency: number;
}

export interface LoadOutcome {
	/** When the first left and when the last was answered, in epoch milliseconds. */
	startedAt: number;
	answeredAt: number;
	/** From sending to the 200, one a delivery. */
	latenciesMs: number[];
	/** Deliveries that got another answer than 200. */
	failed: number;
}

const send = process.send!.bind(process);
process.once('disconnect', () => process.exit());

const [{ url, secret, count, bytes, concurrency }] = (await once(process, 'message')) as [Load];
const deliveries = Array.from({ length: count }, () => deliveryOf(bytes));
send('ready');
await once(process, 'message');

const agent = new Agent({ connections: concurrency });
const latenciesMs: number[] = [];
let failed = 0;
const startedAt = Date.now();
async function worker(): Promise<void> {
	for (let next = deliveries.pop(); next; next = deliveries.pop()) {
		const sentAt = performance.now();
		const { statusCode, body } = await request(url, {
			method: 'POST',
			dispatcher: agent,
			...next,
		});
		await body.dump();
		latenciesMs.push(performance.now() - sentAt);
		if (statusCode !== 200) failed++;
	}
}
await Promise.all(Array.from({ length: concurrency }, worker));
send({ startedAt, answeredAt: Date.now(), latenciesMs, failed } satisfies LoadOutcome);
await agent.close();
process.disconnect();

/** A finding that was raised now, filled up to the length, and signed. */
function deliveryOf(length: number): { body: string; headers: Record<string, string> } {
	const event = {
		event: 'finding.raised',
		timestamp: new Date().toISOString(),
		data: {
			engagement_id: 'eng_xyz789',
			finding_id: `fnd_${randomUUID()}`,
			severity: 'significant',
			control_id: 'ctrl_abc123',
			title: '',
		},
	};
	event.data.title = 'x'.repeat(length - JSON.stringify(event).length);
	const body = JSON.stringify(event);
	const signature = createHmac('sha256', secret).update(body).digest('hex');
	return {
		body,
		headers: { 'content-type': 'application/json', 'x-auditdex-signature': signature },
	};
}
