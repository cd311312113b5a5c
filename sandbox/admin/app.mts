import fastify, { type FastifyInstance } from 'fastify';

import type { Service } from '../api/app.mts';
import type { Plan } from '../api/rateLimit.mts';
import type { FaultRule } from '../faults.mts';
import { seed } from '../store/seed.mts';
import type { Finding } from '../store/store.mts';
import { randomUUID } from 'node:crypto';

/** What tests, the demo and benchmarks do to the service from outside the API; see README. */
export function buildAdmin(service: Service): FastifyInstance {
	const { store, limiter, faults, stats, settings, clock } = service;
	const app = fastify({ forceCloseConnections: true });
	const done = { done: true };

	app.post('/tokens/expire', async () => {
		store.forgetTokens();
		return done;
	});
	app.put<{ Body: { plan: Plan } }>('/plan', async ({ body }) => {
		limiter.plan = body.plan;
		return done;
	});
	app.put<{ Body: { ms: number } }>('/latency', async ({ body }) => {
		settings.latencyMs = body.ms;
		return done;
	});
	app.post<{ Body: FaultRule }>('/faults', async ({ body }) => {
		faults.add(body);
		return done;
	});
	app.delete('/faults', async () => {
		faults.clear();
		return done;
	});
	app.post<{ Body: { count: number } }>('/engagements/seed', async ({ body }) => {
		seed(store, body.count);
		return done;
	});
	app.get('/stats', async () => stats.snapshot());
	app.delete('/stats', async () => {
		stats.reset();
		return done;
	});
	app.get('/evidence', async () => store.allEvidence());
	app.post<{ Body: { engagementId: string; controlId: string; conclusion: string } }>(
		'/controls/conclude',
		async ({ body }, reply) => {
			const control = store.control(body.engagementId, body.controlId);
			if (!control) return await reply.code(404).send({ message: 'no such control' });
			const concluded = { ...control, testing_status: 'concluded', conclusion: body.conclusion };
			store.put('controls', concluded);
			return concluded;
		},
	);
	app.post<{
		Body: { engagementId: string; controlId: string; severity?: string; title?: string };
	}>('/findings', async ({ body }, reply) => {
		if (!store.control(body.engagementId, body.controlId)) {
			return await reply.code(404).send({ message: 'no such control' });
		}
		const finding: Finding = {
			id: `fnd_${randomUUID().slice(0, 8)}`,
			engagement_id: body.engagementId,
			control_id: body.controlId,
			severity: body.severity ?? 'significant',
			title: body.title ?? 'Privileged access review not completed within SLA',
			raised_at: clock.timestamp(),
		};
		store.put('findings', finding);
		return finding;
	});
	app.post<{ Body: { engagementId: string } }>('/engagements/complete', async ({ body }, reply) => {
		const engagement = store.engagement(body.engagementId);
		if (!engagement) return await reply.code(404).send({ message: 'no such engagement' });
		const completed = { ...engagement, status: 'completed' };
		store.put('engagements', completed);
		return completed;
	});
	return app;
}
