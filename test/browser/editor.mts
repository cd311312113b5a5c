/**
 * n8n's editor as a user works in it, in Debian's Chromium. What is looked for on the page is here
 * alone; the tests read like what the user does.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { chromium, type Browser, type Locator, type Page } from 'playwright-core';

import { OWNER } from '../../scripts/n8n/rest.mts';

export type ColourScheme = 'light' | 'dark';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
/** Where the README's pictures are; they are only taken where this is set. */
const PICTURES = process.env.SCREENSHOTS;

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
			viewport: { width: 1280, height: 860 },
		});
		const page = await context.newPage();
		page.setDefaultTimeout(30_000);
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

	/** Takes a picture for the README, of the whole window or a part of it. */
	async picture(name: string, part?: Locator): Promise<void> {
		if (!PICTURES) return;
		await mkdir(PICTURES, { recursive: true });
		const suffix = this.scheme === 'dark' ? '-dark' : '';
		await (part ?? this.page).screenshot({
			path: join(PICTURES, `${name}${suffix}.png`),
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

	async closeNode(): Promise<void> {
		await this.part('ndv-close-button').click();
		await this.part('ndv').waitFor({ state: 'hidden' });
	}

	get output(): Locator {
		return this.part('output-panel');
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

	/** Opens the chosen credential, which n8n then tests. */
	async openCredential(): Promise<Locator> {
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
			await this.part(`parameter-input-${name}`).locator('input').fill(value);
		}
		await this.part('credential-save-button').click();
	}

	/** What n8n says about a credential that doesn't work. */
	async credentialComplaint(): Promise<string> {
		const form = await this.credentialForm();
		await form.getByText('More details').click();
		return await form.innerText();
	}

	async closeCredential(): Promise<void> {
		const form = await this.credentialForm();
		await form.locator('.el-dialog__headerbtn').click();
		await form.waitFor({ state: 'hidden' });
	}

	/** Searches a resource locator's list and returns the entries found. */
	async searchList(parameter: string, words: string): Promise<Locator> {
		await this.part(`resource-locator-${parameter}`).locator('[data-test-id="rlc-input"]').click();
		await this.part('rlc-search').locator('visible=true').fill(words);
		return this.part('rlc-item').locator('visible=true');
	}
}
