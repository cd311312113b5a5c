import type { FastifyReply } from 'fastify';
import type { IDataObject } from 'n8n-workflow';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { N8nClient } from '../../scripts/n8n/rest.mts';
import { problem, startService, type Service } from '../engine/harness/service.mts';
import { CREDENTIAL_TYPE, connect, credentialData, sandbox } from './fixture.mts';

/** The token's address for a base URL that a secret must not be sent to says why it's refused. */
const HTTPS_ONLY = /base-url-must-start-with-https/;

/** Saves the credential, then tests it, as the editor does; each version is saved over the one before. */
async function saveAndTest(client: N8nClient, versions: IDataObject[]) {
	const [first, ...later] = versions;
	const credential = await client.createCredential(CREDENTIAL_TYPE, first!);
	let result = await client.testCredential(credential, CREDENTIAL_TYPE, first!);
	for (const version of later) {
		await client.updateCredential(credential, CREDENTIAL_TYPE, version);
		result = await client.testCredential(credential, CREDENTIAL_TYPE, version);
	}
	return result;
}

describe('Saving the credential in n8n', () => {
	let client: N8nClient;
	beforeAll(async () => {
		client = await connect();
	});

	it('says that a right one works', async () => {
		expect(await saveAndTest(client, [credentialData()])).toEqual({
			status: 'OK',
			message: 'Connection successful!',
		});
	});

	it.each([
		['a wrong client secret', { clientSecret: 'not-the-secret' }, /client authentication failed/i],
		['an unknown client ID', { clientId: 'nobody' }, /client authentication failed/i],
		['an unknown scope', { scope: 'evidence:write reports:write' }, /scope is invalid/],
		['a scope left out', { scope: 'evidence:write controls:read' }, /lacks the scope reports:read/],
		[
			'a scope the client may not have',
			{ clientId: sandbox.limitedClientId, clientSecret: sandbox.limitedClientSecret },
			/did not grant the scope reports:read/,
		],
		[
			'another path in the base URL',
			{ baseUrl: sandbox.baseUrl.replace('/v1', '/v9') },
			/Check 'Base URL'; it should end in \/v1/,
		],
		['a base URL where nobody listens', { baseUrl: 'http://127.0.0.1:9/v1' }, /refused/],
		['a base URL without a scheme', { baseUrl: 'api.augixsys.com' }, HTTPS_ONLY],
		['an empty base URL', { baseUrl: '' }, HTTPS_ONLY],
		['http on a public host', { baseUrl: 'http://api.augixsys.com/v1' }, HTTPS_ONLY],
	])(
		'says what is wrong with %s, also after a right one was saved',
		async (_what, changes, says) => {
			const wrong = credentialData(changes);
			for (const versions of [[wrong], [credentialData(), wrong]]) {
				const { status, message } = await saveAndTest(client, versions);
				expect(status).toBe('Error');
				expect(message).toMatch(says);
				expect(message).not.toContain(wrong.clientSecret);
			}
		},
	);

	it('works again once the mistake is corrected', async () => {
		const wrong = credentialData({ clientSecret: 'not-the-secret' });
		expect((await saveAndTest(client, [wrong, credentialData()])).status).toBe('OK');
	});
});

