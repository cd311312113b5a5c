/** What the contract says of faults, in the real n8n that `N8N_UNDER_TEST` names, with its own waits. */
import { createHash, randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';

import { afterEach, beforeAll, describe, expect, test } from 'vitest';

import type { FaultKind } from '../../sandbox/faults.mts';
import type { CredentialReference, Execution, N8nClient } from '../../scripts/n8n/rest.mts';
import { KIB, MIB, sha256sum, writeRandomFile } from '../n8n/files.mts';
import {
	admin,
	chain,
	connect,
	CREDENTIAL_TYPE,
	newCredential,
	readFilesNode,
	submitNode,
} from '../n8n/fixture.mts';

let client: N8nClient;
let credential: CredentialReference;

beforeAll(async () => {
	client = await connect();
	credential = await newCredential(client);
});
afterEach(async () => await admin.clearFaults());

async function run(nodes: Parameters<typeof chain>[1]): Promise<Execution> {
	const file = chain('Faults', nodes);
	const { id } = await client.importWorkflow(file, { [CREDENTIAL_TYPE]: credential });
	return await client.run(id);
}

const storedTimes = async (sha256: string) =>
	(await admin.listEvidence()).filter((evidence) => evidence.sha256 === sha256).length;

async function submitsOnce(): Promise<Execution> {
	const text = randomUUID();
	const sha256 = createHash('sha256').update(text).digest('hex');
	const execution = await run([submitNode({ evidenceSource: 'text', text, fileName: 'note.txt' })]);
	expect(execution.error).toBeUndefined();
	expect(execution.output('Submit')).toMatchObject([
		{ json: { sha256, integrity: { sent: sha256, received: sha256, verified: true } } },
	]);
	expect(await storedTimes(sha256)).toBe(1);
	return execution;
}

async function listsAll(): Promise<void> {
	const execution = await run([
		{
			name: 'List',
			type: 'n8n-nodes-auditdex.auditdex',
			parameters: { resource: 'engagement', operation: 'getAll', returnAll: true },
			credentials: { [CREDENTIAL_TYPE]: { id: '', name: '' } },
		},
	]);
	expect(execution.error).toBeUndefined();
	expect(execution.output('List').length).toBeGreaterThan(0);
}

const once = async (kind: FaultKind, operation: 'listEngagements' | 'submitEvidence') =>
	await admin.addFault({ kind, operation, times: 1 });

describe('A submission is stored once', () => {
	test.each<FaultKind>(['reset', 'reset-mid-upload', '500', '503', '401', '429'])(
		'after %s, which stored nothing',
		async (kind) => {
			await once(kind, 'submitEvidence');
			await submitsOnce();
		},
	);

	test.each<FaultKind>(['reset-after-store', 'reset-mid-response', 'truncated-json'])(
		'after %s, which stored it: it is found again',
		async (kind) => {
			await once(kind, 'submitEvidence');
			const [item] = (await submitsOnce()).output('Submit');
			expect(item?.json).toMatchObject({ recovered: true });
		},
	);

	test.each([
		['1 KiB', KIB],
		['100 MiB', 100 * MIB],
	])('when the token expires during the run, %s', async (name, size) => {
		const path = await writeRandomFile(`during-${name.replace(' ', '-')}.bin`, size);
		const expire = {
			name: 'Expire',
			type: 'n8n-nodes-base.httpRequest',
			typeVersion: 4.2,
			parameters: { method: 'POST', url: admin.urlOf('/tokens/expire'), options: {} },
		};
		const first = { evidenceSource: 'text', text: randomUUID(), fileName: 'note.txt' };
		const execution = await run([
			{ ...submitNode(first), name: 'First' },
			expire,
			readFilesNode(path),
			submitNode(),
		]);
		expect(execution.error).toBeUndefined();
		const sha256 = await sha256sum(path);
		expect(execution.output('Submit')).toMatchObject([
			{ json: { integrity: { sent: sha256, received: sha256, verified: true } } },
		]);
		expect(await storedTimes(sha256)).toBe(1);
		await rm(path);
	});
});

test.each<FaultKind>(['reset', 'reset-mid-response', 'truncated-json', '502-html', '401', '429'])(
	'a list is whole after %s',
	async (kind) => {
		await once(kind, 'listEngagements');
		await listsAll();
	},
);

test('where nothing moves for a minute, a list and a submission end well, too', async () => {
	await once('stall', 'listEngagements');
	await once('stall', 'submitEvidence');
	await Promise.all([listsAll(), submitsOnce()]);
});
