/** Sends deliveries while each fault happens once, and looks into what n8n made of it. */
import { FAULTS } from '../faults.mts';
import type { UploadRecord } from '../../../sandbox/stats.mts';
import type { Fleet } from '../fleet/fleet.mts';
import type { Report } from '../fleet/reports.mts';
import type { ExecutionSummary } from '../../../scripts/n8n/rest.mts';
import { repair } from '../recovery.mts';
import { deliver, inParallel, type Attempt } from '../sender.mts';
import type { ActiveWorkflow } from '../workflows.mts';
import type { Delivery } from '../../n8n/deliveries.mts';

const PROGRESS_MS = 10_000;

export interface Event {
	/** What the run reports on. */
	id: string;
	delivery: Delivery;
}

export interface Outcome {
	/** Of each event, all attempts at its delivery. */
	attempts: Map<string, Attempt[]>;
	reports: Map<string, Report[]>;
	/** What was done to the fleet. */
	faults: string[];
	/** Uploads that ended with their worker. */
	cutOff: UploadRecord[];
	/** Ids of runs that were repeated with "Retry". */
	repeated: string[];
	/** Events that n8n had accepted and then forgotten, so that there was nothing to repeat. */
	forgotten: string[];
	/** Events that ran more than once, each with the reason. */
	duplicates: string[];
	seconds: number;
}

/**
 * Sends all events, so many at once, with the faults spread evenly over them; then repairs what they
 * broke.
 */
export async function underFaults(
	fleet: Fleet,
	start: () => Promise<ActiveWorkflow>,
	events: readonly Event[],
	atOnce: number,
): Promise<Outcome> {
	const workflow = await start();
	const started = Date.now();
	const attempts = new Map<string, Attempt[]>();
	const injections: Array<Promise<void>> = [];
	const faults: string[] = [];
	const cutOff: UploadRecord[] = [];
	const step = Math.floor(events.length / (FAULTS.length + 1));
	let last = Promise.resolve();
	const seconds = () => Math.round((Date.now() - started) / 1_000);
	const say = (what: string) =>
		console.log(`  ${seconds()} s: ${attempts.size} of ${events.length} accepted; ${what}`);
	const progress = setInterval(() => say(`${fleet.reports.byId().size} reports`), PROGRESS_MS);
	try {
		await inParallel(events, atOnce, async ({ id, delivery }) => {
			attempts.set(id, await deliver(workflow.url, delivery));
			const fault = attempts.size % step === 0 ? FAULTS[attempts.size / step - 1] : undefined;
			if (!fault) return;
			// One after the other, so that what follows can be put down to one of them.
			last = last.then(async () => {
				say(fault.name);
				cutOff.push(...((await fault.inject(fleet)) ?? []));
				faults.push(fault.name);
			});
			injections.push(last);
		});
		await Promise.all(injections);
		say('looking for runs that failed');
		const repeated = await repair(fleet, workflow.id);
		const ids = events.map(({ id }) => id);
		const forgotten = await sendForgotten(fleet, start, events);
		await fleet.reports.waitFor(ids, 60_000);
		const reports = fleet.reports.byId();
		const runs = new Map(
			(await fleet.client.listAllExecutions({ workflowId: workflow.id })).map((run) => [
				run.id,
				run,
			]),
		);
		const duplicates = ids
			.filter((id) => reports.get(id)!.length > 1)
			.map((id) => `${id}: ${explain(reports.get(id)!, runs, attempts.get(id)!)}`);
		return {
			attempts,
			reports,
			faults,
			cutOff,
			repeated,
			forgotten,
			duplicates,
			seconds: seconds(),
		};
	} finally {
		clearInterval(progress);
	}
}

/**
 * Where n8n has overwritten what a run was started with, only the sender still has the event, and the
 * workflow takes it for a duplicate. A copy of the workflow doesn't. @returns their ids
 */
async function sendForgotten(
	fleet: Fleet,
	start: () => Promise<ActiveWorkflow>,
	events: readonly Event[],
): Promise<string[]> {
	const reported = fleet.reports.byId();
	const forgotten = events.filter(({ id }) => !reported.has(id));
	if (forgotten.length > 0) {
		const { url } = await start();
		await inParallel(forgotten, 4, async ({ delivery }) => await deliver(url, delivery));
	}
	return forgotten.map(({ id }) => id);
}

/** @throws Error where nothing that was done to n8n explains it */
function explain(
	reports: Report[],
	runs: Map<string, ExecutionSummary>,
	attempts: Attempt[],
): string {
	const told = attempts.map(({ status, fault }) => status ?? fault ?? 'no answer').join(', ');
	const again = reports.find(({ executionId }) => runs.get(executionId)?.retryOf);
	if (again) {
		const { retryOf } = runs.get(again.executionId)!;
		return `run ${retryOf} had done its work when its process or database went away, before n8n could note that; "Retry" did it again`;
	}
	if (attempts.length > 1) {
		return `a first attempt started a run, but its answer was lost with the webhook processor (${told}); the retry came to the other processor`;
	}
	throw new Error(`A duplicate that nothing explains: ${JSON.stringify({ reports, attempts })}`);
}
