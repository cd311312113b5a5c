import assert from 'node:assert/strict';

import { newCredential, newFinding, onFindingGetControl } from '../workflows.mts';
import { underFaults } from './underFaults.mts';
import type { Scenario } from './scenario.mts';

const DELIVERIES = 2_000;
const AT_ONCE = 16;

export const deliveries: Scenario = {
	name: `Deliveries: ${DELIVERIES} with each fault once`,
	async run(fleet) {
		// Ten retries last longer than a minute.
		const options = { maxRetries: 10 };
		const credential = await newCredential(fleet);
		const start = async () => await onFindingGetControl(fleet, credential, options);
		const events = Array.from({ length: DELIVERIES }, newFinding);
		const { attempts, reports, faults, repeated, forgotten, duplicates, seconds } =
			await underFaults(fleet, start, events, AT_ONCE);
		const distinct = events.filter(({ id }) => reports.has(id)).length;
		assert.equal(distinct, DELIVERIES, 'distinct runs');
		const tries = [...attempts.values()].reduce((sum, { length }) => sum + length, 0);
		return [
			`faults: ${faults.join('; ')}`,
			`${DELIVERIES} deliveries in ${tries} attempts, ${seconds} s: ${distinct} distinct runs, ${duplicates.length} duplicates`,
			...duplicates,
			`${forgotten.length} accepted deliveries were forgotten by n8n and sent again to a copy of the workflow`,
			`${repeated.length} runs failed with their worker or database and were repeated with "Retry"`,
		];
	},
};
