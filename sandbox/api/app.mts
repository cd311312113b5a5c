import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import formbody from '@fastify/formbody';
import multipart from '@fastify/multipart';
import fastify, { type FastifyError, type FastifyInstance } from 'fastify';

import type { Audit } from '../audit.mts';
import type { Clock } from '../clock.mts';
import {
	faultAfter,
	faultBefore,
	type FaultRule,
	type Faults,
	type Operation,
} from '../faults.mts';
import type { ClientRegistration, Settings } from '../options.mts';
import type { Stats } from '../stats.mts';
import type { Store } from '../store/store.mts';
import type { WebhookStore } from '../store/webhookStore.mts';
import type { Webhooks } from '../webhooks/webhooks.mts';
import { registerGetControl } from './controls.mts';
import { registerListEngagements } from './engagements.mts';
import { registerSubmitEvidence } from './evidence.mts';
import { registerTokenEndpoint, requireScope, type Authorization, type Scope } from './oauth.mts';
import { ApiProblem } from './problem.mts';
import { rateLimitHeaders, type RateLimiter } from './rateLimit.mts';

declare module 'fastify' {
	interface FastifyContextConfig {
		operation?: Operation;
		/** The scope a token must have; none is needed where it's left out. */
		scope?: Scope;
	}
	interface FastifyRequest {
		client: ClientRegistration;
		fault: FaultRule | undefined;
	}
}

export interface Service {
	store: Store;
	clock: Clock;
	settings: Settings;
	authorization: Authorization;
	limiter: RateLimiter;
	faults: Faults;
	stats: Stats;
	audit: Audit;
	webhooks: Webhooks;
	webhookStore: WebhookStore;
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'];
const LONGEST_ID = 300;

/** The API page as a server. What goes for every request is here; each endpoint is a file. */
export async function buildApi(service: Service): Promise<FastifyInstance> {
	const { clock, settings, stats, faults, limiter, authorization } = service;
	const app = fastify({
		exposeHeadRoutes: false,
		forceCloseConnections: true,
		genReqId: () => `req_${randomUUID()}`,
		routerOptions: { maxParamLength: LONGEST_ID },
	});
	await app.register(formbody);
	await app.register(multipart, {
		limits: { fileSize: Infinity, files: 10, fields: 20, fieldSize: 1024 * 1024 },
		// Browsers and the WHATWG send names as UTF-8; a path in one is part of the name.
		...{ defParamCharset: 'utf8', preservePath: true },
	});
	app.decorateRequest('fault', undefined);
	/** Bytes of earlier requests on a connection: Node.js reads on before a request is announced. */
	const counted = new WeakMap<Socket, number>();

	app.addHook('onRequest', async (request, reply) => {
		const { operation, scope } = request.routeOptions.config;
		const { socket } = request.raw;
		stats.begin(clock.now());
		reply.raw.once('close', () => {
			const status = reply.raw.writableFinished ? reply.raw.statusCode : null;
			stats.end(operation ?? 'other', status, socket.bytesRead - (counted.get(socket) ?? 0));
			counted.set(socket, socket.bytesRead);
		});
		reply.headers({
			date: new Date(clock.now()).toUTCString(),
			'x-request-id': request.id,
			...rateLimitHeaders(limiter.bucketOf('anonymous')),
		});
		if (settings.latencyMs > 0) await delay(settings.latencyMs);
		if (scope) {
			const { client, scopes } = authorization.authenticate(request.headers.authorization);
			request.client = client;
			const bucket = limiter.bucketOf(client.clientId);
			const accepted = bucket?.take() ?? true;
			reply.headers(rateLimitHeaders(bucket));
			if (!accepted) {
				stats.refused();
				const wait = Math.ceil((bucket!.resetAt - clock.now()) / 1_000);
				throw new ApiProblem(
					429,
					`The limit of ${bucket!.perMinute} requests a minute is used up`,
					{
						headers: settings.retryAfter ? { 'retry-after': String(Math.max(1, wait)) } : {},
					},
				);
			}
			requireScope(scopes, scope);
		}
		request.fault = operation && faults.pick(operation);
	});
	app.addHook('preHandler', faultBefore);
	app.addHook('onSend', async (request, reply, payload) => faultAfter(request, reply, payload));

	app.setErrorHandler(async (error: FastifyError | ApiProblem, request, reply) => {
		const problem = error instanceof ApiProblem ? error : problemOfFastify(error);
		return await reply
			.code(problem.status)
			.headers(problem.headers)
			.type('application/problem+json')
			.send(JSON.stringify(problem.body(instanceOf(request.url))));
	});
	app.setNotFoundHandler((request) => {
		throw new ApiProblem(404, `There is nothing at ${instanceOf(request.url)}`);
	});

	registerTokenEndpoint(app, authorization);
	registerListEngagements(app, service.store, settings);
	registerSubmitEvidence(app, service);
	registerGetControl(app, service.store, settings);
	refuseOtherMethods(app, '/oauth/token', 'POST');
	refuseOtherMethods(app, '/v1/engagements', 'GET');
	refuseOtherMethods(app, '/v1/engagements/:engagementId/evidence', 'POST');
	refuseOtherMethods(app, '/v1/engagements/:engagementId/controls/:controlId', 'GET');
	return app;
}

/** The path within the API's version, as on the API page. */
function instanceOf(url: string): string {
	return url.replace(/\?.*$/, '').replace(/^\/v1(?=\/)/, '');
}

function problemOfFastify(error: FastifyError): ApiProblem {
	const status = error.statusCode ?? 500;
	if (status === 413) return new ApiProblem(413, 'The request is too large');
	if (status >= 400 && status < 500) return new ApiProblem(400, error.message);
	return new ApiProblem(500, 'Something went wrong on our side');
}

function refuseOtherMethods(app: FastifyInstance, url: string, allowed: string): void {
	app.route({
		method: METHODS.filter((method) => method !== allowed),
		url,
		handler: async (request) => {
			throw new ApiProblem(405, `${request.method} is not possible here`, {
				headers: { allow: allowed },
			});
		},
	});
}
