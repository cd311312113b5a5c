import type { FastifyInstance } from 'fastify';

import type { Service } from '../api/app.mts';
import { newControl, newEngagement, seed } from '../store/seed.mts';
import { body, id, text, wholeNumber } from './schema.mts';

const NO_CONTROL = { message: 'There is no such control' };
const NO_ENGAGEMENT = { message: 'There is no such engagement' };
const EXISTS = { message: 'There is one with this id' };

/** What auditors do in the service: engagements, controls, conclusions, findings; and what's stored. */
export function auditRoutes(app: FastifyInstance, { store, audit }: Service): void {
	app.post<{ Body: { count: number } }>(
		'/engagements/seed',
		{ schema: body({ count: wholeNumber(0, 1_000_000) }) },
		async (request) => {
			seed(store, request.body.count);
			return { done: true };
		},
	);

	app.post<{ Body: { id: string; name: string; framework?: string } }>(
		'/engagements',
		{ schema: body({ id, name: text, framework: text }, ['id', 'name']) },
		async (request, reply) => {
			if (store.engagement(request.body.id)) return await reply.code(409).send(EXISTS);
			const engagement = newEngagement(request.body);
			store.put('engagements', engagement);
			return await reply.code(201).send(engagement);
		},
	);

	app.post<{ Body: { engagementId: string } }>(
		'/engagements/complete',
		{ schema: body({ engagementId: id }) },
		async (request, reply) => {
			const engagement = store.engagement(request.body.engagementId);
			if (!engagement) return await reply.code(404).send(NO_ENGAGEMENT);
			return audit.completeEngagement(engagement);
		},
	);

	app.post<{ Body: { engagementId: string; id: string; title: string } }>(
		'/controls',
		{ schema: body({ engagementId: id, id, title: text }) },
		async (request, reply) => {
			const { engagementId, ...control } = request.body;
			if (!store.engagement(engagementId)) return await reply.code(404).send(NO_ENGAGEMENT);
			if (store.control(engagementId, control.id)) return await reply.code(409).send(EXISTS);
			const added = newControl(engagementId, control);
			store.put('controls', added);
			return await reply.code(201).send(added);
		},
	);

	app.post<{ Body: { engagementId: string; controlId: string; conclusion: string } }>(
		'/controls/conclude',
		{ schema: body({ engagementId: id, controlId: id, conclusion: text }) },
		async (request, reply) => {
			const { engagementId, controlId, conclusion } = request.body;
			const control = store.control(engagementId, controlId);
			if (!control) return await reply.code(404).send(NO_CONTROL);
			return audit.concludeControl(control, conclusion);
		},
	);

	app.post<{
		Body: { engagementId: string; controlId: string; severity?: string; title?: string };
	}>(
		'/findings',
		{
			schema: body({ engagementId: id, controlId: id, severity: text, title: text }, [
				'engagementId',
				'controlId',
			]),
		},
		async (request, reply) => {
			const {
				engagementId,
				controlId,
				severity = 'significant',
				title = 'Privileged access review not completed within SLA',
			} = request.body;
			const control = store.control(engagementId, controlId);
			if (!control) return await reply.code(404).send(NO_CONTROL);
			return audit.raiseFinding(control, { severity, title });
		},
	);

	app.get('/evidence', async () => store.allEvidence());
}
