import { createHmac } from 'node:crypto';

import type { Browser } from 'playwright-core';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { N8nClient } from '../../scripts/n8n/rest.mts';
import {
	chain,
	connect,
	CONTROL,
	credentialData,
	CREDENTIAL_TYPE,
	ENGAGEMENT,
	n8n,
	newCredential,
} from '../n8n/fixture.mts';
import { Editor, openBrowser, type ColourScheme } from './editor.mts';
import { accessReview } from './workflows.mts';

const SIGNING_SECRET = 'kE8vQ2nX5tR9wZ3bC6mJ1pL4';

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
		await editor.page.getByText('Actions (3)').click();
		await editor.page.getByText('Submit evidence').waitFor();
	});

	test('the OAuth2 credential says at once whether it works', async () => {
		const { id } = await client.importWorkflow(accessReview);
		await editor.openWorkflow(id);
		await editor.openNode('Submit evidence');
		await editor.newCredential();
		const { clientId, clientSecret, baseUrl } = credentialData() as Record<string, string>;
		await editor.saveCredential({ clientId: clientId!, clientSecret: 'wrong', baseUrl: baseUrl! });
		expect(await editor.credentialComplaint()).toContain('Client authentication failed');
		await editor.saveCredential({ clientSecret: clientSecret! });
		const form = await editor.openCredential();
		await form.getByText('Connection tested successfully').waitFor();
		await editor.picture('credential', form);
		await editor.closeCredential();
	});

	test('the webhook credential says what can be said', async () => {
		const workflow = chain('Findings', [
			{
				name: 'Auditdex Trigger',
				type: 'n8n-nodes-auditdex.auditdexTrigger',
				parameters: { events: ['finding.raised'] },
			},
		]);
		const { id } = await client.importWorkflow(workflow);
		await editor.openWorkflow(id);
		await editor.openNode('Auditdex Trigger');
		await editor.newCredential();
		await editor.saveCredential({ signingSecret: 'your-webhook-secret' });
		expect(await editor.credentialComplaint()).toContain('looks like a placeholder');
		await editor.saveCredential({ signingSecret: SIGNING_SECRET });
		const form = await editor.openCredential();
		await form.getByText('Connection tested successfully').waitFor();
		await editor.closeCredential();
	});

	test('an engagement is picked from the list, a file submitted and its receipt read', async () => {
		await client.createCredential(CREDENTIAL_TYPE, credentialData(), `Auditdex ${scheme}`);
		const { id } = await client.importWorkflow(accessReview);
		await editor.openWorkflow(id);
		await editor.openNode('Submit evidence');
		const entries = await editor.searchList('engagementId', 'soc 2 type');
		await entries.first().waitFor();
		expect(await entries.allInnerTexts()).toEqual([expect.stringContaining('SOC 2 Type II 2026')]);
		await entries.first().click();
		await editor
			.part('parameter-input-controlId')
			.locator('input, [contenteditable]')
			.first()
			.fill(CONTROL);
		await editor.execute();
		await editor.output.getByText('integrity').first().waitFor();
		await editor.part('radio-button-json').locator('visible=true').last().click();
		await editor.output.getByText('"verified"').waitFor();
		expect(await editor.output.innerText()).toMatch(/"verified":\s*true/);
		await editor.picture('submit', editor.part('ndv'));
		await editor.closeNode();
	});

	test.each([
		['control', 'Get', { resource: 'control', operation: 'get', controlId: CONTROL }],
		['engagements', 'Get Many', { resource: 'engagement', operation: 'getAll' }],
	])('the panel of %s: %s reads and runs', async (name, _operation, parameters) => {
		const credential = await newCredential(client);
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
		await editor.picture(name, editor.part('ndv'));
		await editor.closeNode();
	});

	test('a test event arrives while the trigger listens', async () => {
		const credential = await client.createCredential('auditdexWebhookApi', {
			signingSecret: SIGNING_SECRET,
		});
		const webhookId = crypto.randomUUID();
		const { id } = await client.importWorkflow(
			{
				name: 'Finding raised',
				nodes: [
					{
						id: '1',
						name: 'Auditdex Trigger',
						type: 'n8n-nodes-auditdex.auditdexTrigger',
						typeVersion: 1,
						position: [0, 0],
						webhookId,
						parameters: { events: ['finding.raised'] },
						credentials: { auditdexWebhookApi: credential },
					},
				],
				connections: {},
				settings: { executionOrder: 'v1' },
			},
			{ auditdexWebhookApi: credential },
		);
		await editor.openWorkflow(id);
		await editor.openNode('Auditdex Trigger');
		await editor.page.getByText('Webhook URLs').click();
		await editor.part('radio-button-production').click();
		await editor.picture('trigger', editor.part('ndv'));
		await editor.execute();
		await editor.page.getByText('Listening for test event').first().waitFor();
		const body = JSON.stringify({
			event: 'finding.raised',
			timestamp: new Date().toISOString(),
			data: { engagement_id: ENGAGEMENT, finding_id: 'fnd_def456', severity: 'significant' },
		});
		const signature = createHmac('sha256', SIGNING_SECRET).update(body).digest('hex');
		const answer = await request(`${n8n.url}/webhook-test/${webhookId}/webhook`, {
			method: 'POST',
			headers: { 'content-type': 'application/json', 'x-auditdex-signature': signature },
			body,
		});
		expect(await answer.body.json()).toEqual({ received: true });
		await editor.output.getByText('fnd_def456').first().waitFor();
		await editor.closeNode();
	});
});
