/**
 * n8n's editor as a user works in it, in Debian's Chromium. What is looked for on the page is here
 * alone; the tests read like what the user does.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { chromium, type Browser, type Locator, type Page } from 'playwright-core';

import { OWNER } from '../../scripts/n8n/rest.mts';

export type ColourScheme = 'light' | 'dark';

/** How long the browser may take for anything: a busy machine needs half a minute to open the editor. */
export const PATIENCE_MS = 120_000;

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
/** Where the README's pictures are; they are only taken where this is set. */
const PICTURES = process.env.SCREENSHOTS;

/** As wide as it must be for n8n to show a node's input, parameters and output side by side. */
const WINDOW = { width: 1280, height: 860 };

/** Where in the window the parameters of a node go when the output gets more room. */
const PARAMETERS_MIDDLE = 550;

/** Around what's in a picture. */
const MARGIN = 12;

/** No sandbox within a container, and nothing that looks for hosts outside. */
const FLAGS = [
	'--no-sandbox',
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
];

export async function openBrowser(): Promise<Browser> {
	return await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}

type Box = { x: number; y: number; width: number; height: number };

/** @throws Error when it's not on the page */
async function boxOf(part: Locator): Promise<Box> {
	const box = await part.boundingBox();
	if (!box) throw new Error('What is to be in the picture is not to be seen');
	return box;
}

export class Editor {
	readonly page: Page;

	private readonly url: string;

	private readonly scheme: ColourScheme;

	private constructor(page: Page, url: string, scheme: ColourScheme) {
		this.page = page;
		this.url = url;
		this.scheme = scheme;
	}

	/** Signs the owner in, in a window of their own. */
	static async open(browser: Browser, url: string, scheme: ColourScheme): Promise<Editor> {
		const context = await browser.newContext({
			colorScheme: scheme,
			viewport: WINDOW,
		});
		const page = await context.newPage();
		page.setDefaultTimeout(PATIENCE_MS);
		const editor = new Editor(page, url, scheme);
		await page.goto(`${url}/signin`);
		await page.locator('input[type=email], input[name=emailOrLdapLoginId]').fill(OWNER.email);
		await page.locator('input[type=password]').fill(OWNER.password);
		await editor.part('form-submit-button').click();
		await page.waitForURL(/\/(home|workflow)/);
		return editor;
	}

	async close(): Promise<void> {
		await this.page.context().close();
	}

	/** A part of the page by n8n's own test id. */
	part(testId: string): Locator {
		return this.page.locator(`[data-test-id="${testId}"]`);
	}

	/** Takes a picture of a credential's form for the README, down to its last field. */
	async pictureOfCredential(name: string, lastField: string): Promise<void> {
		if (!PICTURES) return;
		await this.page.setViewportSize({ ...WINDOW, height: 1200 });
		const [form, last] = await Promise.all([
			boxOf(await this.credentialForm()),
			boxOf(this.part(`parameter-input-${lastField}`)),
		]);
		await this.takePicture(name, { ...form, height: last.y + last.height + MARGIN - form.y });
		await this.page.setViewportSize(WINDOW);
	}

	/**
	 * Takes a picture of the open node for the README: parameters and output. The input is left out,
	 * so that the rest is readable at the README's width.
	 */
	async pictureOfNode(name: string): Promise<void> {
		if (!PICTURES) return;
		await this.part('node-execute-button').first().getByText('Execute step').waitFor();
		const [{ x }, { y, height, ...output }] = await Promise.all([
			boxOf(this.part('node-parameters')),
			boxOf(this.output),
		]);
		const width = output.x + output.width - x;
		// Without the window's rounded corners.
		await this.takePicture(name, { x, y, width, height: height - MARGIN });
	}

	private async takePicture(name: string, clip: Box, page = this.page): Promise<void> {
		await mkdir(PICTURES!, { recursive: true });
		const suffix = this.scheme === 'dark' ? '-dark' : '';
		await page.screenshot({
			path: join(PICTURES!, `${name}${suffix}.png`),
			clip,
			animations: 'disabled',
			caret: 'hide',
			style: '.el-notification { display: none }',
		});
	}

	async openWorkflow(id: string): Promise<void> {
		await this.page.goto(`${this.url}/workflow/${id}`);
		await this.part('canvas-node').first().waitFor();
	}

	/** What the nodes panel finds, as it is on a new workflow. */
	async searchNodes(words: string): Promise<Locator> {
		await this.page.goto(`${this.url}/workflow/new`);
		const search = this.part('node-creator-search-bar');
		await this.part('canvas-plus-button').or(search).first().waitFor();
		if (!(await search.isVisible())) await this.part('canvas-plus-button').click();
		await search.fill(words);
		return this.part('item-iterator-item').filter({ hasText: /^\s*Auditdex/ });
	}

