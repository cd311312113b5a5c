import type { Control, Engagement, Evidence, Finding } from '../store/store.mts';
import type { WebhookEvent } from './webhook.mts';

/** An event in the form of the API page, "Webhooks". */
export interface Payload {
	event: WebhookEvent;
	timestamp: string;
	data: Record<string, unknown>;
}

/**
 * @param data named as on the API page
 * Receivers compare the timestamp with their own clock, so it's of the real time even where the
 * service's clock runs faster.
 */
function payload(event: WebhookEvent, data: Payload['data']): Payload {
	return { event, timestamp: `${new Date().toISOString().slice(0, 19)}Z`, data };
}

export const evidenceSubmitted = (evidence: Evidence): Payload =>
	payload('evidence.submitted', {
		engagement_id: evidence.engagement_id,
		evidence_id: evidence.id,
		control_id: evidence.control_id,
		file_name: evidence.file_name,
		sha256: evidence.sha256,
		description: evidence.description,
	});

export const controlConcluded = (control: Control): Payload =>
	payload('control.concluded', {
		engagement_id: control.engagement_id,
		control_id: control.id,
		conclusion: control.conclusion,
		title: control.title,
	});

export const findingRaised = (finding: Finding): Payload =>
	payload('finding.raised', {
		engagement_id: finding.engagement_id,
		finding_id: finding.id,
		severity: finding.severity,
		control_id: finding.control_id,
		title: finding.title,
	});

export const engagementCompleted = (engagement: Engagement): Payload =>
	payload('engagement.completed', { engagement_id: engagement.id, name: engagement.name });
