/** Submitting one file: how long the node takes, and how much memory n8n needs for it. */
import { randomBytes } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { alternate } from '../alternate.mts';
import { HTTP_REQUEST, OURS, type Measurement } from '../measurement.mts';
import type { Scale } from '../scale.mts';
import { ENGAGEMENT, type BinaryMode, type Stage } from '../stage.mts';
import { prepareRun, requireDone, type Run } from '../workflowRun.mts';
import { chain, copies, httpUpload, readFiles, start, submit } from '../workflows.mts';
import { BARE, bareUpload } from './bareUpload.mts';

const MIB = 1024 ** 2;

/** n8n takes times in whole milliseconds, so of short ones it's asked for the mean of several nodes. */
const NODES_FOR_SHORT_TIMES = 10;

/** Where n8n keeps files in its memory, larger ones aren't tried. */
const LARGEST_IN_MEMORY = 64 * MIB;

interface Size {
	label: string;
	bytes: number;
	pairs: number;
	nodes: number;
	targets: { time?: number; timeOfBare?: number; memory?: number; memoryShare?: number };
}

const large = { time: 0.65, memory: 96 * MIB, memoryShare: 0.15 };
const largest = { ...large, time: 0.6, timeOfBare: 1.1 };
const SIZES: Size[] = [
	{ label: '1 KiB', bytes: 1024, pairs: 7, nodes: NODES_FOR_SHORT_TIMES, targets: { time: 1 } },
	{ label: '1 MiB', bytes: MIB, pairs: 7, nodes: NODES_FOR_SHORT_TIMES, targets: { time: 1 } },
	{ label: '64 MiB', bytes: 64 * MIB, pairs: 5, nodes: 1, targets: { time: 1 } },
	{ label: '512 MiB', bytes: 512 * MIB, pairs: 3, nodes: 1, targets: large },
	{ label: '1 GiB', bytes: 1024 * MIB, pairs: 3, nodes: 1, targets: largest },
];

export async function measureUploads(
	stage: Stage,
	scale: Scale,
	mode: BinaryMode,
): Promise<Measurement[]> {
	await stage.useBinaryMode(mode);
	const most = Math.min(scale.largestFile, mode === 'default' ? LARGEST_IN_MEMORY : Infinity);
	const measurements: Measurement[] = [];
	for (const size of SIZES.filter(({ bytes }) => bytes <= most)) {
		measurements.push(...(await measureSize(stage, scale, mode, size)));
	}
	return measurements;
}

async function measureSize(
	stage: Stage,
	scale: Scale,
	mode: BinaryMode,
	{ label, bytes, pairs, nodes, targets }: Size,
): Promise<Measurement[]> {
	const path = await writeFile(join(stage.n8n.filesFolder, 'evidence.bin'), bytes);
	const { credential, baseUrl } = stage;
	const url = `${baseUrl}/engagements/${ENGAGEMENT}/evidence`;
	const prepare = async (name: string, work: ReturnType<typeof submit>): Promise<Run> =>
		await prepareRun(
			stage,
			chain(`${name}, ${label}`, [start, readFiles(path)], copies(work, nodes)),
		);
	const control = await stage.newControl();
	const ours = await prepare(OURS, submit(credential, ENGAGEMENT, control));
	const http = await prepare(HTTP_REQUEST, httpUpload(credential, url, control));
	const token = await stage.token();
	const bare = async () => {
		let ms = 0;
		for (let node = 0; node < nodes; node++) ms += await bareUpload(url, token, control, path);
		await stage.tidy();
		return { ms: ms / nodes, memory: 0 };
	};
	const runs = await alternate(
		{ ours: requireDone(ours), http: requireDone(http), bare },
		scale.repetitions(pairs, nodes > 1 ? 3 : 1),
	);
	await rm(path);

	const work = `Submit one file of ${label}, ${mode === 'default' ? 'memory' : 'disk'} mode`;
	const id = `upload-${label.replace(' ', '-')}-${mode === 'default' ? 'memory' : 'disk'}`;
	const profile = async () => {
		await writeFile(path, bytes);
		try {
			return await stage.inspector.profile(ours);
		} finally {
			await rm(path);
		}
	};
	const { time, timeOfBare } = targets;
	// Elsewhere than on disk n8n holds the file anyway, so that no memory is to be saved there.
	const { memory, memoryShare } = mode === 'filesystem' ? targets : {};
	return [
		{
			id: `${id}-time`,
			work,
			figure: 'time of the node',
			unit: 'ms',
			ours: { name: OURS, values: runs.ours.map(({ ms }) => ms) },
			builtIn: [{ name: HTTP_REQUEST, values: runs.http.map(({ ms }) => ms) }],
			limit: { name: BARE, values: runs.bare.map(({ ms }) => ms) },
			targets: [...atMost(time, HTTP_REQUEST), ...atMost(timeOfBare, BARE)],
			chart: { id: `upload-time-${mode}`, category: label },
			profile,
		},
		{
			id: `${id}-memory`,
			work,
			figure: 'peak memory over idle',
			unit: 'bytes',
			ours: { name: OURS, values: runs.ours.map(({ memory: peak }) => peak) },
			builtIn: [{ name: HTTP_REQUEST, values: runs.http.map(({ memory: peak }) => peak) }],
			targets: [...atMost(memory), ...atMost(memoryShare, HTTP_REQUEST)],
			chart: { id: `upload-memory-${mode}`, category: label },
		},
	];
}

const atMost = (value: number | undefined, against?: string) =>
	value === undefined ? [] : [{ against, bound: 'at most' as const, value }];

/** A file of random bytes: the same MiB again and again. */
export async function writeFile(path: string, bytes: number): Promise<string> {
	await mkdir(join(path, '..'), { recursive: true });
	const block = randomBytes(Math.min(bytes, MIB));
	const file = await open(path, 'w');
	try {
		for (let left = bytes; left > 0; left -= block.length) await file.write(block);
	} finally {
		await file.close();
	}
	return path;
}
