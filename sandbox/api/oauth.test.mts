import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startSandbox, type Sandbox } from '../server.mts';
import {
	askForToken,
	authorized,
	call,
	CONTROL_PATH,
	EVIDENCE_PATH,
	FORM,
	submit,
	tokenForm,
} from '../testing/api.mts';

const LIST_PATH = '/v1/engagements';
let sandbox: Sandbox;

beforeAll(async () => {
	sandbox = await startSandbox();
});
afterAll(async () => await sandbox.close());

describe('a token', () => {
	test('is given for client credentials in the body', async () => {
		const { status, headers, json } = await askForToken(
			sandbox,
			tokenForm(sandbox, { scope: 'evidence:write controls:read reports:read' }),
		);
		expect(status).toBe(200);
		expect(headers['cache-control']).toBe('no-store');
		expect(json).toEqual({
			access_token: expect.stringMatching(/^[\w-]{43}$/),
			token_type: 'Bearer',
			expires_in: 3_600,
			scope: 'evidence:write controls:read reports:read',
		});
	});

	test('has the scopes that were asked for, or all the client has', async () => {
		const some = await askForToken(sandbox, tokenForm(sandbox, { scope: 'reports:read' }));
		expect(some.json.scope).toBe('reports:read');
		const all = await askForToken(sandbox, tokenForm(sandbox));
		expect(all.json.scope).toBe('evidence:write controls:read reports:read');
	});

	test.each([
		['no grant type', { grant_type: '' }, 400, 'invalid_request'],
		['another grant type', { grant_type: 'password' }, 400, 'unsupported_grant_type'],
		['no client', { client_id: '' }, 400, 'invalid_request'],
		['no secret', { client_secret: '' }, 400, 'invalid_request'],
		['an unknown client', { client_id: 'nobody' }, 401, 'invalid_client'],
		['a wrong secret', { client_secret: 'wrong' }, 401, 'invalid_client'],
		['an unknown scope', { scope: 'reports:read admin' }, 400, 'invalid_scope'],
		['an unknown parameter', { audience: 'x' }, 400, 'invalid_request'],
	])('is refused for %s', async (_what, changes, status, error) => {
		const answer = await askForToken(sandbox, tokenForm(sandbox, changes));
		expect(answer.status).toBe(status);
		expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
		expect(answer.json).toMatchObject({ status, error, instance: '/oauth/token' });
		expect(answer.text).not.toContain(sandbox.client.clientSecret);
	});

	test.each([
		['a parameter given twice', `${FORM}`, (form: string) => `${form}&scope=a&scope=b`, ''],
		['JSON', 'application/json', () => '{"grant_type":"client_credentials"}', ''],
		['broken JSON', 'application/json', () => '{', ''],
		['XML', 'text/xml', () => '<a/>', ''],
		['a type that only begins like a form', `${FORM}x`, (form: string) => form, ''],
		['a secret in the URL', FORM, (form: string) => form, '?client_secret=x'],
		['an empty body', FORM, () => '', ''],
	])('is refused for %s', async (_what, type, bodyOf, query) => {
		const { status, headers, json } = await call(sandbox, `/oauth/token${query}`, {
			method: 'POST',
			headers: { 'content-type': type },
			body: bodyOf(tokenForm(sandbox)),
		});
		expect(status).toBe(400);
		expect(headers['content-type']).toMatch(/^application\/problem\+json/);
		expect(json).toMatchObject({ title: 'Validation Error', error: 'invalid_request' });
	});
});

