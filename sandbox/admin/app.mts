import fastify, { type FastifyInstance } from 'fastify';

import type { Service } from '../api/app.mts';
import { InvalidWebhook } from '../webhooks/invalidWebhook.mts';
import { descriptionPages } from '../openapi/app.mts';
import { settingsPages } from '../settings/app.mts';
import { auditRoutes } from './auditRoutes.mts';
import { refuseOtherHosts } from './loopback.mts';
import { serviceRoutes } from './serviceRoutes.mts';
import { webhookRoutes } from './webhookRoutes.mts';

/**
 * What tests, the demo and benchmarks do to the service from outside the API, its settings page, and
 * its description; see README. Unknown fields and values are refused with 400.
 */
export async function buildAdmin(
	service: Service,
	apiOrigin: () => string,
): Promise<FastifyInstance> {
	const app = fastify({
		forceCloseConnections: true,
		// Tests start dozens of sandboxes at once, and each takes its time then.
		pluginTimeout: 0,
		ajv: { customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: false } },
	});
	refuseOtherHosts(app);
	app.removeContentTypeParser('text/plain');
	await app.register(async (api) => {
		api.setErrorHandler<Error & { statusCode?: number }>(async (error, _request, reply) => {
			return await reply.code(error.statusCode ?? 500).send({
				message: error.message,
				...(error instanceof InvalidWebhook && { field: error.field }),
			});
		});
		serviceRoutes(api, service);
		auditRoutes(api, service);
		webhookRoutes(api, service);
	});
	await app.register(async (pages) => await settingsPages(pages, service));
	await app.register(async (pages) => await descriptionPages(pages, apiOrigin));
	return app;
}
