import assert from 'node:assert/strict';

import { writeFiles } from '../files.mts';
import type { Fleet } from '../fleet/fleet.mts';
import { deliver, inParallel } from '../sender.mts';
import {
	findingThatAsksFor,
	newCredential,
	onFindingSubmit,
	type ActiveWorkflow,
} from '../workflows.mts';
import type { Scenario } from './scenario.mts';

const RUNS = 40;

/** Has the workers submit files side by side. @returns how many tokens were asked for */
async function tokensFor(fleet: Fleet, { url }: ActiveWorkflow, name: string): Promise<number> {
	const { admin } = fleet.sandbox;
	const files = await writeFiles(fleet.filesFolder, name, RUNS, 1_024);
	await admin.resetStats();
	await inParallel(files, RUNS, async (file) => await deliver(url, findingThatAsksFor(file)));
	await fleet.reports.waitFor(files);
	return (await admin.stats()).tokenRequests;
}

export const tokens: Scenario = {
	name: 'Tokens: at most one a process at the start, and one an hour later',
	async run(fleet) {
		const workflow = await onFindingSubmit(fleet, await newCredential(fleet));
		const atStart = await tokensFor(fleet, workflow, 'token-start');
		const soonAfter = await tokensFor(fleet, workflow, 'token-soon');
		await fleet.sandbox.admin.expireTokens();
		const hourLater = await tokensFor(fleet, workflow, 'token-later');
		const figures = `${RUNS} submissions side by side on ${fleet.workers.length} workers asked for ${atStart} tokens at the start, ${soonAfter} soon after, ${hourLater} when the hour was over`;
		assert.ok(atStart <= fleet.workers.length, figures);
		assert.equal(soonAfter, 0, figures);
		assert.ok(hourLater <= fleet.workers.length, figures);
		return [figures];
	},
};
