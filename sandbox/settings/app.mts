import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import formbody from '@fastify/formbody';
import type { FastifyInstance, FastifyReply } from 'fastify';

import type { Service } from '../api/app.mts';
import { InvalidWebhook } from '../webhooks/invalidWebhook.mts';
import type { Webhook } from '../webhooks/webhook.mts';
import { readEvent, readGrace, readWebhookForm, type Form } from './forms.mts';
import { SETTINGS_PATH, STYLE_PATH } from './paths.mts';
import { protectPages, refuseOtherSites } from './protection.mts';
import { ShownOnce } from './shownOnce.mts';
import { deliveryPage } from './views/deliveryPage.mts';
import { listPage } from './views/listPage.mts';
import { messagePage } from './views/messagePage.mts';
import { webhookPage } from './views/webhookPage.mts';

const DELIVERIES_A_PAGE = 20;

interface OfWebhook {
	Params: { id: string };
	Body: Form;
	Querystring: { shown?: string; offset?: string };
}

/**
 * The page Settings → Integrations → Webhooks: plain HTML without scripts. Each form leads to a page
 * that can be reloaded, and only forms of this site are taken.
 */
export async function settingsPages(
	app: FastifyInstance,
	{ webhooks, webhookStore }: Service,
): Promise<void> {
	const style = await readFile(join(import.meta.dirname, 'style.css'));
	const newSecrets = new ShownOnce();
	await app.register(formbody);
	protectPages(app);
	refuseOtherSites(app);

	const page = async (reply: FastifyReply, html: string, status = 200) =>
		await reply.code(status).type('text/html; charset=utf-8').send(html);
	const gone = async (reply: FastifyReply) =>
		await page(reply, messagePage('Not found', 'There is no such webhook or delivery.'), 404);
	const to = async (reply: FastifyReply, path: string) => await reply.redirect(path, 303);
	const urlOf = ({ id }: { id: string }) => `${SETTINGS_PATH}/${id}`;
	/** Leads to the webhook's page, which shows its secret this one time. */
	const toSecret = async (reply: FastifyReply, { id, secret }: { id: string; secret: string }) =>
		await to(reply, `${urlOf({ id })}?shown=${newSecrets.keep(secret)}`);
	/** Lists the webhooks; with a form that couldn't be saved, that form again and what is wrong in it. */
	const sendList = async (reply: FastifyReply, form?: Form, invalid?: InvalidWebhook) => {
		const rows = webhooks
			.list()
			.map((webhook) => ({ webhook, counts: webhookStore.countDeliveries(webhook.id) }));
		return await page(reply, listPage({ rows, form, invalid }), invalid ? 400 : 200);
	};
	const sendWebhook = async (
		reply: FastifyReply,
		webhook: Webhook,
		{ secret, offset = 0, form, invalid }: Partial<Parameters<typeof webhookPage>[0]> = {},
	) => {
		const found = webhookStore.deliveries({
			webhookId: webhook.id,
			limit: DELIVERIES_A_PAGE + 1,
			offset,
		});
		const html = webhookPage({
			webhook,
			secret,
			form,
			invalid,
			deliveries: found.slice(0, DELIVERIES_A_PAGE),
			counts: webhookStore.countDeliveries(webhook.id),
			offset,
			olderOffset: found.length > DELIVERIES_A_PAGE ? offset + DELIVERIES_A_PAGE : undefined,
		});
		return await page(reply, html, invalid ? 400 : 200);
	};

	app.setErrorHandler<Error & { statusCode?: number }>(async (error, _request, reply) => {
		const status = error.statusCode ?? 500;
		const message = status < 500 ? error.message : 'Something went wrong on our side.';
		return await page(reply, messagePage('That did not work', message), status);
	});

	app.get('/', async (_request, reply) => await to(reply, SETTINGS_PATH));
	app.get(STYLE_PATH, async (_request, reply) => await reply.type('text/css').send(style));

	app.get(SETTINGS_PATH, async (_request, reply) => await sendList(reply));

	app.post<{ Body: Form }>(SETTINGS_PATH, async ({ body }, reply) => {
		try {
			return await toSecret(reply, webhooks.add(readWebhookForm(body)));
		} catch (error) {
			if (!(error instanceof InvalidWebhook)) throw error;
			return await sendList(reply, body, error);
		}
	});

	app.get<OfWebhook>(`${SETTINGS_PATH}/:id`, async ({ params, query }, reply) => {
		const webhook = webhooks.get(params.id);
		if (!webhook) return await gone(reply);
		const offset = /^\d{1,9}$/.test(query.offset ?? '') ? Number(query.offset) : 0;
		return await sendWebhook(reply, webhook, { secret: newSecrets.take(query.shown), offset });
	});

	app.post<OfWebhook>(`${SETTINGS_PATH}/:id`, async ({ params, body }, reply) => {
		const webhook = webhooks.get(params.id);
		if (!webhook) return await gone(reply);
		try {
			webhooks.change(webhook.id, readWebhookForm(body));
			return await to(reply, urlOf(webhook));
		} catch (error) {
			if (!(error instanceof InvalidWebhook)) throw error;
			return await sendWebhook(reply, webhook, { form: body, invalid: error });
		}
	});

	app.post<OfWebhook>(`${SETTINGS_PATH}/:id/rotate`, async ({ params, body }, reply) => {
		const rotated = webhooks.rotateSecret(params.id, { graceSeconds: readGrace(body) });
		return rotated ? await toSecret(reply, rotated) : await gone(reply);
	});

	app.post<OfWebhook>(`${SETTINGS_PATH}/:id/end-rotation`, async ({ params }, reply) => {
		const webhook = webhooks.endRotation(params.id);
		return webhook ? await to(reply, urlOf(webhook)) : await gone(reply);
	});

	for (const [action, enabled] of [
		['enable', true],
		['disable', false],
	] as const) {
		app.post<OfWebhook>(`${SETTINGS_PATH}/:id/${action}`, async ({ params }, reply) => {
			const webhook = webhooks.change(params.id, { enabled });
			return webhook ? await to(reply, urlOf(webhook)) : await gone(reply);
		});
	}

	app.post<OfWebhook>(`${SETTINGS_PATH}/:id/test`, async ({ params, body }, reply) => {
		const delivery = webhooks.sendTestEvent(params.id, readEvent(body));
		return delivery
			? await to(reply, `${urlOf(params)}/deliveries/${delivery}`)
			: await gone(reply);
	});

	app.post<OfWebhook>(`${SETTINGS_PATH}/:id/remove`, async ({ params }, reply) =>
		webhooks.remove(params.id) ? await to(reply, SETTINGS_PATH) : await gone(reply),
	);

	interface OfDelivery {
		Params: { id: string; deliveryId: string };
	}
	const find = ({ id, deliveryId }: OfDelivery['Params']) => {
		const webhook = webhooks.get(id);
		const delivery = webhookStore.delivery(deliveryId);
		return webhook && delivery?.webhookId === id ? { webhook, delivery } : undefined;
	};

	app.get<OfDelivery>(`${SETTINGS_PATH}/:id/deliveries/:deliveryId`, async ({ params }, reply) => {
		const found = find(params);
		return found ? await page(reply, deliveryPage(found)) : await gone(reply);
	});

	app.post<OfDelivery>(
		`${SETTINGS_PATH}/:id/deliveries/:deliveryId/redeliver`,
		async ({ params }, reply) => {
			const found = find(params);
			if (!found) return await gone(reply);
			webhooks.redeliver(found.delivery.id);
			return await to(reply, `${urlOf(found.webhook)}/deliveries/${found.delivery.id}`);
		},
	);
}
