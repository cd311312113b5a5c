import type { FastifyInstance } from 'fastify';

import type { Service } from '../api/app.mts';
import {
	DELIVERY_STATES,
	ENCODINGS,
	EVERY_EVENT,
	PREFIXES,
	SIGNED_CONTENTS,
	WEBHOOK_EVENTS,
	type DeliveryState,
	type WebhookEvent,
} from '../webhooks/webhook.mts';
import type { NewWebhook, Rotation, WebhookChanges } from '../webhooks/webhooks.mts';
import { body, flag, listOf, noBody, oneOf, query, text, wholeNumber } from './schema.mts';

const NO_WEBHOOK = { message: 'There is no such webhook' };
const NO_DELIVERY = { message: 'There is no such delivery' };
const THREE_DAYS_S = 259_200;

const count = { type: 'string', pattern: '^\\d{1,9}$' };
const changeable = {
	url: text,
	events: listOf(oneOf([...WEBHOOK_EVENTS, EVERY_EVENT])),
	signature: {
		type: 'object',
		properties: {
			signedContent: oneOf(SIGNED_CONTENTS),
			header: text,
			encoding: oneOf(ENCODINGS),
			prefix: oneOf(PREFIXES),
		},
		additionalProperties: false,
	},
};

/** What the settings page does, for programs. */
export function webhookRoutes(app: FastifyInstance, { webhooks, webhookStore }: Service): void {
	app.get('/webhooks', async () => webhooks.list());

	app.post<{ Body: NewWebhook }>(
		'/webhooks',
		{ schema: body({ ...changeable, secret: text }, ['url']) },
		async (request, reply) => await reply.code(201).send(webhooks.add(request.body)),
	);

	app.patch<{ Params: { id: string }; Body: WebhookChanges }>(
		'/webhooks/:id',
		{ schema: body({ ...changeable, enabled: flag }, []) },
		async ({ params, body: changes }, reply) =>
			webhooks.change(params.id, changes) ?? (await reply.code(404).send(NO_WEBHOOK)),
	);

	app.post<{ Params: { id: string }; Body: Rotation }>(
		'/webhooks/:id/rotate',
		{ schema: body({ graceSeconds: wholeNumber(0, THREE_DAYS_S), secret: text }, []) },
		async ({ params, body: rotation }, reply) =>
			webhooks.rotateSecret(params.id, rotation) ?? (await reply.code(404).send(NO_WEBHOOK)),
	);

	app.post<{ Params: { id: string } }>(
		'/webhooks/:id/end-rotation',
		{ schema: noBody },
		async ({ params }, reply) =>
			webhooks.endRotation(params.id) ?? (await reply.code(404).send(NO_WEBHOOK)),
	);

	app.post<{ Params: { id: string }; Body: { event?: WebhookEvent } }>(
		'/webhooks/:id/test',
		{ schema: body({ event: oneOf(WEBHOOK_EVENTS) }, []) },
		async ({ params, body: { event } }, reply) => {
			const deliveryId = webhooks.sendTestEvent(params.id, event);
			return deliveryId === undefined
				? await reply.code(404).send(NO_WEBHOOK)
				: webhookStore.delivery(deliveryId);
		},
	);

	app.delete<{ Params: { id: string } }>('/webhooks/:id', async ({ params }, reply) =>
		webhooks.remove(params.id) ? { done: true } : await reply.code(404).send(NO_WEBHOOK),
	);

	app.get<{
		Querystring: { webhookId?: string; state?: DeliveryState; limit?: string; offset?: string };
	}>(
		'/deliveries',
		{
			schema: query({
				webhookId: text,
				state: oneOf(DELIVERY_STATES),
				limit: count,
				offset: count,
			}),
		},
		async ({ query: { webhookId, state, limit = '100', offset = '0' } }) =>
			webhookStore.deliveries({
				webhookId,
				state,
				limit: Number(limit),
				offset: Number(offset),
			}),
	);

	app.get<{ Querystring: { webhookId?: string } }>(
		'/deliveries/count',
		{ schema: query({ webhookId: text }) },
		async ({ query: { webhookId } }) => webhookStore.countDeliveries(webhookId),
	);

	app.get<{ Params: { id: string } }>(
		'/deliveries/:id',
		async ({ params }, reply) =>
			webhookStore.delivery(params.id) ?? (await reply.code(404).send(NO_DELIVERY)),
	);

	app.post<{ Params: { id: string } }>(
		'/deliveries/:id/redeliver',
		{ schema: noBody },
		async ({ params }, reply) =>
			webhooks.redeliver(params.id) ? { done: true } : await reply.code(404).send(NO_DELIVERY),
	);
}
