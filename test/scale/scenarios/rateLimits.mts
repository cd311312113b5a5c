import assert from 'node:assert/strict';

import { FAILED } from '../recovery.mts';
import { deliver, inParallel } from '../sender.mts';
import { newCredential, newFinding, onFindingGetControl } from '../workflows.mts';
import type { Scenario } from './scenario.mts';

/** The plan allows 100 at once, and then one a second. */
const RUNS = 150;

export const rateLimits: Scenario = {
	name: 'Rate limits: workers that share a plan finish everything',
	async run(fleet) {
		const { admin } = fleet.sandbox;
		const { url, id } = await onFindingGetControl(fleet, await newCredential(fleet));
		const findings = Array.from({ length: RUNS }, newFinding);
		await admin.resetStats();
		await admin.setPlan('standard');
		const started = Date.now();
		try {
			await inParallel(findings, 10, async ({ delivery }) => await deliver(url, delivery));
			await fleet.reports.waitFor(
				findings.map((finding) => finding.id),
				300_000,
			);
		} finally {
			await admin.setPlan('unlimited');
		}
		const seconds = Math.round((Date.now() - started) / 1_000);
		const failed = await fleet.client.listAllExecutions({ workflowId: id, status: FAILED });
		assert.equal(failed.length, 0, 'runs that failed');
		const { refusals } = await admin.stats();
		return [
			`${RUNS} runs on ${fleet.workers.length} workers under the standard plan: all went well, in ${seconds} s, ${refusals} requests were refused and sent again`,
		];
	},
};
