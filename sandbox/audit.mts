import { randomUUID } from 'node:crypto';

import type { Clock } from './clock.mts';
import type { Control, Engagement, Evidence, Finding, Store } from './store/store.mts';
import {
	controlConcluded,
	engagementCompleted,
	evidenceSubmitted,
	findingRaised,
	type Payload,
} from './webhooks/payload.mts';
import type { Webhooks } from './webhooks/webhooks.mts';

/** What happens in an audit. Each step is stored together with its event, which then goes out. */
export class Audit {
	private readonly store: Store;

	private readonly webhooks: Webhooks;

	private readonly clock: Clock;

	constructor(store: Store, webhooks: Webhooks, clock: Clock) {
		this.store = store;
		this.webhooks = webhooks;
		this.clock = clock;
	}

	submitEvidence(evidence: Evidence): void {
		this.happen(() => this.store.addEvidence(evidence), evidenceSubmitted(evidence));
	}

	concludeControl(control: Control, conclusion: string): Control {
		const concluded = { ...control, testing_status: 'concluded', conclusion };
		this.happen(() => this.store.put('controls', concluded), controlConcluded(concluded));
		return concluded;
	}

	raiseFinding(
		control: Control,
		{ severity, title }: { severity: string; title: string },
	): Finding {
		const finding: Finding = {
			id: `fnd_${randomUUID().replaceAll('-', '').slice(0, 12)}`,
			engagement_id: control.engagement_id,
			control_id: control.id,
			severity,
			title,
			raised_at: this.clock.timestamp(),
		};
		this.happen(() => this.store.put('findings', finding), findingRaised(finding));
		return finding;
	}

	completeEngagement(engagement: Engagement): Engagement {
		const completed = { ...engagement, status: 'completed' };
		this.happen(() => this.store.put('engagements', completed), engagementCompleted(completed));
		return completed;
	}

	private happen(store: () => void, event: Payload): void {
		this.store.transaction(() => {
			store();
			this.webhooks.note(event);
		});
		this.webhooks.deliver();
	}
}
