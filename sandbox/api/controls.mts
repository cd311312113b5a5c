import type { FastifyInstance } from 'fastify';

import type { Settings } from '../options.mts';
import type { Store } from '../store/store.mts';
import { visibleEngagement } from './engagements.mts';
import { presentLinkedEvidence } from './linkedEvidence.mts';
import { ApiProblem } from './problem.mts';
import { refuseQuery } from './strictness.mts';

/** `GET /engagements/{engagement_id}/controls/{control_id}` */
export function registerGetControl(app: FastifyInstance, store: Store, settings: Settings): void {
	app.get<{ Params: { engagementId: string; controlId: string } }>(
		'/v1/engagements/:engagementId/controls/:controlId',
		{ config: { operation: 'getControl', scope: 'controls:read' }, onRequest: refuseQuery },
		async (request) => {
			const { engagementId, controlId } = request.params;
			const engagement = visibleEngagement(store, request.client, engagementId);
			const control = store.control(engagement.id, controlId);
			if (!control) {
				throw new ApiProblem(404, `Control ${controlId} not found in engagement ${engagement.id}`);
			}
			return {
				...control,
				findings: store.findings(engagement.id, controlId),
				...presentLinkedEvidence(store.evidence(engagement.id, controlId), settings),
			};
		},
	);
}
