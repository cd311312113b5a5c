import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { CredentialReference, N8nClient, WorkflowFile } from '../../scripts/n8n/rest.mts';
import { ACCEPTED, finding, SECRET, send, signed } from '../n8n/deliveries.mts';
import {
	admin,
	chain,
	connect,
	CONTROL,
	credentialData,
	CREDENTIAL_TYPE,
	ENGAGEMENT,
	n8n,
	sandbox,
} from '../n8n/fixture.mts';
import { Editor, openBrowser, type ColourScheme } from './editor.mts';
import { accessReview } from './workflows.mts';

let browser: Browser;
let client: N8nClient;

beforeAll(async () => {
	browser = await openBrowser();
	client = await connect();
});
afterAll(async () => await browser.close());

describe.each<ColourScheme>(['light', 'dark'])('in the %s editor', (scheme) => {
	let editor: Editor;

	beforeAll(async () => {
		editor = await Editor.open(browser, n8n.url, scheme);
	});
	afterAll(async () => await editor.close());

	test.each(['audit', 'evidence'])('both nodes are found by searching "%s"', async (words) => {
		const found = await editor.searchNodes(words);
		await found.first().click();
		await editor.page.getByText('On finding raised').waitFor();
		await editor.page.getByText('Actions (4)').click();
		await editor.page.getByText('Submit evidence').waitFor();
	});

	test('the OAuth2 credential says at once whether it works', async () => {
		const { id } = await client.importWorkflow(accessReview);
		await editor.openWorkflow(id);
		await editor.openNode('Submit evidence');
		await editor.newCredential();
		const { clientId, clientSecret, baseUrl } = credentialData() as Record<string, string>;
		await editor.saveCredential({ clientId: clientId!, clientSecret: 'wrong', baseUrl: baseUrl! });
		await editor.untilCredentialComplaint('Client authentication failed');
		await editor.saveCredential({ clientSecret: clientSecret! });
		const form = await editor.openCredential();
		await form.getByText('Connection tested successfully').waitFor();
		await editor.pictureOfCredential('credential', 'baseUrl');
		await editor.closeCredential();
	});

	test('the webhook credential says what can be said', async () => {
		const workflow = chain('Findings', [
			{
				name: 'Auditdex Trigger',
				type: 'n8n-nodes-auditdex.auditdexTrigger',
				typeVersion: 1.1,
				parameters: { events: ['finding.raised'] },
			},
		]);
		const { id } = await client.importWorkflow(workflow);
		await editor.openWorkflow(id);
		await editor.openNode('Auditdex Trigger');
		await editor.newCredential();
		await editor.saveCredential({ signingSecret: 'your-webhook-secret' });
		await editor.untilCredentialComplaint('looks like a placeholder');
		await editor.saveCredential({ signingSecret: SECRET });
		const form = await editor.openCredential();
		await form.getByText('Connection tested successfully').waitFor();
		await editor.closeCredential();
	});

	test('an engagement is picked from the list, a file submitted and its receipt read', async () => {
		await client.createCredential(CREDENTIAL_TYPE, credentialData(), 'Auditdex account');
		const { id } = await client.importWorkflow(accessReview);
		await editor.openWorkflow(id);
		await editor.openNode('Submit evidence');
		const entries = await editor.searchList('engagementId', 'soc 2 type');
		await entries.first().waitFor();
		// Until they are filtered, the whole list is shown.
		await expect
			.poll(async () => await entries.allInnerTexts())
			.toEqual([expect.stringContaining('SOC 2 Type II 2026')]);
		await entries.first().click();
		await editor.enter('controlId', CONTROL);
		await editor.execute();
		await editor.output.getByText('integrity').first().waitFor();
		await editor.showOutput();
		await editor.output.getByText('"verified"').waitFor();
		await expect.poll(async () => await editor.output.innerText()).toMatch(/"verified":\s*true/);
		await editor.pictureOfNode('submit');
		await editor.closeNode();
	});

	test('Verify tells that the control has exactly the file of this hash', async () => {
		const { sha256 } = (await admin.listEvidence()).findLast(
			({ control_id }) => control_id === CONTROL,
		)!;
		const credential = await client.createCredential(
			CREDENTIAL_TYPE,
			credentialData(),
			'Auditdex account',
		);
		const workflow = chain('Verify', [
			{
				name: 'Auditdex',
				type: 'n8n-nodes-auditdex.auditdex',
				parameters: {
					operation: 'verify',
					engagementId: { __rl: true, mode: 'id', value: ENGAGEMENT },
					controlId: CONTROL,
					evidenceSource: 'sha256',
					sha256,
				},
				credentials: { [CREDENTIAL_TYPE]: credential },
			},
		]);
		const { id } = await client.importWorkflow(workflow, { [CREDENTIAL_TYPE]: credential });
		await editor.openWorkflow(id);
		await editor.openNode('Auditdex');
		await editor.execute();
		await editor.output.getByText('verified').first().waitFor();
		await editor.showOutput();
		await expect.poll(async () => await editor.output.innerText()).toMatch(/"verified":\s*true/);
		await editor.pictureOfNode('verify');
		await editor.closeNode();
	});

	test.each([
		[
			'control',
			'Get',
			{ resource: 'control', operation: 'get', controlId: CONTROL },
			'"testing_status"',
		],
		['engagements', 'Get Many', { resource: 'engagement', operation: 'getAll' }, '"framework"'],
	])('the panel of %s: %s reads and runs', async (name, _operation, parameters, shown) => {
		const credential = await client.createCredential(
			CREDENTIAL_TYPE,
			credentialData(),
			'Auditdex account',
		);
		const workflow = chain(name, [
			{
				name: 'Auditdex',
				type: 'n8n-nodes-auditdex.auditdex',
				parameters: {
					engagementId: { __rl: true, mode: 'id', value: ENGAGEMENT },
					...parameters,
				},
				credentials: { [CREDENTIAL_TYPE]: credential },
			},
		]);
		const { id } = await client.importWorkflow(workflow, { [CREDENTIAL_TYPE]: credential });
		await editor.openWorkflow(id);
		await editor.openNode('Auditdex');
		await editor.execute();
		await editor.output
			.getByText(/\d+ items?/)
			.first()
			.waitFor();
		await editor.showOutput();
		await editor.output.getByText(shown).first().waitFor();
		await editor.pictureOfNode(name);
		await editor.closeNode();
	});

	/** A workflow that starts with the trigger, on findings. */
	const triggerWorkflow = (name: string, credential?: CredentialReference): WorkflowFile => ({
		name,
		nodes: [
			{
				id: '1',
				name: 'Auditdex Trigger',
				type: 'n8n-nodes-auditdex.auditdexTrigger',
				typeVersion: 1.1,
				position: [0, 0],
				webhookId: crypto.randomUUID(),
				parameters: { events: ['finding.raised'] },
				...(credential && { credentials: { auditdexWebhookApi: credential } }),
			},
		],
		connections: {},
		settings: { executionOrder: 'v1' },
	});

	test('a test event arrives while the trigger listens', async () => {
		const credential = await client.createCredential(
			'auditdexWebhookApi',
			{ signingSecret: SECRET },
			'Auditdex webhook',
		);
		const workflow = triggerWorkflow('Finding raised', credential);
		const { id } = await client.importWorkflow(workflow, { auditdexWebhookApi: credential });
		await editor.openWorkflow(id);
		await editor.openNode('Auditdex Trigger');
		await editor.execute();
		await editor.page.getByText('Listening for test event').first().waitFor();
		const delivery = signed(finding({}, { finding_id: 'fnd_def456' }));
		const { webhookId } = workflow.nodes[0]!;
		const answer = await send(`${n8n.url}/webhook-test/${webhookId}/webhook`, delivery);
		expect(answer).toEqual(ACCEPTED);
		await editor.output.getByText('fnd_def456').first().waitFor();
		await editor.showOutput();
		await editor.productionUrl();
		await editor.pictureOfNode('trigger');
		await editor.closeNode();
	});

	test('a webhook is added in AUDITDEX, its secret entered, the workflow published: an event runs it', async () => {
		const workflow = triggerWorkflow(`Finding raised, ${scheme}`);
		const { id } = await client.importWorkflow(workflow);
		await editor.openWorkflow(id);
		await editor.openNode('Auditdex Trigger');
		const url = await editor.productionUrl();

		const settings = await editor.openBeside(sandbox.settingsUrl);
		await settings.getByLabel('URL').fill(url);
		await settings.getByRole('button', { name: 'Add webhook' }).click();
		const shownOnce = settings.locator('section', { hasText: 'New signing secret' });
		const secret = await shownOnce.locator('output').innerText();
		await editor.pictureOfSite('webhook-settings', shownOnce);

		await editor.newCredential();
		await editor.saveCredential({ signingSecret: secret });
		await editor.closeNode();
		await editor.publish();
		await client.waitForWebhook(workflow.nodes[0]!);

		await settings.getByRole('button', { name: 'Send test event' }).click();
		await expect
			.poll(async () => await client.listExecutions({ workflowId: id }))
			.toMatchObject([{ status: 'success', mode: 'webhook' }]);
		await settings.close();
	});
});
