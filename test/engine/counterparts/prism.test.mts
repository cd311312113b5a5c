/**
 * Prism, which knows nothing but docs/openapi.yaml: as a mock, so that the document alone suffices to
 * work with the nodes; and between the nodes and the sandbox, so that both are held to it.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import httpProxy from '@fastify/http-proxy';
import fastify from 'fastify';
import { afterEach, describe, expect, test } from 'vitest';

import { DOCUMENT_FILE } from '../../../sandbox/openapi/document.mts';
import { startSandbox, type Sandbox } from '../../../sandbox/server.mts';
import { startPrism } from '../../prism.mts';
import { userFolder } from '../harness/n8n.mts';
import { getAll, getControl, submit } from '../harness/parameters.mts';
import { nodeFor } from './account.mts';

/** That of the document's own example. */
const EXAMPLE_FILE = new File(['account,decision\nada,keep\n'], 'access-review.csv', {
	type: 'text/csv',
});

const stops: Array<() => Promise<void>> = [];
afterEach(async () => {
	for (const stop of stops.splice(0).reverse()) await stop();
});

async function start(...args: Parameters<typeof startPrism>): Promise<string> {
	const prism = await startPrism(...args);
	stops.push(prism.stop);
	return prism.origin;
}

/** A copy of the document with a change in it. */
async function changedDocument(from: string | RegExp, to: string): Promise<string> {
	const text = await readFile(DOCUMENT_FILE, 'utf8');
	const changed = text.replace(from, to);
	expect(changed).not.toBe(text);
	const path = join(userFolder, `openapi-${crypto.randomUUID()}.yaml`);
	await writeFile(path, changed);
	return path;
}

async function openSandbox(): Promise<Sandbox> {
	const sandbox = await startSandbox({ plan: 'enterprise' });
	stops.push(sandbox.close);
	return sandbox;
}

describe('a mock made of the document', () => {
	test('is enough to list, get and submit', async () => {
		const run = await nodeFor({ baseUrl: await start('mock', DOCUMENT_FILE) });
		const list = await run(getAll({ returnAll: true }));
		expect(list.error?.message).toBeUndefined();
		expect(list.output.map(({ json }) => json.id)).toEqual(['eng_xyz789']);
		const control = await run(getControl());
		expect(control.output[0]?.json).toMatchObject({
			id: 'ctrl_abc123',
			testing_status: 'in_testing',
			findings: [{ severity: 'significant' }],
		});
		const receipt = await run(submit({ description: 'Q1 access review results' }), EXAMPLE_FILE);
		expect(receipt.output[0]?.json).toMatchObject({
			id: 'evd_4c1f0a7d2b9e83560f1a',
			integrity: { verified: true },
		});
		const skipped = await run(submit({ options: { skipIfSubmitted: true } }), EXAMPLE_FILE);
		expect(skipped.output[0]?.json).toMatchObject({ skipped: true });
	});

	test('tells the node of another file than the one in its example', async () => {
		const run = await nodeFor({ baseUrl: await start('mock', DOCUMENT_FILE) });
		const { error } = await run(submit(), new File(['other'], 'access-review.csv'));
		expect(error?.message).toMatch(/does not match the file sent/);
	});

	test.each([
		[
			'another field name',
			/control_id: \{ type: string, minLength: 1, maxLength: 100/,
			'ctrl: { type: string',
		],
		['another form', 'multipart/form-data:', 'application/json:'],
	])(
		'notices where the node would send what the document does not have: %s',
		async (_what, from, to) => {
			const document = await changedDocument(from, to);
			const changed =
				to === 'ctrl: { type: string'
					? await replaceIn(document, 'required: [control_id, file]', 'required: [ctrl, file]')
					: document;
			const run = await nodeFor({ baseUrl: await start('mock', changed) });
			const { status, error } = await run(submit(), EXAMPLE_FILE);
			expect(status).toBe('error');
			expect(error).toMatchObject({ httpCode: expect.toBeOneOf(['400', '415', '422']) });
		},
	);
});

async function replaceIn(path: string, from: string, to: string): Promise<string> {
	const text = await readFile(path, 'utf8');
	expect(text).toContain(from);
	await writeFile(path, text.replace(from, to));
	return path;
}

/**
 * A base URL whose requests go through Prism to the sandbox. Prism has one address behind it, so the
 * token, which isn't below the API's version, comes by a way of its own.
 */
async function throughPrism(prism: string, sandbox: Sandbox): Promise<string> {
	const app = fastify({ forceCloseConnections: true });
	await app.register(httpProxy, { upstream: prism, prefix: '/v1', rewritePrefix: '' });
	await app.register(httpProxy, {
		upstream: sandbox.origin,
		prefix: '/oauth',
		rewritePrefix: '/oauth',
	});
	const origin = await app.listen({ host: '127.0.0.1', port: 0 });
	stops.push(async () => await app.close());
	return `${origin}/v1`;
}

describe('between the nodes and the sandbox', () => {
	test('it finds nothing that the document does not allow', async () => {
		const sandbox = await openSandbox();
		const prism = await start('proxy', DOCUMENT_FILE, sandbox.baseUrl, '--errors');
		const run = await nodeFor({ ...sandbox.client, baseUrl: await throughPrism(prism, sandbox) });
		expect((await run(getAll({ returnAll: true }))).output).toHaveLength(5);
		expect((await run(submit({ description: 'Q1' }), EXAMPLE_FILE)).output[0]?.json).toMatchObject({
			integrity: { verified: true },
		});
		expect((await run(getControl())).output[0]?.json.evidence).toHaveLength(1);
		expect((await run(getControl({ controlId: 'ctrl_none' }))).error).toMatchObject({
			message: 'Resource Not Found',
			httpCode: '404',
		});
	});

	test('it refuses an answer that the document does not allow', async () => {
		const sandbox = await openSandbox();
		const document = await changedDocument(
			'testing_status: { type: string',
			'testing_status: { type: integer',
		);
		const prism = await start('proxy', document, sandbox.baseUrl, '--errors');
		const run = await nodeFor({ ...sandbox.client, baseUrl: await throughPrism(prism, sandbox) });
		const { error } = await run(getControl({ options: { maxRetries: 0 } }));
		expect(error).toMatchObject({ httpCode: '500' });
	});
});
