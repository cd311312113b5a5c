import { once } from 'node:events';

import formbody from '@fastify/formbody';
import Fastify from 'fastify';
import type { IExecuteFunctions, INodeType } from 'n8n-workflow';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { BINARY_MODES, keepContent, keepFile, makeFile, useBinaryMode } from './harness/binary.mts';
import { CredentialsHelper } from './harness/credentials.mts';
import { runNode, runWorkflow } from './harness/engine.mts';
import { sharesRenewals } from './harness/differences.mts';
import { loggedText, requireOfCore } from './harness/n8n.mts';
import { registerTestCredential, registerTestNode, START } from './harness/nodeTypes.mts';

/** The harness's own proof that n8n's real OAuth2, HTTP and binary code runs in it. */
const CLIENT = { clientId: 'client', clientSecret: 'the-secret-of-the-client' };
const server = Fastify();
let baseUrl: string;
let tokensGiven = 0;
let validTokens: string[] = [];
let bodies: string[] = [];
/** Requests that wait for an answer which never comes. */
let waiting = 0;

registerTestCredential({
	name: 'serverOAuth2Api',
	extends: ['oAuth2Api'],
	displayName: 'Server',
	properties: [
		{ displayName: 'Grant', name: 'grantType', type: 'hidden', default: 'clientCredentials' },
		{ displayName: 'Base', name: 'baseUrl', type: 'string', default: '' },
		{
			displayName: 'Token URL',
			name: 'accessTokenUrl',
			type: 'hidden',
			default: '={{ $self["baseUrl"] + "/token" }}',
		},
		{ displayName: 'Authentication', name: 'authentication', type: 'hidden', default: 'body' },
	],
});

const caller: INodeType = {
	description: {
		displayName: 'Caller',
		name: 'caller',
		group: ['transform'],
		version: 1,
		description: '',
		defaults: { name: 'Caller' },
		inputs: ['main'],
		outputs: ['main'],
		credentials: [{ name: 'serverOAuth2Api', required: true }],
		properties: [{ displayName: 'Path', name: 'path', type: 'string', default: '/' }],
	},
	async execute(this: IExecuteFunctions) {
		const { baseUrl: base } = await this.getCredentials<{ baseUrl: string }>('serverOAuth2Api');
		const calls = this.getInputData().map(async (item, index) => {
			const form = new FormData();
			for (const field of Object.keys(item.binary ?? {})) {
				const bytes = await this.helpers.getBinaryDataBuffer(index, field);
				form.append(field, new Blob([Uint8Array.from(bytes)]), 'file');
			}
			const answer: object = await this.helpers.httpRequestWithAuthentication.call(
				this,
				'serverOAuth2Api',
				{
					method: 'POST',
					url: `${base}${this.getNodeParameter('path', index) as string}`,
					body: item.binary ? form : { n: index },
					disableFollowRedirect: true,
				},
			);
			return { json: { ...answer }, pairedItem: { item: index } };
		});
		return [await Promise.all(calls)];
	},
};
registerTestNode('test.caller', caller);

beforeAll(async () => {
	await server.register(formbody);
	server.addContentTypeParser(
		'multipart/form-data',
		{ parseAs: 'string' },
		(_request, body, done) => done(null, body),
	);
	server.post('/token', async (request, reply) => {
		const { grant_type, client_id, client_secret } = request.body as Record<string, string>;
		if (client_id !== CLIENT.clientId || client_secret !== CLIENT.clientSecret) {
			return reply.code(401).send({ error: 'invalid_client' });
		}
		const token = `token-${++tokensGiven}-${grant_type}`;
		validTokens.push(token);
		return { access_token: token, token_type: 'Bearer', expires_in: 3600 };
	});
	server.post('/echo', async (request, reply) => {
		const [, token = ''] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? [];
		if (!validTokens.includes(token)) return reply.code(401).send();
		bodies.push(typeof request.body === 'string' ? request.body : JSON.stringify(request.body));
		return { received: true };
	});
	server.post('/never', async (request) => {
		waiting += 1;
		await once(request.raw.socket, 'close');
		waiting -= 1;
		return {};
	});
	baseUrl = await server.listen({ host: '127.0.0.1', port: 0 });
});

