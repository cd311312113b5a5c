import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser, Page } from 'playwright-core';

import { admin, connect, sandbox } from '../n8n/fixture.mts';
import { TriggerWorkflow } from '../n8n/triggerWorkflow.mts';
import { openBrowser, PATIENCE_MS } from './editor.mts';

let browser: Browser;
let page: Page;
let trigger: TriggerWorkflow;
/** What the browser complains about, such as what the page's own policy forbids. */
const complaints: string[] = [];

beforeAll(async () => {
	browser = await openBrowser();
	page = await browser.newPage();
	page.setDefaultTimeout(PATIENCE_MS);
	page.on('console', (message) => complaints.push(message.text()));
	page.on('pageerror', ({ message }) => complaints.push(message));
	trigger = await TriggerWorkflow.start(await connect());
});
afterAll(async () => {
	await trigger?.deactivate();
	await browser?.close();
});

const press = async (name: string) => await page.getByRole('button', { name, exact: true }).click();

/** Reads the secret, which the page shows now and not when it's reloaded. */
async function secretShownOnce(): Promise<string> {
	const secret = page.locator('output');
	const text = await secret.innerText();
	await page.reload();
	expect(await secret.count()).toBe(0);
	return text;
}

/** Reloads the page of a delivery until it's in this state, after so many attempts at the least. */
async function untilState(state: 'Delivered' | 'Pending', attempts: number): Promise<void> {
	await expect
		.poll(async () => {
			await page.getByRole('link', { name: 'Refresh' }).click();
			const badge = await page.locator('main > p .badge').first().innerText();
			const count = await page.getByRole('heading', { name: /^Attempt/ }).count();
			return badge === state && count >= attempts;
		})
		.toBe(true);
}

test('a webhook on the settings page, from its first secret to its removal', async () => {
	await page.goto(sandbox.settingsUrl);
	await page.getByLabel('URL').fill('http://n8n.example.com/webhook/1');
	await press('Add webhook');
	await page.getByRole('alert').getByText('must start with https://').waitFor();
	expect(await page.getByLabel('URL').inputValue()).toBe('http://n8n.example.com/webhook/1');

	await page.getByLabel('URL').fill(trigger.url);
	await page.getByLabel('control.concluded').check();
	await press('Add webhook');
	await page.getByRole('heading', { name: trigger.url }).waitFor();
	const webhookPage = page.url().replace(/\?.*/, '');
	const first = await secretShownOnce();
	await trigger.changeSecrets({ signingSecret: first });

	await press('Send test event');
	await untilState('Delivered', 1);
	const delivery = page.getByRole('region', { name: 'Attempt 1' });
	expect(await delivery.innerText()).toMatch(/X-Auditdex-Signature: sha256=[0-9a-f]{64}\n/);
	expect(await delivery.innerText()).toContain('HTTP status 200');
	expect(await delivery.innerText()).toContain('{"received":true}');
	expect(await trigger.newRuns(1)).toMatchObject([[{ event: 'control.concluded' }]]);
	await press('Redeliver');
	await untilState('Delivered', 2);
	await page.getByText('{"received":true,"duplicate":true}').waitFor();
	expect(await trigger.newRuns()).toEqual([]);

	// Rotated with a time of grace: the receiver may still have the old secret, or have the new one.
	await page.goto(webhookPage);
	await press('Rotate secret');
	const second = await secretShownOnce();
	expect(second).not.toBe(first);
	await press('Send test event');
	await untilState('Delivered', 1);
	expect(await trigger.newRuns(1)).toHaveLength(1);
	await page.goto(webhookPage);
	await press('Stop using the previous secret');
	await press('Send test event');
	await untilState('Pending', 1);
	await page.getByRole('region', { name: 'Attempt 1' }).getByText('HTTP status 401').waitFor();
	expect(await trigger.newRuns()).toEqual([]);
	await trigger.changeSecrets({ signingSecret: second });
	// On a slow machine the service has done so by itself by now.
	await page.getByRole('button', { name: /^(Try again now|Redeliver)$/ }).click();
	await untilState('Delivered', 2);
	expect(await trigger.newRuns(1)).toHaveLength(1);

	await page.goto(webhookPage);
	await page.getByText('Remove this webhook').click();
	await press('Remove webhook');
	await page.getByRole('heading', { name: 'Webhooks', exact: true }).waitFor();
	expect(await page.getByRole('link', { name: trigger.url }).count()).toBe(0);
	expect((await admin.listWebhooks()).some(({ url }) => url === trigger.url)).toBe(false);
	// The one form that was refused is noted by the browser.
	expect(complaints.filter((text) => !text.includes('400 (Bad Request)'))).toEqual([]);
});
