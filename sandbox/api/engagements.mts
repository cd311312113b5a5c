import type { FastifyInstance, FastifyRequest } from 'fastify';

import type { ClientRegistration, Settings } from '../options.mts';
import type { Engagement, Store } from '../store/store.mts';
import { pageOf } from './pagination.mts';
import { ApiProblem } from './problem.mts';

/**
 * The engagement, if the client may see it.
 * @throws ApiProblem 404 that doesn't tell which of the two it is, as on the API page
 */
export function visibleEngagement(
	store: Store,
	client: ClientRegistration,
	id: string,
): Engagement {
	const visible = !client.engagements || client.engagements.includes(id);
	const engagement = visible ? store.engagement(id) : undefined;
	if (!engagement) throw new ApiProblem(404, `Engagement ${id} not found or access denied`);
	return engagement;
}

/** `GET /engagements` */
export function registerListEngagements(
	app: FastifyInstance,
	store: Store,
	settings: Settings,
): void {
	app.get(
		'/v1/engagements',
		{ config: { operation: 'listEngagements', scope: 'reports:read' } },
		async (request: FastifyRequest, reply) => {
			const visible = request.client.engagements;
			const page = pageOf(
				{
					...settings,
					url: `http://${request.host}/v1/engagements`,
					count: store.countEngagements(visible),
					slice: (offset, limit) => store.engagements(visible, offset, limit),
				},
				request.query as Record<string, unknown>,
			);
			return reply.headers(page.headers).send(page.body);
		},
	);
}
