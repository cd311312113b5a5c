import type { AddressInfo } from 'node:net';

import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';

/** A server in AUDITDEX's place that answers as a test says; it gives a token to everyone. */
export interface Service {
	baseUrl: string;
	/** What was asked for, token requests left out: method, path and query. */
	requests: string[];
	close(): Promise<void>;
}

/** The token that it gives, never to be shown. */
export const SERVICE_TOKEN = 'the-token-that-the-service-of-a-test-gave';

type Answer = (request: FastifyRequest, reply: FastifyReply) => unknown;

export interface ServiceOptions {
	/** Instead of giving the token. */
	token?: Answer;
	/** Serves https with this. */
	tls?: { key: string; cert: string };
}

export async function startService(
	answer: Answer,
	{ token, tls }: ServiceOptions = {},
): Promise<Service> {
	const app = Fastify({
		forceCloseConnections: true,
		// Without it, connections that a client drops during the handshake would be logged.
		...(tls && { https: tls }),
	});
	app.removeAllContentTypeParsers();
	app.addContentTypeParser('*', (_request, _payload, done) => done(null));
	const requests: string[] = [];
	app.post(
		'/oauth/token',
		token ??
			(async (request) => {
				request.raw.resume();
				return { access_token: SERVICE_TOKEN, token_type: 'Bearer', expires_in: 3600 };
			}),
	);
	app.all('*', async (request, reply) => {
		requests.push(`${request.method} ${request.url}`);
		return await answer(request, reply);
	});
	await app.listen({ host: '127.0.0.1', port: 0 });
	const { port } = app.server.address() as AddressInfo;
	return {
		baseUrl: `http${tls ? 's' : ''}://127.0.0.1:${port}/v1`,
		requests,
		close: async () => await app.close(),
	};
}

/** Answers with problem details, and with more members or headers than those named where given. */
export function problem(
	reply: FastifyReply,
	status: number,
	title: string,
	{
		headers = {},
		...members
	}: { headers?: Record<string, string>; [member: string]: unknown } = {},
): FastifyReply {
	reply.request.raw.resume();
	return reply
		.code(status)
		.type('application/problem+json')
		.headers(headers)
		.send(JSON.stringify({ type: 'about:blank', title, status, ...members }));
}
