/** What a user does first, in the n8n that `N8N_UNDER_TEST` names: all of it in the real one. */
import { createHash, randomUUID } from 'node:crypto';

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
import { TriggerWorkflow } from '../n8n/triggerWorkflow.mts';
import { TESTS_WITH_A_NEW_TOKEN } from '../n8n/differences.mts';
import { claimedVersion } from './claimedVersion.mts';

let client: N8nClient;
let credential: CredentialReference;

beforeAll(async () => {
	client = await connect();
	credential = await newCredential(client);
});

// One at N8N_URL may be of any version.
test.runIf(n8n.pid !== null)('this is the version that is claimed', async () => {
	expect(n8n.version).toBe(await claimedVersion());
	console.log(`n8n ${n8n.version} at ${n8n.url}, Node.js ${process.version}`);
});

test('the nodes and credentials are there', async () => {
	const catalog = await catalogOf(client);
	for (const [name, version] of [
		['auditdex', 1],
		['auditdexTool', 1],
		['auditdexTrigger', 1.1],
	] as const) {
		expect(catalog.node(`n8n-nodes-auditdex.${name}`, version), name).toBeDefined();
	}
	for (const name of [CREDENTIAL_TYPE, 'auditdexWebhookApi']) {
		expect(catalog.credential(name), name).toBeDefined();
	}
});

describe('The credential', () => {
	async function testOf(changes: IDataObject) {
		const data = credentialData(changes);
		const saved = await client.createCredential(CREDENTIAL_TYPE, data);
		return { data, saved, result: await client.testCredential(saved, CREDENTIAL_TYPE, data) };
	}

	test('that is right works', async () => {
		expect((await testOf({})).result).toMatchObject({ status: 'OK' });
	});

	// Older ones have words of their own for an answer's status, which test/n8n/credential.test.mts isn't for.
	test.each([
		['a wrong client secret', { clientSecret: 'not-the-secret' }],
		['an unknown client ID', { clientId: 'nobody' }],
		['an unknown scope', { scope: 'evidence:write reports:write' }],
		['a scope left out', { scope: 'evidence:write controls:read' }],
		[
			'a scope the client may not have',
			{ clientId: sandbox.limitedClientId, clientSecret: sandbox.limitedClientSecret },
		],
		['another path in the base URL', { baseUrl: sandbox.baseUrl.replace('/v1', '/v9') }],
		['a base URL where nobody listens', { baseUrl: 'http://127.0.0.1:9/v1' }],
		['a base URL without a scheme', { baseUrl: 'api.augixsys.com' }],
		['an empty base URL', { baseUrl: '' }],
		['http on a public host', { baseUrl: 'http://api.augixsys.com/v1' }],
	])('with %s does not, and works once it is right', async (_what, changes) => {
		const { data, saved, result } = await testOf(changes);
		expect(result.status).toBe('Error');
		expect(result.message).not.toBe('');
		expect(result.message).not.toContain(data.clientSecret);
		// 1.x goes on with the token that it has, whatever its scope.
		if (!TESTS_WITH_A_NEW_TOKEN && ('scope' in changes || 'clientId' in changes)) return;
		const right = credentialData();
		await client.updateCredential(saved, CREDENTIAL_TYPE, right);
		expect(await client.testCredential(saved, CREDENTIAL_TYPE, right)).toMatchObject({
			status: 'OK',
		});
	});
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
	expect(await workflow.newRuns(1)).toEqual([[event]]);
	// Had n8n started a run for one of the others, it would be there before that of the next.
	const next = finding();
	expect(await workflow.send(signed(next))).toEqual(ACCEPTED);
	expect(await workflow.newRuns(1)).toEqual([[next]]);
	expect((await workflow.runs()).map(({ status }) => status)).toEqual(['success', 'success']);
	await workflow.deactivate();
});