describe('a request', () => {
	test.each([
		['no token', {}, 'Bearer'],
		['an unknown token', { authorization: 'Bearer abc' }, 'Bearer error="invalid_token"'],
		['another scheme', { authorization: 'Basic YTpi' }, 'Bearer'],
		['an empty token', { authorization: 'Bearer ' }, 'Bearer'],
	])('with %s is answered 401', async (_what, headers, challenge) => {
		for (const path of [LIST_PATH, CONTROL_PATH]) {
			const answer = await call(sandbox, path, { headers });
			expect(answer.status).toBe(401);
			expect(answer.headers['www-authenticate']).toBe(challenge);
			expect(answer.json).toMatchObject({ title: 'Invalid Token', status: 401 });
		}
	});

	test.each([
		['list', LIST_PATH, 'GET', 'controls:read evidence:write', 'reports:read'],
		['control', CONTROL_PATH, 'GET', 'reports:read evidence:write', 'controls:read'],
		['evidence', EVIDENCE_PATH, 'POST', 'reports:read controls:read', 'evidence:write'],
	])(
		'without the scope for the %s is answered 403',
		async (_what, path, method, scope, missing) => {
			const headers = await authorized(sandbox, { scope });
			const answer = await call(sandbox, path, { method, headers });
			expect(answer.status).toBe(403);
			expect(answer.json).toMatchObject({
				title: 'Insufficient Scope',
				detail: `This request needs the scope ${missing}`,
			});
			expect(answer.headers['www-authenticate']).toContain(`scope="${missing}"`);
		},
	);

	test('with a token that has been expired is answered 401, with a new one not', async () => {
		const headers = await authorized(sandbox);
		expect((await call(sandbox, LIST_PATH, { headers })).status).toBe(200);
		await sandbox.admin.expireTokens();
		expect((await call(sandbox, LIST_PATH, { headers })).status).toBe(401);
		expect((await submit(sandbox)).status).toBe(201);
	});
});

test("a token ends when its time is over on the service's clock", async () => {
	const fast = await startSandbox({ tokenLifetimeSeconds: 3_600, clockSpeed: 1_200 });
	try {
		const headers = await authorized(fast);
		expect((await call(fast, LIST_PATH, { headers })).status).toBe(200);
		await expect.poll(async () => (await call(fast, LIST_PATH, { headers })).status).toBe(401);
	} finally {
		await fast.close();
	}
});

test.each(['mac', ''])(
	'tokens are called “%s” where the page’s word was not chosen',
	async (tokenType) => {
		const other = await startSandbox({ tokenType });
		try {
			// Not by `askForToken`, which holds answers to the page.
			const { statusCode, body } = await request(other.tokenUrl, {
				method: 'POST',
				headers: { 'content-type': FORM },
				body: tokenForm(other),
			});
			expect(statusCode).toBe(200);
			const answer = (await body.json()) as Record<string, unknown>;
			expect(answer.token_type).toBe(tokenType === '' ? undefined : tokenType);
			expect(answer.access_token).toEqual(expect.any(String));
		} finally {
			await other.close();
		}
	},
);

test('a client that is added has its own scopes and engagements, and none of the others', async () => {
	const { clientId, clientSecret } = await sandbox.admin.addClient({
		clientId: 'limited',
		scopes: ['reports:read', 'controls:read'],
		engagements: ['eng_000001'],
	});
	const credentials = { client_id: clientId, client_secret: clientSecret };
	const token = await askForToken(sandbox, tokenForm(sandbox, credentials));
	expect(token.json.scope).toBe('reports:read controls:read');
	const none = tokenForm(sandbox, { ...credentials, scope: 'evidence:write' });
	expect((await askForToken(sandbox, none)).json).toMatchObject({ error: 'invalid_scope' });

	const headers = await authorized(sandbox, credentials);
	const list = await call(sandbox, LIST_PATH, { headers });
	expect(list.json.data).toMatchObject([{ id: 'eng_000001' }]);
	const other = await call(sandbox, CONTROL_PATH, { headers });
	expect(other.status).toBe(404);
	expect(other.json.detail).toBe('Engagement eng_xyz789 not found or access denied');
	await expect(sandbox.admin.addClient({ clientId: 'limited' })).rejects.toThrow(
		/client with this id/,
	);
});
