import type { FastifyInstance } from 'fastify';

import type { Service } from '../api/app.mts';
import {
	LARGEST_PAGE,
	LIST_FAULTS,
	LIST_KEYS,
	NAME_CASES,
	PAGINATION_STYLES,
	type ListShape,
} from '../api/pagination.mts';
import { SCOPES } from '../api/oauth.mts';
import { PLANS, type Plan } from '../api/rateLimit.mts';
import { FAULT_KINDS, OPERATIONS, type FaultRule } from '../faults.mts';
import { EVIDENCE_VIEWS, type ClientRegistration, type EvidenceView } from '../options.mts';
import { body, flag, id, listOf, noBody, oneOf, text, wholeNumber } from './schema.mts';

const TEN_MINUTES_MS = 600_000;
const TEN_YEARS_SECONDS = 315_360_000;
const done = { done: true };

/** Clients and tokens, the plan, faults and counts. */
export function serviceRoutes(app: FastifyInstance, service: Service): void {
	const { store, clock, authorization, limiter, faults, stats, settings } = service;

	app.post('/tokens/expire', { schema: noBody }, async () => {
		store.expireTokens();
		return done;
	});

	app.post<{ Body: Partial<ClientRegistration> & { clientId: string } }>(
		'/clients',
		{
			schema: body(
				{
					clientId: id,
					clientSecret: text,
					scopes: listOf(oneOf(SCOPES)),
					engagements: listOf(id),
				},
				['clientId'],
			),
		},
		async (request, reply) => {
			const client = authorization.register(request.body);
			if (client) return await reply.code(201).send(client);
			return await reply.code(409).send({ message: 'There is a client with this id' });
		},
	);

	app.put<{ Body: { plan: Plan } }>(
		'/plan',
		{ schema: body({ plan: oneOf(Object.keys(PLANS)) }) },
		async (request) => {
			limiter.plan = request.body.plan;
			return done;
		},
	);

	app.put<{ Body: { ms: number } }>(
		'/latency',
		{ schema: body({ ms: wholeNumber(0, TEN_MINUTES_MS) }) },
		async (request) => {
			settings.latencyMs = request.body.ms;
			return done;
		},
	);

	const shape = {
		pagination: oneOf(PAGINATION_STYLES),
		listKey: oneOf(LIST_KEYS),
		pageSize: wholeNumber(1, LARGEST_PAGE),
		nameCase: oneOf(NAME_CASES),
		textNumbers: flag,
		emptyPages: flag,
		listFault: oneOf(LIST_FAULTS),
	};
	app.put<{ Body: Partial<ListShape> }>(
		'/pagination',
		{ schema: body(shape, []) },
		async (request) => {
			Object.assign(settings, request.body);
			return done;
		},
	);

	app.put<{ Body: { view: EvidenceView } }>(
		'/evidence-view',
		{ schema: body({ view: oneOf(EVIDENCE_VIEWS) }) },
		async (request) => {
			settings.evidenceView = request.body.view;
			return done;
		},
	);

	app.post<{ Body: { seconds: number } }>(
		'/clock/advance',
		{ schema: body({ seconds: wholeNumber(1, TEN_YEARS_SECONDS) }) },
		async (request) => {
			clock.advance(request.body.seconds * 1_000);
			return done;
		},
	);

	const rule = {
		kind: oneOf(FAULT_KINDS),
		operation: oneOf(OPERATIONS),
		times: wholeNumber(1, 1_000_000),
		probability: { type: 'number', minimum: 0, maximum: 1 },
		seed: wholeNumber(0, 2 ** 32 - 1),
		delayMs: wholeNumber(0, TEN_MINUTES_MS),
	};
	app.post<{ Body: FaultRule }>('/faults', { schema: body(rule, ['kind']) }, async (request) => {
		faults.add(request.body);
		return done;
	});
	app.delete('/faults', async () => {
		faults.clear();
		return done;
	});

	app.get('/stats', async () => stats.snapshot());
	app.delete('/stats', async () => {
		stats.reset();
		return done;
	});
}
