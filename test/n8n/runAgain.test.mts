/**
 * n8n runs the node again, with Retry On Fail, with "Retry" on a failed execution, and in a loop: each
 * file is stored once, and equal items of different rounds once a round.
 */
import { rm } from 'node:fs/promises';
import type { INode } from 'n8n-workflow';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type {
	CredentialReference,
	Execution,
	N8nClient,
	WorkflowFile,
} from '../../scripts/n8n/rest.mts';
import { KIB, sha256sum, writeRandomFile } from './files.mts';
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

const FILES = ['again-a.bin', 'again-b.bin', 'again-c.bin'];
const RETRY = { retryOnFail: true, maxTries: 3, waitBetweenTries: 100 };

describe('n8n runs the node again', () => {
	let client: N8nClient;
	let credential: CredentialReference;
	/** SHA-256 of the files, in the order of their names. */
	let hashes: string[];
	let storedBefore: number;

	beforeAll(async () => {
		client = await connect();
	});
	beforeEach(async () => {
		credential = await newCredential(client);
		const paths = await Promise.all(FILES.map(async (name) => await writeRandomFile(name, KIB)));
		hashes = await Promise.all(paths.map(sha256sum));
		storedBefore = (await admin.listEvidence()).length;
		await admin.resetStats();
	});
	afterEach(async () => {
		await admin.clearFaults();
		await Promise.all(FILES.map(async (name) => await rm(`${n8n.filesFolder}/${name}`)));
	});

	const submit = (settings: Partial<INode> = {}) =>
		submitNode({ options: { parallelRequests: 1, maxRetries: 0 } }, settings);

	const load = async (file: WorkflowFile): Promise<string> =>
		(await client.importWorkflow(file, { [CREDENTIAL_TYPE]: credential })).id;

	/** The second submission from now on is refused, the others are not. */
	async function refuseSecond(): Promise<void> {
		const operation = 'submitEvidence';
		await admin.addFault({ kind: 'slow', delayMs: 1, operation, times: 1 });
		await admin.addFault({ kind: '400-fields', operation, times: 1 });
	}

	const newlyStored = async () =>
		(await admin.listEvidence()).slice(storedBefore).map(({ sha256 }) => sha256);

	async function expectEachStoredOnce(execution: Execution): Promise<void> {
		expect(execution.error).toBeUndefined();
		expect(execution.status).toBe('success');
		expect((await newlyStored()).sort()).toEqual([...hashes].sort());
		const output = execution.output('Submit');
		expect(output.map(({ json }) => json.sha256).sort()).toEqual([...hashes].sort());
		for (const { json } of output) expect(json.integrity).toMatchObject({ verified: true });
	}

	it.each<[string, Partial<INode>]>([
		['', {}],
		[' and Continue on Fail', { onError: 'continueRegularOutput' }],
	])(
		'with Retry On Fail%s, when the second of three items is refused once',
		async (_what, more) => {
			await refuseSecond();
			const nodes = [
				readFilesNode(`${n8n.filesFolder}/again-*.bin`),
				submit({ ...RETRY, ...more }),
			];
			await expectEachStoredOnce(await client.run(await load(chain('Again', nodes))));
		},
	);

	it('with "Retry" on the failed execution', async () => {
		await refuseSecond();
		const nodes = [readFilesNode(`${n8n.filesFolder}/again-*.bin`), submit()];
		const failed = await client.run(await load(chain('Again', nodes)));
		expect(failed.status).toBe('error');
		expect(failed.error?.description).toContain('1 file was stored before that');
		expect(await newlyStored()).toHaveLength(1);

		const retried = await client.retryExecution(failed);
		await expectEachStoredOnce(retried);
		expect(retried.output('Submit').map(({ json }) => json.repeated ?? false)).toEqual([
			true,
			false,
			false,
		]);
	});

	it('with "Retry" and an edited workflow, what has changed is sent', async () => {
		await refuseSecond();
		const nodes = [readFilesNode(`${n8n.filesFolder}/again-*.bin`), submit()];
		const id = await load(chain('Again', nodes));
		const failed = await client.run(id);
		expect(failed.status).toBe('error');

		const { nodes: saved } = await client.getWorkflow(id);
		const edited = saved.map((node) =>
			node.name === 'Submit'
				? { ...node, parameters: { ...node.parameters, description: 'Edited' } }
				: node,
		);
		await client.updateWorkflow(id, { nodes: edited });
		const retried = await client.retryExecution(failed, true);
		expect(retried.status).toBe('success');
		expect(retried.output('Submit').map(({ json }) => json.description)).toEqual(
			Array(3).fill('Edited'),
		);
		expect(await newlyStored()).toHaveLength(4);
	});

	it('inside Loop Over Items, equal items of two rounds are stored in both', async () => {
		await refuseSecond();
		const loop = chain('Loop', [
			{
				name: 'Twice',
				type: 'n8n-nodes-base.code',
				parameters: { jsCode: 'return [{ json: { n: 1 } }, { json: { n: 2 } }];' },
			},
			{ name: 'Loop', type: 'n8n-nodes-base.splitInBatches', parameters: { options: {} } },
			submitNode(
				{
					evidenceSource: 'text',
					text: 'the same in both rounds',
					fileName: 'same.txt',
					options: { parallelRequests: 1, maxRetries: 0 },
				},
				RETRY,
			),
		]);
		loop.nodes = loop.nodes.map((node) =>
			node.name === 'Loop'
				? { ...node, typeVersion: 3 }
				: node.name === 'Twice'
					? { ...node, typeVersion: 2 }
					: node,
		);
		loop.connections.Loop = {
			main: [[], [{ node: 'Submit', type: 'main', index: 0 }]],
		};
		loop.connections.Submit = { main: [[{ node: 'Loop', type: 'main', index: 0 }]] };
		const execution = await client.run(await load(loop));
		expect(execution.error).toBeUndefined();
		expect(execution.status).toBe('success');
		const stored = (await admin.listEvidence()).slice(storedBefore);
		expect(stored).toHaveLength(2);
		const output = execution.output('Submit');
		expect(output.map(({ json }) => json.id)).toEqual(stored.map(({ id }) => id));
		expect(output.map(({ json }) => json.repeated)).toEqual([undefined, undefined]);
	});
});
