/** How the cost of an item and of a byte changes as there are more of them. */
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { alternate } from '../alternate.mts';
import { HTTP_REQUEST, OURS, type Measurement } from '../measurement.mts';
import type { Scale } from '../scale.mts';
import { CONTROL, ENGAGEMENT, type Stage } from '../stage.mts';
import { median } from '../statistics.mts';
import { prepareRun, requireDone, type Run, type RunFigures } from '../workflowRun.mts';
import {
	chain,
	engagementItems,
	getControl,
	httpGetControl,
	httpUpload,
	readFiles,
	start,
	submit,
} from '../workflows.mts';
import { BARE, bareUpload } from './bareUpload.mts';
import { writeFile } from './upload.mts';

const MIB = 1024 ** 2;
/** So much more an item or a byte may cost among many than among few. */
const FLAT = 1.1;

const ITEMS = [
	{ count: 100, pairs: 3, warmUps: 1, byHttp: true },
	{ count: 1_000, pairs: 3, warmUps: 1, byHttp: true },
	{ count: 10_000, pairs: 1, warmUps: 0, byHttp: false },
];
const LATENCY_MS = 20;

/** The HTTP Request node holds a file in memory as a whole: the largest isn't for it. */
const FILES = [
	{ label: '10 MiB', bytes: 10 * MIB, pairs: 5, byHttp: true },
	{ label: '100 MiB', bytes: 100 * MIB, pairs: 3, byHttp: true },
	{ label: '1 GiB', bytes: 1024 * MIB, pairs: 2, byHttp: true },
	{ label: '4 GiB', bytes: 4096 * MIB, pairs: 1, byHttp: false },
];

export async function measureGrowth(stage: Stage, scale: Scale): Promise<Measurement[]> {
	await stage.useBinaryMode('filesystem');
	return [...(await growthOfItems(stage, scale)), ...(await growthOfBytes(stage, scale))];
}

async function growthOfItems(stage: Stage, scale: Scale): Promise<Measurement[]> {
	const { credential, baseUrl, admin } = stage;
	await admin.setLatency(LATENCY_MS);
	const measurements: Measurement[] = [];
	for (const { count: full, pairs, warmUps, byHttp } of ITEMS) {
		const count = scale.count(full);
		const prepare = async (name: string, work: ReturnType<typeof getControl>) =>
			await prepareRun(stage, chain(`${name}, ${count}`, [start, engagementItems(count), work]));
		const contestants: Record<string, Run> = {
			ours: requireDone(await prepare(OURS, getControl(credential, CONTROL)), count),
		};
		if (byHttp) {
			contestants.http = await prepare(HTTP_REQUEST, httpGetControl(credential, baseUrl, CONTROL));
		}
		const runs = await alternate(contestants, scale.repetitions(pairs, warmUps));
		measurements.push({
			id: `growth-items-${count}`,
			work: `Read ${count} control statuses, ${LATENCY_MS} ms latency`,
			figure: 'time an item',
			unit: 'ms',
			...timesEach(runs, count),
			targets: flatAfter(measurements),
			chart: { id: 'growth-items', category: `${count} items` },
		});
	}
	await admin.setLatency(0);
	return measurements;
}

async function growthOfBytes(stage: Stage, scale: Scale): Promise<Measurement[]> {
	const { credential, baseUrl, n8n } = stage;
	const url = `${baseUrl}/engagements/${ENGAGEMENT}/evidence`;
	const measurements: Measurement[] = [];
	for (const { label, bytes, pairs, byHttp } of FILES) {
		if (bytes > scale.largestFile) continue;
		const path = await writeFile(join(n8n.filesFolder, 'growth.bin'), bytes);
		const prepare = async (name: string, work: ReturnType<typeof submit>) =>
			await prepareRun(stage, chain(`${name}, ${label}`, [start, readFiles(path), work]));
		const control = await stage.newControl();
		const contestants: Record<string, () => Promise<Timed>> = {
			ours: requireDone(await prepare(OURS, submit(credential, ENGAGEMENT, control))),
			bare: async () => {
				// As much lies in memory then as with n8n, which keeps a copy.
				await copyFile(path, `${path}.copy`);
				const ms = await bareUpload(url, await stage.token(), control, path);
				await rm(`${path}.copy`);
				await stage.tidy();
				return { ms };
			},
		};
		if (byHttp) {
			contestants.http = await prepare(HTTP_REQUEST, httpUpload(credential, url, control));
		}
		const runs = await alternate(contestants, scale.repetitions(pairs));
		await rm(path);
		measurements.push({
			id: `growth-bytes-${label.replace(' ', '-')}`,
			work: `Submit one file of ${label}`,
			figure: 'time a MiB',
			unit: 'ms',
			...timesEach(runs, bytes / MIB),
			targets: flatAfter(measurements),
			chart: { id: 'growth-bytes', category: label },
		});
	}
	return measurements;
}

type Timed = Pick<RunFigures, 'ms'>;

/** What each contestant that took part needed for one of `count` items or MiB. */
function timesEach(
	{ ours, http, bare }: Record<string, Timed[] | undefined>,
	count: number,
): Pick<Measurement, 'ours' | 'builtIn' | 'limit'> {
	const times = (name: string, runs: Timed[]) => ({
		name,
		values: runs.map(({ ms }) => ms / count),
	});
	return {
		ours: times(OURS, ours!),
		builtIn: http ? [times(HTTP_REQUEST, http)] : [],
		...(bare && { limit: times(BARE, bare) }),
	};
}

/** What the one before allows the next one to cost. */
function flatAfter(measured: Measurement[]): Measurement['targets'] {
	const before = measured.at(-1);
	if (!before) return [];
	return [{ bound: 'at most', value: FLAT * median(before.ours.values) }];
}