afterAll(async () => await server.close());

beforeEach(() => {
	tokensGiven = 0;
	bodies = [];
});

async function credential(secret = CLIENT.clientSecret) {
	const credentialsHelper = new CredentialsHelper();
	const credentials = await credentialsHelper.save('serverOAuth2Api', {
		...CLIENT,
		clientSecret: secret,
		baseUrl,
	});
	return { credentialsHelper, credentials };
}

const call = async (
	items: Parameters<typeof runNode>[1],
	path: string,
	{ credentialsHelper, credentials }: Awaited<ReturnType<typeof credential>>,
	signal?: AbortSignal,
) =>
	await runNode({ path }, items, {
		credentialsHelper,
		signal,
		node: { type: 'test.caller', credentials },
	});

describe('OAuth2 of the real engine', () => {
	test('the first token is fetched, stored and used by the next execution', async () => {
		const stored = await credential();
		await call([{ json: {} }], '/echo', stored);
		const { status, output } = await call([{ json: {} }], '/echo', stored);
		expect(status).toBe('success');
		expect(output).toEqual([{ json: { received: true }, pairedItem: { item: 0 } }]);
		expect(tokensGiven).toBe(1);
	});

	test('a 401 renews the token, and the request with its form is sent again', async () => {
		const stored = await credential();
		await call([{ json: {} }], '/echo', stored);
		validTokens = [];
		const data = await keepContent('the content');
		const items = Array.from({ length: 5 }, () => ({ json: {}, binary: { data } }));
		const { status } = await call(items, '/echo', stored);
		expect(status).toBe('success');
		expect(tokensGiven).toBe(1 + (sharesRenewals(requireOfCore) ? 1 : items.length));
		expect(bodies.filter((body) => body.includes('the content'))).toHaveLength(5);
	});

	test('a refused secret ends the execution, and the logs tell no secret', async () => {
		const secret = 'another-secret-than-the-right-one';
		const { status, error } = await call([{ json: {} }], '/echo', await credential(secret));
		expect(status).toBe('error');
		expect(error?.message).toMatch(/access token|Client authentication failed/);
		const logged = await loggedText();
		expect(logged).toContain('Start');
		expect(logged).not.toContain(secret);
	});
});

test('the Stop button ends a request that is waiting for its answer', async () => {
	const stop = new AbortController();
	const execution = call([{ json: {} }], '/never', await credential(), stop.signal);
	await expect.poll(() => waiting).toBe(1);
	stop.abort();
	expect((await execution).status).toBe('canceled');
	await expect.poll(() => waiting).toBe(0);
});

test('expressions see each item, and a chain runs to its end', async () => {
	const stored = await credential();
	const { itemsOf } = await runWorkflow({
		credentialsHelper: stored.credentialsHelper,
		nodes: [
			{ name: 'Start', type: START },
			{
				name: 'A',
				type: 'test.caller',
				parameters: { path: '={{ $json.path }}' },
				credentials: stored.credentials,
				onError: 'continueErrorOutput',
			},
			{ name: 'B', type: START },
		],
		items: [{ json: { path: '/echo' } }],
	});
	expect(itemsOf('B')).toMatchObject([{ json: { received: true } }]);
});

describe.each(BINARY_MODES)('binary data in %s mode', (mode) => {
	test('is kept where n8n keeps it and read back', async () => {
		await useBinaryMode(mode);
		const file = await makeFile(100_000, 1);
		const data = await keepFile(file, { fileName: 'a.bin' });
		expect(data).toMatchObject({ fileName: 'a.bin', fileSize: '100 kB' });
		expect(data.id?.startsWith('filesystem-v2:') ?? false).toBe(mode === 'filesystem');
		expect(data.data.length > 100_000).toBe(mode === 'memory');
	});
});
