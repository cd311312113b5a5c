/** Reading the status of many controls: without a rate limit, and under the Enterprise plan's. */
import { request } from 'undici';

import { PLANS } from '../../sandbox/api/rateLimit.mts';
import { alternate } from '../alternate.mts';
import { HTTP_REQUEST, OURS, type Measurement } from '../measurement.mts';
import type { Scale } from '../scale.mts';
import { CONTROL, type Stage } from '../stage.mts';
import { contestant, prepareRun, type Run, type RunFigures } from '../workflowRun.mts';
import {
	chain,
	engagementItems,
	getControl,
	httpGetControl,
	start,
	type NodeSpec,
} from '../workflows.mts';

const CONTROLS = 1_000;
const LATENCY_MS = 20;
const PAIRS = 3;
/** A run waits for the plan most of its time, and comes out the same each time. */
const ENTERPRISE_PAIRS = 2;
/** What is left of the Enterprise plan's burst when a run starts: an account that is in use. */
const BURST_LEFT = 0.8;

const BATCHED = 'HTTP Request, batching set';
const PLAN_MINIMUM = "The plan's minimum";

export async function measureStatuses(stage: Stage, scale: Scale): Promise<Measurement[]> {
	await stage.useBinaryMode('filesystem');
	await stage.admin.setLatency(LATENCY_MS);
	const measurements = [
		...(await withoutLimit(stage, scale)),
		...(await underEnterprise(stage, scale)),
	];
	await reset(stage);
	return measurements;
}

/** As the other rows expect the sandbox to be. */
async function reset({ admin }: Stage): Promise<void> {
	await admin.setPlan('unlimited');
	await admin.setLatency(0);
}

async function withoutLimit(stage: Stage, scale: Scale): Promise<Measurement[]> {
	const { credential, baseUrl } = stage;
	const count = scale.count(CONTROLS);
	const ours = await prepare(stage, count, getControl(credential, CONTROL));
	const http = await prepare(stage, count, httpGetControl(credential, baseUrl, CONTROL));
	const runs = await alternate({ ours, http }, scale.repetitions(PAIRS));
	return [
		{
			id: 'statuses-unlimited',
			work: `Read ${count} control statuses, ${LATENCY_MS} ms latency, no rate limit`,
			figure: 'time of the node',
			unit: 'ms',
			ours: contestant(OURS, runs.ours),
			builtIn: [contestant(HTTP_REQUEST, runs.http)],
			targets: [{ against: HTTP_REQUEST, bound: 'at most', value: 1 }],
			chart: { id: 'requests', category: `${count} statuses` },
			isProfiled: true,
			profile: async () => await stage.profileWithLatency(LATENCY_MS, ours),
		},
	];
}

async function underEnterprise(stage: Stage, scale: Scale): Promise<Measurement[]> {
	const { credential, baseUrl } = stage;
	const { perMinute, burst } = PLANS.enterprise;
	const count = scale.count(CONTROLS);
	const left = Math.floor(scale.count(burst) * BURST_LEFT);
	// What the plan allows, a second at a time.
	const batching = { batchSize: perMinute / 60, batchInterval: 1_000 };
	let bucket = { at: 0, remaining: 0 };
	const before = async () => {
		bucket = await startWith(stage, left);
	};
	const minimums: number[] = [];
	/** What the plan allowed when the node started: what was left, and came back since. */
	const noteMinimum = ({ startedAt }: RunFigures) => {
		const refilled = ((startedAt - bucket.at) * perMinute) / 60_000;
		minimums.push(((count - bucket.remaining - refilled) * 60_000) / perMinute);
	};
	const ours = await prepare(stage, count, getControl(credential, CONTROL), before);
	const runs = await alternate(
		{
			ours: async () => {
				const figures = await ours();
				noteMinimum(figures);
				return figures;
			},
			http: await prepare(stage, count, httpGetControl(credential, baseUrl, CONTROL), before),
		},
		// All of it has been warmed up by the runs without a limit.
		{ pairs: scale.repetitions(ENTERPRISE_PAIRS).pairs, warmUps: 0 },
	);
	// How long it takes is a matter of arithmetic, and nearly two minutes.
	const batched = await prepare(
		stage,
		count,
		httpGetControl(credential, baseUrl, CONTROL, batching),
		before,
	);
	const batchedRuns = [await batched()];
	return [
		{
			id: 'statuses-enterprise',
			work: `Read ${count} control statuses, ${LATENCY_MS} ms latency, Enterprise limit (${left} requests left at the start, ${perMinute} a minute)`,
			figure: 'time of the node',
			unit: 'ms',
			ours: contestant(OURS, runs.ours),
			builtIn: [contestant(HTTP_REQUEST, runs.http), contestant(BATCHED, batchedRuns)],
			limit: { name: PLAN_MINIMUM, series: 'Minimum', values: minimums },
			targets: [
				{ against: PLAN_MINIMUM, bound: 'at most', value: 1.1 },
				{ failures: true, bound: 'at most', value: 0 },
			],
			chart: { id: 'requests', category: `${count} statuses, Enterprise` },
			profile: async () => {
				const profile = await stage.inspector.profile(ours);
				await reset(stage);
				return profile;
			},
		},
	];
}

/**
 * Fills the client's bucket and takes out of it until so many requests are left.
 * @returns how many are left, and when, in epoch milliseconds
 */
async function startWith(stage: Stage, left: number) {
	const { admin, baseUrl } = stage;
	const authorization = `Bearer ${await stage.token()}`;
	await admin.setLatency(0);
	await admin.setPlan('enterprise');
	let remaining = Infinity;
	while (remaining > left) {
		const { headers, body } = await request(`${baseUrl}/engagements?limit=1`, {
			headers: { authorization },
		});
		await body.dump();
		remaining = Number(headers['x-ratelimit-remaining']);
	}
	const at = Date.now();
	await admin.setLatency(LATENCY_MS);
	return { at, remaining };
}

async function prepare(
	stage: Stage,
	count: number,
	work: NodeSpec,
	before?: () => Promise<void>,
): Promise<Run> {
	const workflow = chain('Statuses', [start, engagementItems(count), work]);
	return await prepareRun(stage, workflow, { before });
}
