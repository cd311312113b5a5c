import type { AuditdexClient, RequestSettings } from '../api/client';
import { readEvidence, type EvidenceView } from './lookup';

/** By the client of a run, since each run has one of its own. */
const views = new WeakMap<AuditdexClient, Map<string, Promise<EvidenceView>>>();

/**
 * What a control shows of its evidence, asked for once a run, however many files of however many
 * items are looked up in it.
 * @throws AuditdexError when the control can't be read; for all of the run's files then
 */
export async function evidenceInRun(
	client: AuditdexClient,
	engagementId: string,
	controlId: string,
	settings: RequestSettings,
): Promise<EvidenceView> {
	const asked = views.get(client) ?? new Map<string, Promise<EvidenceView>>();
	views.set(client, asked);
	const key = `${engagementId}/${controlId}`;
	const view =
		asked.get(key) ??
		client.getControl(engagementId, controlId, settings).then(({ body }) => readEvidence(body));
	asked.set(key, view);
	return await view;
}
