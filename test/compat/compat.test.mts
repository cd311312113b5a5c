/** What a user does first, in the n8n that `N8N_UNDER_TEST` names: all of it in the real one. */
import { createHash, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import type { IDataObject } from 'n8n-workflow';
import { beforeAll, describe, expect, test } from 'vitest';

import type { CredentialReference, N8nClient } from '../../scripts/n8n/rest.mts';
import {
	admin,
	chain,
	connect,
	credentialData,
	CREDENTIAL_TYPE,
	n8n,
	newCredential,
	sandbox,
	submitNode,
} from '../n8n/fixture.mts';
import { ACCEPTED, DUPLICATE, finding, refusedWith, signed } from '../n8n/deliveries.mts';
import { catalogOf } from '../n8n/examples/catalog.mts';
import { TRIGGER, TriggerWorkflow } from '../n8n/triggerWorkflow.mts';

const versionFolder = join(
	import.meta.dirname,
	'../../scripts/n8n/versions',
	process.env.N8N_UNDER_TEST || 'current',
);

let client: N8nClient;
let credential: CredentialReference;

beforeAll(async () => {
	client = await connect();
	credential = await newCredential(client);
});

test('this is the version that is claimed', async () => {
	const { dependencies } = JSON.parse(
		await readFile(join(versionFolder, 'package.json'), 'utf8'),
	) as { dependencies: { n8n: string } };
	const { versionCli } = await client.call<{ versionCli: string }>('GET', '/settings');
	expect(versionCli).toBe(dependencies.n8n);
	// The engine tests run on its engine and not on the project's own.
	const require = createRequire(join(process.env.N8N_INSTALLATION!, 'package.json'));
	const { version } = require('n8n/package.json') as { version: string };
	expect(version).toBe(versionCli);
	console.log(`n8n ${versionCli} at ${n8n.url}, Node.js ${process.version}`);
});

test('the nodes and credentials are there', async () => {
	const catalog = await catalogOf(client);
	for (const name of ['auditdex', 'auditdexTool', 'auditdexTrigger']) {
		expect(catalog.node(`n8n-nodes-auditdex.${name}`, 1)).toBeDefined();
	}
	for (const name of [CREDENTIAL_TYPE, 'auditdexWebhookApi']) {
		expect(catalog.credential(name)).toBeDefined();
	}
});

test('the credential says whether it works', async () => {
	for (const [clientSecret, status] of [
		[sandbox.clientSecret, 'OK'],
		['not-the-secret', 'Error'],
	]) {
		const data = credentialData({ clientSecret });
		const saved = await client.createCredential(CREDENTIAL_TYPE, data);
		expect(await client.testCredential(saved, CREDENTIAL_TYPE, data)).toMatchObject({ status });
	}
});

test('an engagement can be found in the list', async () => {
	const { results } = await client.call<{ results: IDataObject[] }>(
		'POST',
		'/dynamic-node-parameters/resource-locator-results',
		{
			nodeTypeAndVersion: { name: 'n8n-nodes-auditdex.auditdex', version: 1 },
			path: 'parameters.engagementId',
			methodName: 'searchEngagements',
			currentNodeParameters: {},
			credentials: { [CREDENTIAL_TYPE]: credential },
			filter: 'soc 2 type',
		},
	);
	expect(results).toMatchObject([{ name: expect.stringContaining('SOC 2 Type II 2026') }]);
});

describe('A submission', () => {
	async function submit() {
		const content = randomUUID();
		const sha256 = createHash('sha256').update(content).digest('hex');
		const workflow = chain('Submit', [
			submitNode({ evidenceSource: 'text', text: content, fileName: 'note.txt' }),
		]);
		const { id } = await client.importWorkflow(workflow, { [CREDENTIAL_TYPE]: credential });
		const execution = await client.run(id);
		return { execution, sha256 };
	}

	test.each(['with the first token', 'with a token that has expired'])(
		'%s gets a verified receipt',
		async (which) => {
			if (which.endsWith('expired')) {
				await submit();
				await admin.expireTokens();
			}
			const { execution, sha256 } = await submit();
			expect(execution.error).toBeUndefined();
			expect(execution.output('Submit')).toMatchObject([
				{
					json: {
						sha256,
						integrity: { algorithm: 'SHA-256', sent: sha256, received: sha256, verified: true },
					},
				},
			]);
			expect(await admin.listEvidence()).toContainEqual(expect.objectContaining({ sha256 }));
		},
	);
});

test('a signed delivery runs once, a forged one never', async () => {
	const workflow = await TriggerWorkflow.start(client);
	const event = finding();
	expect(await workflow.send(signed(event))).toEqual(ACCEPTED);
	expect(await workflow.send(signed(event))).toEqual(DUPLICATE);
	expect(await workflow.send(signed(finding(), 'another-secret'))).toEqual(refusedWith(401));
	const ended = async () => await client.listExecutions({ workflowId: workflow.id });
	await expect.poll(ended, { timeout: 30_000 }).toMatchObject([{ status: 'success' }]);
	const [run] = await ended();
	const { output } = await client.getExecution(run!.id);
	expect(output(TRIGGER).map(({ json }) => json)).toEqual([event]);
	await workflow.deactivate();
});
