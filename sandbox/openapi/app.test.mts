import { readFileSync } from 'node:fs';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { startSandbox, type Sandbox } from '../server.mts';
import { authorized, call, evidenceForm, FORM, tokenForm } from '../testing/api.mts';
import { DOCUMENT_FILE } from './document.mts';
import { API_THROUGH_HERE, BROWSE_PATH, DOCUMENT_PATH } from './paths.mts';

let sandbox: Sandbox;
const here = () => ({ origin: sandbox.adminUrl });

beforeAll(async () => {
	sandbox = await startSandbox({ plan: 'enterprise' });
});
afterAll(async () => await sandbox.close());

test('the document is served as the file has it', async () => {
	const { status, text } = await call(here(), DOCUMENT_PATH);
	expect([status, text]).toEqual([200, readFileSync(DOCUMENT_FILE, 'utf8')]);
});

test('the page to browse it takes everything from here', async () => {
	const page = await call(here(), BROWSE_PATH);
	expect(page.headers['content-type']).toMatch(/^text\/html/);
	const links = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link!);
	expect(links.length).toBeGreaterThan(3);
	for (const link of links) {
		expect(link).toMatch(/^\/docs\//);
		expect((await call(here(), link)).status).toBe(200);
	}
});

test('what is tried on the page goes to this sandbox', async () => {
	const { json } = await call(here(), `${BROWSE_PATH}/json`);
	expect(json.servers).toEqual([{ url: '/service/v1', description: 'This sandbox' }]);
	expect(json.paths['/oauth/token'].servers[0].url).toBe('/service');
	expect(json.components.securitySchemes.clientCredentials.scheme).toBe('bearer');

	const token = await call(here(), `${API_THROUGH_HERE}/oauth/token`, {
		method: 'POST',
		headers: { 'content-type': FORM, origin: sandbox.adminUrl },
		body: tokenForm(sandbox),
	});
	const headers = { authorization: `Bearer ${token.json.access_token}` };
	const list = await call(here(), `${API_THROUGH_HERE}/v1/engagements?limit=2`, { headers });
	expect(list.json.data).toHaveLength(2);
	const evidence = await call(here(), `${API_THROUGH_HERE}/v1/engagements/eng_xyz789/evidence`, {
		method: 'POST',
		headers: await authorized(sandbox),
		body: evidenceForm(),
	});
	expect([evidence.status, evidence.json.file_name]).toEqual([201, 'review.csv']);
});

test('another site gets nothing through here', async () => {
	const headers = { origin: 'https://elsewhere.example' };
	for (const path of [DOCUMENT_PATH, BROWSE_PATH, `${API_THROUGH_HERE}/v1/engagements`]) {
		expect((await call(here(), path, { headers })).status).toBe(403);
	}
});
