import { randomUUID } from 'node:crypto';
import { METHODS } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import formbody from '@fastify/formbody';
import multipart from '@fastify/multipart';
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify';

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
import { malformedRequest } from './malformed.mts';
import { registerTokenEndpoint, requireScope, type Authorization, type Scope } from './oauth.mts';
import { ApiProblem, instanceOf, PROBLEM_TYPE } from './problem.mts';
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

/** Requests without a token that was given out share a limit of their own. */
const NOBODY = 'anonymous';
const LONGEST_ID = 300;

/** The API page as a server. What goes for every request is here; each endpoint is a file. */
export async function buildApi(service: Service): Promise<FastifyInstance> {
	const { clock, settings, stats, faults, limiter, authorization } = service;
	const requestId = () => `req_${randomUUID()}`;
	/** The headers of every response. */
	const standingHeaders = (id: string, client: string) => ({
		date: new Date(clock.now()).toUTCString(),
		'x-request-id': id,
		...rateLimitHeaders(limiter.bucketOf(client), settings.rateLimitHeaders),
	});
	const app = fastify({
		exposeHeadRoutes: false,
		forceCloseConnections: true,
		genReqId: requestId,
		routerOptions: { maxParamLength: LONGEST_ID },
		// Requests that don't get as far as the hooks below.
		clientErrorHandler: malformedRequest(() => standingHeaders(requestId(), NOBODY)),
		frameworkErrors: (error, request, reply) =>
			sendProblem(
				reply.headers(standingHeaders(request.id, NOBODY)),
				problemOfFastify(error),
				request.raw.url,
			),
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
		if (settings.latencyMs > 0) await delay(settings.latencyMs);
		// An expired token still tells whose limit it counts for.
		const sender = authorization.senderOf(request.headers.authorization);
		const countedFor = sender?.client.clientId ?? NOBODY;
		const bucket = limiter.bucketOf(countedFor);
		const accepted = bucket?.take() ?? true;
		reply.headers(standingHeaders(request.id, countedFor));
		if (!accepted) {
			stats.refused();
			const wait = Math.ceil((bucket!.resetAt - clock.now()) / 1_000);
			throw new ApiProblem(429, `The limit of ${bucket!.perMinute} requests a minute is used up`, {
				headers: settings.retryAfter ? { 'retry-after': String(Math.max(1, wait)) } : {},
			});
		}
		if (request.is404) {
			throw new ApiProblem(404, `There is nothing at ${instanceOf(request.url)}`);
		}
		if (scope) {
			request.client = authorization.accept(request.headers.authorization, sender);
			requireScope(sender!.scopes, scope);
		}
		request.fault = operation && faults.pick(operation);
	});
	app.addHook('preHandler', faultBefore);
	app.addHook('onSend', async (request, reply, payload) => faultAfter(request, reply, payload));

	app.setErrorHandler(async (error: FastifyError | ApiProblem, request, reply) => {
		const problem = error instanceof ApiProblem ? error : problemOfFastify(error);
		return await sendProblem(reply, problem, request.url);
	});

	registerTokenEndpoint(app, authorization);
	registerListEngagements(app, service.store, settings);
	registerSubmitEvidence(app, service);
	registerGetControl(app, service.store, settings);
	for (const method of METHODS) {
		if (!app.supportedMethods.includes(method)) app.addHttpMethod(method, { hasBody: true });
	}
	refuseOtherMethods(app, '/oauth/token', 'POST');
	refuseOtherMethods(app, '/v1/engagements', 'GET');
	refuseOtherMethods(app, '/v1/engagements/:engagementId/evidence', 'POST');
	refuseOtherMethods(app, '/v1/engagements/:engagementId/controls/:controlId', 'GET');
	return app;
}

function sendProblem(reply: FastifyReply, problem: ApiProblem, url = '/'): FastifyReply {
	return reply
		.code(problem.status)
		.headers(problem.headers)
		.type(PROBLEM_TYPE)
		.send(JSON.stringify(problem.body(instanceOf(url))));
}

function problemOfFastify(error: FastifyError): ApiProblem {
	const status = error.statusCode ?? 500;
	if (status === 413) return new ApiProblem(413, 'The request is too large');
	if (status >= 400 && status < 500) return new ApiProblem(400, error.message);
	return new ApiProblem(500, 'Something went wrong on our side');
}

function refuseOtherMethods(app: FastifyInstance, url: string, allowed: string): void {
	const refuse = async ({ method }: { method: string }): Promise<never> => {
		throw new ApiProblem(405, `${method} is not possible here`, { headers: { allow: allowed } });
	};
	app.route({
		method: METHODS.filter((method) => method !== allowed),
		url,
		// Whatever the body is, it isn't looked at.
		onRequest: refuse,
		handler: refuse,
	});
}