/** A service that answers in other ways than the sandbox, with a token for everyone. */
describe('Saving the credential in n8n, says of a service whose', () => {
	const GRANTED = { access_token: 'token-of-the-tests', expires_in: 3_600 };
	let client: N8nClient;
	let service: Service;
	let answer: (reply: FastifyReply) => unknown;
	let token: (reply: FastifyReply) => unknown;
	let authorizations: Array<string | undefined>;

	beforeAll(async () => {
		client = await connect();
	});
	beforeEach(async () => {
		authorizations = [];
		answer = () => ({ data: [] });
		token = () => ({ ...GRANTED, token_type: 'Bearer' });
		service = await startService(
			(request, reply) => {
				authorizations.push(request.headers.authorization);
				return answer(reply);
			},
			{
				token: async (request, reply) => {
					request.raw.resume();
					return await token(reply);
				},
			},
		);
	});
	afterEach(async () => await service.close());

	const test = async (changes: IDataObject = {}) =>
		await saveAndTest(client, [credentialData({ baseUrl: service.baseUrl, ...changes })]);

	it.each([301, 302, 303, 307, 308])(
		'address redirects (%i) that it does, and follows it with no token',
		async (status) => {
			const elsewhere = await startService(() => ({ data: [] }));
			answer = (reply) => reply.code(status).header('location', elsewhere.baseUrl).send();
			const { status: result, message } = await test();
			expect(elsewhere.requests).toEqual([]);
			await elsewhere.close();
			expect(result).toBe('Error');
			expect(message).toMatch(/redirects elsewhere.*Check 'Base URL'/);
		},
	);

	it.each([
		['a web page', '<!doctype html><p>Welcome'],
		['a web page behind blank lines', '\n\n<html></html>'],
		['words', 'OK'],
		['a word as JSON', '"hello"'],
		['a number', '42'],
		['nothing', ''],
	])('answer is %s that it is not the API', async (_what, body) => {
		answer = (reply) => reply.type('text/html').send(body);
		const { status, message } = await test();
		expect(status).toBe('Error');
		expect(message).toMatch(/not the AUDITDEX API.*Check 'Base URL'/);
	});

	it.each([
		['an empty list', []],
		['a list', [{ id: 'eng_1' }]],
		['an object', { engagements: [] }],
	])('answer is %s that it works', async (_what, body) => {
		answer = (reply) => reply.type('application/json').send(JSON.stringify(body));
		expect((await test()).status).toBe('OK');
	});

	it.each([
		[404, /not the AUDITDEX API/],
		[405, /not the AUDITDEX API/],
		[410, /no longer in use/],
		[429, /rate limit/],
		[500, /Try again later/],
		[503, /Try again later/],
	])('answer is %i what to do', async (code, says) => {
		answer = (reply) => problem(reply, code, 'Title');
		const { status, message } = await test();
		expect(status).toBe('Error');
		expect(message).toMatch(says);
	});

	it.each([{ token_type: 'mac' }, { token_type: 'JWT' }, { token_type: null }, {}])(
		'token type is %j that it works, the token in the header',
		async (members) => {
			token = () => ({ ...GRANTED, ...members });
			expect((await test()).status).toBe('OK');
			expect(authorizations).toEqual(['Bearer token-of-the-tests']);
			expect(service.requests).toEqual(['GET /v1/engagements']);
		},
	);

	it.each([
		['holds no token', (reply: FastifyReply) => reply.send({ token_type: 'Bearer' })],
		['is a web page', (reply: FastifyReply) => reply.type('text/html').send('<html>')],
		['is a 429', (reply: FastifyReply) => reply.code(429).send('')],
		['is a 503', (reply: FastifyReply) => reply.code(503).send('')],
	])('token endpoint’s answer %s that there is none, and works later', async (_what, odd) => {
		token = odd;
		const data = credentialData({ baseUrl: service.baseUrl });
		const credential = await client.createCredential(CREDENTIAL_TYPE, data);
		const before = await client.testCredential(credential, CREDENTIAL_TYPE, data);
		expect(before.status).toBe('Error');
		expect(before.message).toMatch(/token|429|503/i);
		expect(authorizations).toEqual([]);
		token = () => GRANTED;
		const after = await client.testCredential(credential, CREDENTIAL_TYPE, data);
		expect(after.status).toBe('OK');
	});
});

describe('A scope that is granted later', () => {
	it('is found by the next test, though n8n has stored a token without it', async () => {
		const client = await connect();
		let scope = 'reports:read';
		const service = await startService(() => ({ data: [] }), {
			token: async (request) => {
				request.raw.resume();
				return {
					access_token: 'token-of-the-tests',
					token_type: 'Bearer',
					expires_in: 3_600,
					scope,
				};
			},
		});
		const data = credentialData({ baseUrl: service.baseUrl });
		const credential = await client.createCredential(CREDENTIAL_TYPE, data);
		const test = async (stored: IDataObject) =>
			await client.testCredential(credential, CREDENTIAL_TYPE, { ...data, ...stored });
		// The editor sends a stored token along as a blank that n8n fills in.
		const blank = { oauthTokenData: '__n8n_BLANK_VALUE_e5362baf-c777-4d57-a609-6eaf1f9e87f6' };
		for (const stored of [{}, blank]) {
			const { status, message } = await test(stored);
			expect(status).toBe('Error');
			expect(message).toMatch(/did not grant the scope evidence:write controls:read/);
		}
		scope = 'evidence:write controls:read reports:read';
		for (const stored of [blank, {}]) expect((await test(stored)).status).toBe('OK');
		await service.close();
	});
});
