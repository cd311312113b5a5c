import type { FastifyInstance } from 'fastify';

const LOOPBACK_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/**
 * Refuses what a web page elsewhere makes a browser on this computer send: the listener is on
 * loopback, but browsers reach it, under another name even (DNS rebinding).
 */
export function refuseOtherHosts(app: FastifyInstance): void {
	app.addHook('onRequest', async ({ headers: { host = '', origin } }, reply) => {
		if (LOOPBACK_HOST.test(host) && (origin === undefined || origin === `http://${host}`)) return;
		return await reply.code(403).send({ message: 'Only requests of this computer are accepted' });
	});
}
