import { randomUUID } from 'node:crypto';

import * as payloads from './payload.mts';
import type { WebhookEvent } from './webhook.mts';

const TITLE = 'Test event from the webhook settings';
const engagement_id = 'eng_xyz789';
const control_id = 'ctrl_abc123';

/** An event that nothing has happened for, to see whether deliveries arrive. Each has an id of its own. */
export function testEvent(event: WebhookEvent): payloads.Payload {
	const unique = `test_${randomUUID().slice(0, 8)}`;
	switch (event) {
		case 'evidence.submitted':
			return payloads.evidenceSubmitted({
				id: `evd_${unique}`,
				engagement_id,
				control_id,
				file_name: 'test.txt',
				content_type: 'text/plain',
				size: 0,
				// Of no bytes.
				sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
				description: TITLE,
				submitted_by: 'settings',
				submitted_at: '',
			});
		case 'control.concluded':
			return payloads.controlConcluded({
				id: `ctrl_${unique}`,
				engagement_id,
				title: TITLE,
				testing_status: 'concluded',
				conclusion: 'effective',
			});
		case 'finding.raised':
			return payloads.findingRaised({
				id: `fnd_${unique}`,
				engagement_id,
				control_id,
				severity: 'significant',
				title: TITLE,
				raised_at: '',
			});
		case 'engagement.completed':
			return payloads.engagementCompleted({
				id: `eng_${unique}`,
				name: TITLE,
				framework: '',
				status: 'completed',
				period_start: '',
				period_end: '',
			});
	}
}
