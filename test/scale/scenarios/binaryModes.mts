import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';

import type { N8n } from '../../../scripts/n8n/process.mts';
import type { Fleet } from '../fleet/fleet.mts';
import { attempt } from '../sender.mts';
import { newCredential, onUploadSubmit, type ActiveWorkflow } from '../workflows.mts';
import type { Scenario } from './scenario.mts';

const MIB = 1024 * 1024;
/** n8n's own limit for an upload is 16 MiB. */
const BYTES = 15 * MIB;
const FILES = 4;

/** Uploads files to a webhook processor; a worker submits them. */
async function submitUploads(
	fleet: Fleet,
	processor: N8n,
	{ path }: ActiveWorkflow,
	mode: string,
): Promise<void> {
	for (let i = 0; i < FILES; i++) {
		const body = randomBytes(BYTES);
		const file = `${mode}-${i}.bin`;
		const { status } = await attempt(`${processor.url}${path}?file=${file}`, {
			headers: [['content-type', 'application/octet-stream']],
			body,
		});
		assert.equal(status, 200, `the upload in mode ${mode}`);
		await fleet.reports.waitFor([file]);
		const sha256 = createHash('sha256').update(body).digest('hex');
		const integrity = { algorithm: 'SHA-256', sent: sha256, received: sha256, verified: true };
		assert.deepEqual(fleet.reports.byId().get(file)![0]!.result.integrity, integrity);
	}
}

/** Puts a worker and a webhook processor of another mode in the place of all others for a while. */
async function inMode(
	fleet: Fleet,
	mode: string,
	work: (processor: N8n) => Promise<void>,
): Promise<void> {
	const env = { N8N_DEFAULT_BINARY_DATA_MODE: mode };
	await Promise.all(fleet.workers.map(async (worker) => await fleet.supervisor.end(worker)));
	const [worker, processor] = await Promise.all([
		fleet.add('worker', env),
		fleet.add('webhook', env),
	]);
	try {
		await work(processor);
	} finally {
		await Promise.all([fleet.supervisor.end(worker), fleet.supervisor.end(processor)]);
		await Promise.all(fleet.workers.map(async (each) => await fleet.supervisor.begin(each)));
	}
}

export const binaryModes: Scenario = {
	name: 'Files travel from webhook processors to workers in every binary mode',
	async run(fleet) {
		const workflow = await onUploadSubmit(fleet, await newCredential(fleet));
		await submitUploads(fleet, fleet.processors[0]!, workflow, 'database');
		for (const mode of ['filesystem', 'default']) {
			await inMode(fleet, mode, async (processor) => {
				await submitUploads(fleet, processor, workflow, mode);
			});
		}
		// n8n refuses to start: what else there is needs a licence.
		for (const mode of ['s3', 'azure']) {
			await assert.rejects(
				fleet.add('worker', { N8N_DEFAULT_BINARY_DATA_MODE: mode }),
				/binary data storage requires a valid license/,
			);
		}
		return [
			`${FILES} files of ${BYTES / MIB} MiB each in the modes database, filesystem (shared folder) and default (in the run's data): all receipts verified`,
			'the modes s3 and azure: n8n does not start without a licence for them',
		];
	},
};
