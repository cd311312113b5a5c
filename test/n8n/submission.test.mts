import { rm } from 'node:fs/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { memoryOf, resetPeakOf } from '../../scripts/n8n/memory.mts';
import type { CredentialReference, Execution, N8nClient } from '../../scripts/n8n/rest.mts';
import { GIB, KIB, MIB, sha256sum, writeRandomFile } from './files.mts';
import {
	CREDENTIAL_TYPE,
	admin,
	chain,
	connect,
	n8n,
	newCredential,
	readFilesNode,
	submitNode,
} from './fixture.mts';

describe('Submitting files from a real n8n', () => {
	const files: string[] = [];
	let client: N8nClient;
	let credential: CredentialReference;

	beforeAll(async () => {
		client = await connect();
	});
	beforeEach(async () => {
		credential = await newCredential(client);
		await admin.resetStats();
	});
	afterEach(async () => {
		for (const file of files.splice(0)) await rm(file);
	});

	async function randomFile(name: string, size: number): Promise<string> {
		const path = await writeRandomFile(name, size);
		files.push(path);
		return path;
	}

	/** Runs: read the file, submit it. */
	async function submit(path: string): Promise<Execution> {
		const file = chain(`Submit ${path}`, [readFilesNode(path), submitNode()]);
		const { id } = await client.importWorkflow(file, { [CREDENTIAL_TYPE]: credential });
		return await client.run(id);
	}

	/** Expects the one receipt to carry the hash that `sha256sum` computes. */
	async function expectReceipt(execution: Execution, path: string): Promise<void> {
		expect(execution.error).toBeUndefined();
		const hash = await sha256sum(path);
		expect(execution.output('Submit').map(({ json }) => json)).toMatchObject([
			{
				sha256: hash,
				integrity: { algorithm: 'SHA-256', sent: hash, received: hash, verified: true },
			},
		]);
	}

	// Of an n8n at N8N_URL nobody can tell how much memory it takes.
	it.runIf(n8n.pid !== null)('needs no more memory for 1 GiB than for 1 KiB', async () => {
		const small = await randomFile('small.bin', KIB);
		const large = await randomFile('large.bin', GIB);
		async function peakOf(path: string): Promise<number> {
			resetPeakOf(n8n.pid!);
			await expectReceipt(await submit(path), path);
			return memoryOf(n8n.pid!).peak;
		}
		await submit(small); // Loads what every run needs.
		// In this order: memory that the large one took might still be n8n's when the small one runs.
		const peakOfSmall = await peakOf(small);
		const rise = (await peakOf(large)) - peakOfSmall;
		console.log(`1 GiB: ${Math.round(rise / MIB)} MiB above the peak for 1 KiB`);
		expect(rise).toBeLessThan(96 * MIB);
	});

	it.each([
		['1 KiB', KIB],
		['100 MiB', 100 * MIB],
	])('submits %s with a token that expired before the run', async (name, size) => {
		const path = await randomFile(`${name.replace(' ', '-')}.bin`, size);
		await submit(await randomFile('before.txt', 10)); // n8n has a token now.
		await admin.expireTokens();
		await admin.resetStats();

		await expectReceipt(await submit(path), path);
		const { uploads, requests } = await admin.stats();
		const received = uploads.reduce((sum, { bytesReceived }) => sum + bytesReceived, 0);
		expect(uploads.filter(({ status }) => status === 201)).toHaveLength(1);
		expect(requests.token).toEqual({ 200: 1 });
		// A small file may go twice; a large one's bytes go once, with less than 64 KiB around them.
		if (size > 8 * MIB) expect(received).toBeLessThan(size + 64 * KIB);
	});

	it('leaves four receipts in input order when one of five items is bad', async () => {
		for (const index of [0, 1, 2, 3, 4]) await randomFile(`item-${index}.bin`, KIB + index);
		const file = chain('Five items', [
			readFilesNode(`${n8n.filesFolder}/item-*.bin`),
			submitNode(
				{
					controlId: "={{ $binary.data.fileName === 'item-2.bin' ? 'no/control' : 'ctrl_abc123' }}",
				},
				{ onError: 'continueRegularOutput' },
			),
		]);
		const { id } = await client.importWorkflow(file, { [CREDENTIAL_TYPE]: credential });
		const execution = await client.run(id);

		expect(execution.status).toBe('success');
		const read = execution.output('Read').map(({ binary }) => binary!.data!.fileName!);
		const output = execution.output('Submit');
		expect(output.map(({ pairedItem }) => pairedItem)).toEqual(
			[0, 1, 2, 3, 4].map((item) => ({ item })),
		);
		for (const [index, { json }] of output.entries()) {
			if (read[index] === 'item-2.bin') {
				expect(json.error).toMatch(/Control ID.*item/s);
			} else {
				expect(json).toMatchObject({
					file_name: read[index],
					integrity: { sent: await sha256sum(`${n8n.filesFolder}/${read[index]}`), verified: true },
				});
			}
		}
		expect((await admin.stats()).uploads).toHaveLength(4);
	});
});
