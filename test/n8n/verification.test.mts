import { rm } from 'node:fs/promises';

import type { IDataObject } from 'n8n-workflow';
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

describe('Verifying files in a real n8n', () => {
	const files: string[] = [];
	let client: N8nClient;
	let credential: CredentialReference;

	beforeAll(async () => {
		client = await connect();
		credential = await newCredential(client);
	});
	beforeEach(async () => await admin.resetStats());
	afterEach(async () => {
		for (const file of files.splice(0)) await rm(file);
	});

	async function randomFile(name: string, size: number): Promise<string> {
		const path = await writeRandomFile(name, size);
		files.push(path);
		return path;
	}

	/** Runs: read the files, verify them or do what other parameters say. */
	async function run(path: string, parameters: IDataObject = {}): Promise<Execution> {
		const file = chain(`Verify ${path}`, [
			readFilesNode(path),
			submitNode({ operation: 'verify', ...parameters }),
		]);
		const { id } = await client.importWorkflow(file, { [CREDENTIAL_TYPE]: credential });
		const execution = await client.run(id);
		expect(execution.error).toBeUndefined();
		return execution;
	}

	const outputOf = (execution: Execution) => execution.output('Submit').map(({ json }) => json);

	it('tells a file that is linked from one that is not, and sends nothing', async () => {
		const linked = await randomFile('linked.bin', 10 * MIB);
		const other = await randomFile('other.bin', 10 * MIB);
		const [receipt] = outputOf(await run(linked, { operation: 'submit' }));
		await admin.resetStats();
		expect(outputOf(await run(linked))).toMatchObject([
			{
				verified: true,
				sha256: await sha256sum(linked),
				fileName: 'linked.bin',
				evidence: [{ id: receipt!.id, sha256: await sha256sum(linked) }],
			},
		]);
		expect(outputOf(await run(other))).toEqual([
			{ verified: false, sha256: await sha256sum(other), fileName: 'other.bin', evidence: [] },
		]);
		expect((await admin.stats()).uploads).toEqual([]);
	});

	it('takes the file itself by expression', async () => {
		const path = await randomFile('expression.bin', KIB);
		for (const binaryPropertyName of ['={{ $binary.data }}', "={{ $('Read').item.binary.data }}"]) {
			expect(outputOf(await run(path, { binaryPropertyName }))).toMatchObject([
				{ sha256: await sha256sum(path), fileName: 'expression.bin' },
			]);
		}
		expect(
			outputOf(await run(path, { operation: 'submit', binaryPropertyName: '={{ $binary.data }}' })),
		).toMatchObject([
			{ file_name: 'expression.bin', integrity: { sent: await sha256sum(path), verified: true } },
		]);
	});

	it('asks a control once for 100 files', async () => {
		for (let index = 0; index < 100; index++) await randomFile(`many-${index}.bin`, KIB + index);
		const output = outputOf(await run(`${n8n.filesFolder}/many-*.bin`));
		expect(output).toHaveLength(100);
		for (const { fileName, sha256, verified } of output) {
			expect(sha256).toBe(await sha256sum(`${n8n.filesFolder}/${String(fileName)}`));
			expect(verified).toBe(false);
		}
		expect((await admin.stats()).requests.getControl).toEqual({ 200: 1 });
	});

	// Of an n8n at N8N_URL nobody can tell how much memory it takes.
	it.runIf(n8n.pid !== null)('needs no more memory for 1 GiB than for 1 KiB', async () => {
		const small = await randomFile('small.bin', KIB);
		const large = await randomFile('large.bin', GIB);
		async function peakOf(path: string): Promise<number> {
			resetPeakOf(n8n.pid!);
			expect(outputOf(await run(path))).toMatchObject([{ sha256: await sha256sum(path) }]);
			return memoryOf(n8n.pid!).peak;
		}
		await run(small); // Loads what every run needs.
		const peakOfSmall = await peakOf(small);
		const rise = (await peakOf(large)) - peakOfSmall;
		console.log(`1 GiB: ${Math.round(rise / MIB)} MiB above the peak for 1 KiB`);
		expect(rise).toBeLessThan(96 * MIB);
	});
});
