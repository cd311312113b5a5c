import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { writeFiles } from '../files.mts';
import { findingThatAsksFor, newCredential, onFindingSubmit } from '../workflows.mts';
import { underFaults } from './underFaults.mts';
import type { Scenario } from './scenario.mts';

const SUBMISSIONS = 300;
const AT_ONCE = 8;
const BYTES = 256 * 1024;
/** The first ones, among which a worker is killed, are larger than what sockets hold. */
const LARGE = 60;
const LARGE_BYTES = 8 * 1024 * 1024;

export const submissions: Scenario = {
	name: `Submissions: ${SUBMISSIONS} with each fault once`,
	async run(fleet) {
		// A run that is repeated must not store its file a second time.
		const options = { skipIfSubmitted: true, maxRetries: 10 };
		const credential = await newCredential(fleet);
		const start = async () => await onFindingSubmit(fleet, credential, options);
		const { filesFolder } = fleet;
		const files = [
			...(await writeFiles(filesFolder, 'large', LARGE, LARGE_BYTES)),
			...(await writeFiles(filesFolder, 'evidence', SUBMISSIONS - LARGE, BYTES)),
		];
		const { reports, faults, cutOff, repeated, forgotten, duplicates, seconds } = await underFaults(
			fleet,
			start,
			files.map((file) => ({ id: file, delivery: findingThatAsksFor(file) })),
			AT_ONCE,
		);

		const halfSent = cutOff.filter(({ bytesReceived }) => bytesReceived < LARGE_BYTES);
		assert.ok(halfSent.length > 0, 'the worker was killed in mid-upload');
		const stored = Map.groupBy(await fleet.sandbox.admin.listEvidence(), (e) => e.file_name);
		let skipped = 0;
		for (const file of files) {
			const content = await readFile(join(filesFolder, file));
			const sha256 = createHash('sha256').update(content).digest('hex');
			assert.deepEqual(
				stored.get(file)?.map((evidence) => evidence.sha256),
				[sha256],
				`${file} is stored exactly once`,
			);
			for (const { result } of reports.get(file)!) {
				const integrity = { algorithm: 'SHA-256', sent: sha256, received: sha256, verified: true };
				assert.deepEqual(result.integrity, integrity, `the receipt of ${file}`);
				if (result.skipped) skipped += 1;
			}
		}
		return [
			`faults: ${faults.join('; ')}`,
			`the worker was killed amid ${halfSent.length} uploads`,
			`${SUBMISSIONS} submissions in ${seconds} s: ${SUBMISSIONS} stored exactly once, every receipt verified`,
			`${forgotten.length} accepted deliveries were forgotten by n8n and sent again to a copy of the workflow`,
			`${repeated.length} runs failed with their worker or database and were repeated with "Retry"; ${skipped} found their file stored already`,
			`${duplicates.length} ran twice`,
			...duplicates,
		];
	},
};
