/** A service that a workflow reports its events to, and the node that does so. */
import { setTimeout as delay } from 'node:timers/promises';
import Fastify from 'fastify';
import type { INode } from 'n8n-workflow';

export interface EventCounter {
	/** The finding ids in the order in which they arrived. */
	received: string[];
	/** How long it takes to answer, in milliseconds; 0 unless set. */
	answersAfterMs: number;
	/** Has it answer nothing until what this returns is called. */
	hold(): () => void;
	/** How many of the next are answered with 500. */
	failures: number;
	/** The node that reports the finding of its input. */
	node: INode;
	close(): Promise<void>;
}

/** Starts it on loopback. */
export async function startEventCounter(): Promise<EventCounter> {
	const app = Fastify({ forceCloseConnections: true });
	const received: string[] = [];
	let held: Promise<void> | undefined;
	app.post<{ Params: { id: string } }>('/findings/:id', async ({ params }, reply) => {
		received.push(params.id);
		const fails = counter.failures > 0;
		if (fails) counter.failures--;
		await delay(counter.answersAfterMs);
		await held;
		return await reply.code(fails ? 500 : 200).send({});
	});
	const origin = await app.listen({ host: '127.0.0.1', port: 0 });
	const counter: EventCounter = {
		received,
		answersAfterMs: 0,
		failures: 0,
		hold() {
			const { promise, resolve } = Promise.withResolvers<void>();
			held = promise;
			return resolve;
		},
		node: {
			id: 'report',
			name: 'Report',
			type: 'n8n-nodes-base.httpRequest',
			typeVersion: 4.2,
			position: [200, 0],
			parameters: {
				method: 'POST',
				url: `=${origin}/findings/{{ $json.data.finding_id }}`,
				options: {},
			},
		},
		close: async () => await app.close(),
	};
	return counter;
}