	async openNode(name: string): Promise<void> {
		await this.part('canvas-node').filter({ hasText: name }).dblclick();
		await this.part('ndv').waitFor();
	}

	/** Shows the output as JSON, with more room for it. */
	async showOutput(): Promise<void> {
		await this.part('radio-button-json').locator('visible=true').last().click();
		const handle = this.part('panel-drag-button');
		await handle.hover();
		const { y } = await boxOf(handle);
		await this.page.mouse.down();
		await this.page.mouse.move(PARAMETERS_MIDDLE, y, { steps: 5 });
		await this.page.mouse.up();
	}

	async closeNode(): Promise<void> {
		await this.part('ndv-close-button').click();
		await this.part('ndv').waitFor({ state: 'hidden' });
	}

	get output(): Locator {
		return this.part('output-panel');
	}

	/** Enters a parameter's value, and waits until n8n has taken it, which it does after 100 ms without another. */
	async enter(parameter: string, value: string): Promise<void> {
		const field = this.part(`parameter-input-${parameter}`);
		await field.locator('input, [contenteditable]').first().fill(value);
		await this.page.evaluate(async () => await new Promise((taken) => setTimeout(taken, 200)));
	}

	async execute(): Promise<void> {
		await this.part('node-execute-button').first().click();
	}

	/** Opens the form of a new credential from the node's panel; it looks so while there is none. */
	async newCredential(): Promise<Locator> {
		const first = this.part('node-credentials-empty-state').locator('button').first();
		const select = this.part('node-credentials-select');
		await first.or(select).first().waitFor();
		if (await first.isVisible()) {
			await first.click();
		} else {
			await select.click();
			await this.part('node-credentials-select-item-new').click();
		}
		return await this.credentialForm();
	}

	/** Opens the chosen credential, which n8n then tests. A form that is still closing would close this one, too. */
	async openCredential(): Promise<Locator> {
		await this.part('editCredential-modal').waitFor({ state: 'hidden' });
		await this.part('credential-edit-button').click();
		return await this.credentialForm();
	}

	private async credentialForm(): Promise<Locator> {
		const form = this.part('editCredential-modal');
		await form.waitFor();
		return form;
	}

	/** Saves what is entered; the form closes by itself where n8n's test of it succeeds. */
	async saveCredential(fields: Record<string, string>): Promise<void> {
		for (const [name, value] of Object.entries(fields)) {
			await this.enter(name, value);
		}
		// Not the box around it, which takes a click while the button is disabled.
		await this.part('credential-save-button').getByRole('button').click();
	}

	/** Waits until n8n says this about a credential that doesn't work. */
	async untilCredentialComplaint(text: string): Promise<void> {
		const form = await this.credentialForm();
		await form.getByText('More details').click();
		await form.getByText(text).first().waitFor();
	}

	async closeCredential(): Promise<void> {
		const form = await this.credentialForm();
		await form.locator('.el-dialog__headerbtn').click();
		await form.waitFor({ state: 'hidden' });
	}

	/** The address that the open trigger's node shows for deliveries. */
	async productionUrl(): Promise<string> {
		await this.page.getByText('Webhook URLs').click();
		await this.part('radio-button-production').click();
		return await this.page
			.getByText(/^http.*\/webhook\/[^/]+\/webhook$/)
			.first()
			.innerText();
	}

	/** Publishes the open workflow, which makes its trigger live. */
	async publish(): Promise<void> {
		await this.part('workflow-open-publish-modal-button').click();
		await this.part('workflow-publish-button').click();
		await this.part('workflow-publish-button').waitFor({ state: 'hidden' });
	}

	/** Opens another site in a window beside the editor. */
	async openBeside(url: string): Promise<Page> {
		const page = await this.page.context().newPage();
		await page.setViewportSize({ width: 900, height: 860 });
		await page.goto(url);
		return page;
	}

	/** Takes a picture of such a site for the README, from its top down to the given part. */
	async pictureOfSite(name: string, lastPart: Locator): Promise<void> {
		if (!PICTURES) return;
		const page = lastPart.page();
		const { y, height } = await boxOf(lastPart);
		const { width } = page.viewportSize()!;
		await this.takePicture(name, { x: 0, y: 0, width, height: y + height + MARGIN }, page);
	}

	/** Searches a resource locator's list and returns the entries found. */
	async searchList(parameter: string, words: string): Promise<Locator> {
		await this.part(`resource-locator-${parameter}`).locator('[data-test-id="rlc-input"]').click();
		await this.part('rlc-search').locator('visible=true').fill(words);
		return this.part('rlc-item').locator('visible=true');
	}
}
