import type { FastifyInstance } from 'fastify';

const LOOPBACK_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/**
 * Refuses requests that name another host than this computer. The listener is on loopback, but a web
 * page elsewhere could have its own name resolve to it (DNS rebinding).
 */
export function refuseOtherHosts(app: FastifyInstance): void {
	app.addHook('onRequest', async (request, reply) => {
		if (LOOPBACK_HOST.test(request.headers.host ?? '')) return;
		return await reply.code(403).send({ message: 'Only requests to this computer are accepted' });
	});
}
