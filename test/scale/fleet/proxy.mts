import { createHash } from 'node:crypto';

import httpProxy from '@fastify/http-proxy';
import fastify from 'fastify';

declare module 'fastify' {
	interface FastifyRequest {
		upstream: string;
	}
}

/** How a delivery finds its webhook processor. */
export type Routing =
	/** In turn, whatever it is. */
	| 'roundRobin'
	/** By its signature header, so that all copies of a delivery come to the same one. */
	| 'bySignature';

export interface Proxy {
	url: string;
	routing: Routing;
	/** Where the webhook processors listen that deliveries go to. */
	processors: string[];
	close(): Promise<void>;
}

/** Says in an answer which webhook processor gave it. */
export const PROCESSOR_HEADER = 'x-processor';

/**
 * What stands in front of n8n: production webhooks go to the webhook processors, all else to main.
 * Bytes pass through as they are.
 */
export async function startProxy(main: string, processors: string[]): Promise<Proxy> {
	const app = fastify({ forceCloseConnections: true, exposeHeadRoutes: false });
	let turn = 0;
	const proxy: Proxy = {
		url: '',
		routing: 'roundRobin',
		processors,
		close: async () => await app.close(),
	};
	const processorFor = (signature: unknown): string => {
		const number =
			proxy.routing === 'bySignature' && typeof signature === 'string'
				? createHash('sha256').update(signature).digest().readUInt32BE()
				: turn++;
		return proxy.processors[number % proxy.processors.length]!;
	};
	app.decorateRequest('upstream', '');
	await app.register(httpProxy, {
		upstream: '',
		preHandler: (request, reply, done) => {
			const isDelivery = request.url.startsWith('/webhook/');
			request.upstream = isDelivery ? processorFor(request.headers['x-auditdex-signature']) : main;
			if (isDelivery) reply.header(PROCESSOR_HEADER, request.upstream);
			done();
		},
		undici: { connections: 100, headersTimeout: 0, bodyTimeout: 0 },
		replyOptions: { getUpstream: ({ upstream }) => upstream },
	});
	proxy.url = await app.listen({ host: '127.0.0.1', port: 0 });
	return proxy;
}
