/**
 * What Parallel Requests is best set to: many small requests with each of some numbers of it, and the
 * memory for large files side by side.
 */
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';

import { alternate } from '../alternate.mts';
import { HTTP_REQUEST, OURS, type Measurement } from '../measurement.mts';
import type { Scale } from '../scale.mts';
import { CONTROL, ENGAGEMENT, type Stage } from '../stage.mts';
import { contestant, prepareRun, type Run, type RunFigures } from '../workflowRun.mts';
import {
	chain,
	engagementItems,
	getControl,
	httpGetControl,
	httpUpload,
	readFiles,
	start,
	submit,
	type NodeSpec,
} from '../workflows.mts';
import { writeFiles } from './manyFiles.mts';

const CHOICES = [4, 8, 12, 16, 24];
const MIB = 1024 ** 2;
const LARGE = { count: 24, bytes: 24 * MIB };
const MEMORY_LIMIT = 96 * MIB;

/** With the higher latency the times are nearly all latency, and long: fewer items and one run do. */
const SITUATIONS = [
	{ latencyMs: 20, statuses: 1_000, files: 500, pairs: 2, warmUps: 1 },
	{ latencyMs: 200, statuses: 240, files: 120, pairs: 1, warmUps: 0 },
];
const LARGE_PAIRS = 2;

export async function measureParallelRequests(stage: Stage, scale: Scale): Promise<Measurement[]> {
	await stage.useBinaryMode('filesystem');
	const { credential, baseUrl, admin } = stage;
	const url = `${baseUrl}/engagements/${ENGAGEMENT}/evidence`;
	const uploadsOf = async (pattern: string, control = CONTROL) =>
		await runsOf(stage, [start, readFiles(pattern)], {
			http: httpUpload(credential, url, control),
			ours: (parallelRequests) => submit(credential, ENGAGEMENT, control, { parallelRequests }),
		});
	const measurements: Measurement[] = [];
	for (const { latencyMs, statuses, files, pairs, warmUps } of SITUATIONS) {
		await admin.setLatency(latencyMs);
		const counts = { statuses: scale.count(statuses), files: scale.count(files) };
		const repetitions = scale.repetitions(pairs, warmUps);
		const controls = await runsOf(stage, [start, engagementItems(counts.statuses)], {
			http: httpGetControl(credential, baseUrl, CONTROL),
			ours: (parallelRequests) => getControl(credential, CONTROL, { parallelRequests }),
		});
		const statusRuns = await alternate(controls, repetitions);
		measurements.push(
			...byChoice(statusRuns, 'ms', `${counts.statuses} statuses, ${latencyMs} ms latency`),
		);
		const pattern = await writeFiles(stage, `parallel-${latencyMs}`, counts.files, 4 * 1024);
		const fileRuns = await alternate(await uploadsOf(pattern), repetitions);
		measurements.push(
			...byChoice(fileRuns, 'ms', `${counts.files} files of 4 KiB, ${latencyMs} ms latency`),
		);
	}
	await admin.setLatency(0);
	const count = scale.count(LARGE.count);
	const pattern = await writeFiles(stage, 'parallel-large', count, LARGE.bytes);
	const largeRuns = await alternate(
		await uploadsOf(pattern, await stage.newControl()),
		scale.repetitions(LARGE_PAIRS),
	);
	await rm(dirname(pattern), { recursive: true });
	const work = `${count} files of ${LARGE.bytes / MIB} MiB`;
	measurements.push(
		...byChoice(largeRuns, 'ms', work),
		...byChoice(largeRuns, 'bytes', `${work}: peak memory over idle`),
	);
	return measurements;
}

/** The same work by the HTTP Request node, and by ours with each number. */
async function runsOf(
	stage: Stage,
	before: NodeSpec[],
	{ http, ours }: { http: NodeSpec; ours: (parallelRequests: number) => NodeSpec },
): Promise<Record<string, Run>> {
	const runs: Record<string, Run> = {
		[HTTP_REQUEST]: await prepareRun(stage, chain('By HTTP', [...before, http])),
	};
	for (const choice of CHOICES) {
		const name = `${choice} at once`;
		runs[name] = await prepareRun(stage, chain(name, [...before, ours(choice)]));
	}
	return runs;
}

function byChoice(
	runs: Record<string, RunFigures[]>,
	unit: 'ms' | 'bytes',
	column: string,
): Measurement[] {
	const measured = (name: string, figures: RunFigures[]) => ({
		...contestant(name, figures),
		...(unit === 'bytes' && { values: figures.map(({ memory }) => memory) }),
	});
	return CHOICES.map((choice) => ({
		id: `parallel-${choice}-${column.replace(/[^\w]+/g, '-')}`,
		work: column,
		figure: unit === 'ms' ? 'time of the node' : 'peak memory over idle',
		unit,
		ours: measured(OURS, runs[`${choice} at once`]!),
		builtIn: [measured(HTTP_REQUEST, runs[HTTP_REQUEST]!)],
		targets: unit === 'bytes' ? [{ bound: 'at most', value: MEMORY_LIMIT }] : [],
		choice: { setting: String(choice), column },
	}));
}
