/** `oidc-provider`, a certified OAuth 2 server, in the token endpoint's place. */
import { generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Provider, type ClientMetadata } from 'oidc-provider';
import { afterEach, expect, test } from 'vitest';

import { getAll, getControl } from '../harness/parameters.mts';
import { nodeFor } from './account.mts';

const SCOPES = ['evidence:write', 'controls:read', 'reports:read'];
const CLIENT_ID = 'client';

interface Service {
	baseUrl: string;
	tokensGiven: number;
	/** The client's registration, which an administrator may change at any time. */
	client: ClientMetadata;
	/** Ends the life of each token given so far. */
	expireTokens(): Promise<void>;
}

const stops: Array<() => Promise<void>> = [];
afterEach(async () => {
	for (const stop of stops.splice(0)) await stop();
});

/** The API in a few lines; whether a token is good is asked of the provider. */
async function startService(changes: Partial<ClientMetadata> = {}): Promise<Service> {
	const service: Service = {
		baseUrl: '',
		tokensGiven: 0,
		client: {
			client_id: CLIENT_ID,
			client_secret: 'first-secret-of-the-client',
			grant_types: ['client_credentials'],
			redirect_uris: [],
			response_types: [],
			token_endpoint_auth_method: 'client_secret_post',
			scope: SCOPES.join(' '),
			...changes,
		},
		expireTokens: async () => {},
	};
	let api: (request: IncomingMessage, response: ServerResponse) => unknown;
	const server = createServer((request, response) => void api(request, response));
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const stored = new Map<string, Map<string, Record<string, unknown>>>();
	const provider = new Provider(origin, {
		adapter: (model: string) => {
			const records = stored.get(model) ?? new Map<string, Record<string, unknown>>();
			stored.set(model, records);
			return {
				upsert: async (id, payload) => {
					records.set(id, payload);
					if (model === 'ClientCredentials') service.tokensGiven += 1;
				},
				find: async (id) =>
					model === 'Client' ? (id === CLIENT_ID ? service.client : undefined) : records.get(id),
				destroy: async (id) => void records.delete(id),
				consume: async () => {},
				findByUserCode: async () => undefined,
				findByUid: async () => undefined,
				revokeByGrantId: async () => {},
			};
		},
		features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
		jwks: {
			keys: [
				generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }),
			],
		},
		routes: { token: '/oauth/token' },
		scopes: SCOPES,
		ttl: { ClientCredentials: 3_600 },
	});
	const oauth = provider.callback();
	api = async (request, response) => {
		if (request.url === '/oauth/token') return await oauth(request, response);
		const token = await provider.ClientCredentials.find(
			(request.headers.authorization ?? '').replace(/^Bearer /, ''),
		);
		const scope = request.url === '/v1/engagements' ? 'reports:read' : 'controls:read';
		const status = !token ? 401 : token.scope?.split(' ').includes(scope) ? 200 : 403;
		const body =
			status !== 200
				? { type: 'about:blank', title: status === 401 ? 'Unauthorized' : 'Forbidden', status }
				: request.url === '/v1/engagements'
					? { data: [{ id: 'eng_1' }] }
					: { id: 'ctrl_1', evidence: [] };
		response.writeHead(status, { 'content-type': 'application/json' });
		response.end(JSON.stringify(body));
	};
	stops.push(async () => {
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
	});
	service.baseUrl = `${origin}/v1`;
	service.expireTokens = async () => stored.get('ClientCredentials')?.clear();
	return service;
}

const credentialFor = ({ baseUrl, client }: Service, changes: { scope?: string } = {}) => ({
	baseUrl,
	clientId: CLIENT_ID,
	clientSecret: client.client_secret!,
	...changes,
});

test('gives one token for many requests, and a new one when it has expired', async () => {
	const service = await startService();
	const run = await nodeFor(credentialFor(service));
	for (let time = 0; time < 3; time++) expect((await run(getAll())).status).toBe('success');
	expect((await run(getControl())).output[0]?.json).toMatchObject({ id: 'ctrl_1' });
	expect(service.tokensGiven).toBe(1);
	await service.expireTokens();
	expect((await run(getAll())).output[0]?.json).toMatchObject({ id: 'eng_1' });
	expect(service.tokensGiven).toBe(2);
});

test('a wrong secret gets a sentence, and the secret is not in it', async () => {
	const service = await startService();
	const clientSecret = 'planted-wrong-secret';
	const run = await nodeFor({ ...credentialFor(service), clientSecret });
	const { error } = await run(getAll());
	expect(error?.message).toBe('AUDITDEX refused the client ID or client secret');
	expect(JSON.stringify(error)).not.toContain(clientSecret);
	expect(service.tokensGiven).toBe(0);
});

test('a rotated secret: the old one ends with the token, the new one works', async () => {
	const service = await startService();
	const old = await nodeFor(credentialFor(service));
	expect((await old(getAll())).status).toBe('success');
	service.client = { ...service.client, client_secret: 'second-secret-of-the-client' };
	// The token that was given out is good as long as it lives.
	expect((await old(getAll())).status).toBe('success');
	await service.expireTokens();
	expect((await old(getAll())).error?.message).toBe(
		'AUDITDEX refused the client ID or client secret',
	);
	const renewed = await nodeFor(credentialFor(service));
	expect((await renewed(getAll())).status).toBe('success');
});

test('a scope that the client may not have is refused; one it did not ask for is missed', async () => {
	const service = await startService({ scope: 'reports:read' });
	const tooMuch = await nodeFor(credentialFor(service));
	expect((await tooMuch(getAll())).error?.message).toBe(
		'AUDITDEX does not grant the scope that the credential asks for',
	);
	const enough = await nodeFor(credentialFor(service, { scope: 'reports:read' }));
	expect((await enough(getAll())).status).toBe('success');
	const { error } = await enough(getControl());
	expect(error).toMatchObject({ httpCode: '403' });
	expect(`${error?.description}`).toContain('controls:read');
});

test('a client that may not use client credentials is told so', async () => {
	const service = await startService({
		grant_types: ['authorization_code'],
		redirect_uris: ['https://client.example/callback'],
		response_types: ['code'],
	});
	const run = await nodeFor(credentialFor(service));
	expect((await run(getAll())).error).toMatchObject({
		message: 'AUDITDEX gave no access token',
		description: expect.stringContaining('Client ID'),
	});
	expect(service.tokensGiven).toBe(0);
});
