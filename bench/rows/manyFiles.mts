/** Submitting many small files in one execution to a service that takes its time to answer. */
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { alternate } from '../alternate.mts';
import { HTTP_REQUEST, OURS, type Measurement } from '../measurement.mts';
import type { Scale } from '../scale.mts';
import { CONTROL, type Stage } from '../stage.mts';
import { contestant, prepareRun } from '../workflowRun.mts';
import { chain, httpUpload, readFiles, start, submit } from '../workflows.mts';

const FILES = 500;
const FILE_BYTES = 4 * 1024;
const LATENCY_MS = 20;
const PAIRS = 5;
const ENGAGEMENT = 'eng_000001';

export async function measureManyFiles(stage: Stage, scale: Scale): Promise<Measurement[]> {
	await stage.useBinaryMode('filesystem');
	const count = scale.count(FILES);
	const { credential, baseUrl } = stage;
	const read = readFiles(await writeFiles(stage, 'many', count, FILE_BYTES));
	const url = `${baseUrl}/engagements/${ENGAGEMENT}/evidence`;
	const ours = await prepareRun(
		stage,
		chain('Many files', [start, read, submit(credential, ENGAGEMENT, CONTROL)]),
	);
	const http = await prepareRun(
		stage,
		chain('Many files by HTTP', [start, read, httpUpload(credential, url, CONTROL)]),
	);
	await stage.admin.setLatency(LATENCY_MS);
	const runs = await alternate({ ours, http }, scale.repetitions(PAIRS));
	await stage.admin.setLatency(0);
	return [
		{
			id: 'many-files',
			work: `Submit ${count} files of 4 KiB in one execution, ${LATENCY_MS} ms latency`,
			figure: 'time of the node',
			unit: 'ms',
			ours: contestant(OURS, runs.ours),
			builtIn: [contestant(HTTP_REQUEST, runs.http)],
			targets: [{ against: HTTP_REQUEST, bound: 'at most', value: 1 }],
			chart: { id: 'requests', category: `${count} small files` },
			isProfiled: true,
			profile: async () => await stage.profileWithLatency(LATENCY_MS, ours),
		},
	];
}

/**
 * Writes files of random bytes into a folder of their own.
 * @returns a pattern that finds all of them
 */
export async function writeFiles(
	stage: Stage,
	name: string,
	count: number,
	bytes: number,
): Promise<string> {
	const folder = join(stage.n8n.filesFolder, name);
	await mkdir(folder, { recursive: true });
	for (let file = 0; file < count; file++) {
		await writeFile(join(folder, `${file}.bin`), randomBytes(bytes));
	}
	return join(folder, '*.bin');
}
