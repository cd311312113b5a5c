import fastify, { type FastifyInstance } from 'fastify';

import type { Service } from '../api/app.mts';
import { InvalidWebhook } from '../webhooks/invalidWebhook.mts';
import { auditRoutes } from './auditRoutes.mts';
import { refuseOtherHosts } from './loopback.mts';
import { serviceRoutes } from './serviceRoutes.mts';
import { webhookRoutes } from './webhookRoutes.mts';

/**
 * What tests, the demo and benchmarks do to the service from outside the API, and its settings page;
 * see README. Unknown fields and values are refused with 400.
 */
export async function buildAdmin(service: Service): Promise<FastifyInstance> {
	const app = fastify({
		forceCloseConnections: true,
		ajv: { customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: false } },
	});
	refuseOtherHosts(app);
	await app.register(async (api) => {
		api.setErrorHandler<Error & { statusCode?: number }>(async (error, _request, reply) => {
			const invalid = error instanceof InvalidWebhook;
			const status = invalid ? 400 : (error.statusCode ?? 500);
			return await reply
				.code(status)
				.send({ message: error.message, ...(invalid && { field: error.field }) });
		});
		serviceRoutes(api, service);
		auditRoutes(api, service);
		webhookRoutes(api, service);
	});
	return app;
}
