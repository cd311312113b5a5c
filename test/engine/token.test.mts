import type { FastifyReply, FastifyRequest } from 'fastify';
import type { INodeParameters } from 'n8n-workflow';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

import { CREDENTIAL_TYPE, openAccount, type Account } from './harness/account.mts';
import { keepContent } from './harness/binary.mts';
import { tellsFirstRefusal } from './harness/differences.mts';
import { emptyItems } from './harness/engine.mts';
import { setIdleLimit } from './harness/limits.mts';
import { requireOfCore } from './harness/n8n.mts';
import { getAll, getControl, submit } from './harness/parameters.mts';
import { problem, SERVICE_TOKEN, startService, type Service } from './harness/service.mts';

/** Tokens as a service may give them, refuse them or take them back, over several runs of a workflow. */
let account: Account;
let service: Service;
let user: Account;
/** What the token endpoint answers from now on; each answer's token is another one. */
let token: (reply: FastifyReply) => unknown;
/** What the API answers from now on. */
let answer: (request: FastifyRequest, reply: FastifyReply) => unknown;
let tokenRequests: number[];
let apiTokens: string[];

const newToken = () => `${SERVICE_TOKEN}-${tokenRequests.length}`;
const give = (more: object = {}) => ({ access_token: newToken(), expires_in: 3_600, ...more });

beforeAll(async () => {
	account = await openAccount();
});
afterAll(async () => await account.close());

beforeEach(async () => {
	tokenRequests = [];
	apiTokens = [];
	token = () => give({ token_type: 'Bearer' });
	answer = () => ({ data: [] });
	service = await startService(
		(request, reply) => {
			request.raw.resume();
			expect(request.url).not.toContain(SERVICE_TOKEN);
			apiTokens.push(/^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? 'none');
			return answer(request, reply);
		},
		{
			token: async (request, reply) => {
				request.raw.resume();
				tokenRequests.push(Date.now());
				return await token(reply);
			},
		},
	);
	user = await account.withCredential({ baseUrl: service.baseUrl });
});
afterEach(async () => await service.close());

const list = async (options: INodeParameters = {}) =>
	await user.run(getAll({ options: { maxRetries: 5, ...options } }), [{ json: {} }]);

describe.each([
	['bearer', { token_type: 'bearer' }],
	['BEARER', { token_type: 'BEARER' }],
	['mac', { token_type: 'mac' }],
	['JWT', { token_type: 'JWT' }],
	['none at all', {}],
	['an empty one', { token_type: '' }],
	['null', { token_type: null }],
	['one in camel case', { tokenType: 'mac' }],
])('token type: %s', (_what, members) => {
	test('the token goes into the header, also when it was renewed', async () => {
		token = () => give(members);
		expect((await list()).status).toBe('success');
		answer = (_request, reply) =>
			apiTokens.length === 2 ? problem(reply, 401, 'Invalid Token') : { data: [] };
		expect((await list()).status).toBe('success');
		expect(apiTokens).toEqual([1, 1, 2].map((number) => `${SERVICE_TOKEN}-${number}`));
	});
});

describe('an answer without a token', () => {
	const odd: Array<[what: string, answer: (reply: FastifyReply) => unknown]> = [
		['no token', () => ({ token_type: 'Bearer', expires_in: 3_600 })],
		['an empty token', () => give({ access_token: '' })],
		['null', () => give({ access_token: null })],
		['a number', () => give({ access_token: 12_345 })],
		['an object', () => give({ access_token: { value: 'x' } })],
		['a list', () => give({ access_token: [] })],
		['a refusal with status 200', () => ({ error: 'server_error' })],
		['text', () => JSON.stringify('hello')],
		['an array', () => []],
		['nothing', (reply) => reply.send('')],
		['a web page', (reply) => reply.type('text/html').send('<html></html>')],
		['a token type that is a number', () => give({ token_type: 7 })],
	];

	test.each(odd)('%s: the next run asks again', async (_what, answerOnce) => {
		token = (reply) => {
			if (!reply.sent) reply.type('application/json');
			return answerOnce(reply);
		};
		const { error } = await list({ maxRetries: 0 });
		expect(error?.name).toBe('NodeApiError');
		expect(error?.message).toMatch(/access token/);
		expect(apiTokens).toEqual([]);

		token = () => give();
		expect((await list({ maxRetries: 0 })).status).toBe('success');
		expect(apiTokens).toEqual([newToken()]);
	});

	test.each(odd)('%s, in between: works', async (_what, answerOnce) => {
		token = (reply) => {
			reply.type('application/json');
			return tokenRequests.length === 1 ? answerOnce(reply) : give();
		};
		expect((await list()).status).toBe('success');
	});

	test.each(odd)('%s, when renewed in mid-run: works', async (_what, answerOnce) => {
		token = (reply) => {
			reply.type('application/json');
			return tokenRequests.length === 2 ? answerOnce(reply) : give();
		};
		await list();
		answer = (_request, reply) =>
			apiTokens.at(-1) === apiTokens[0] ? problem(reply, 401, 'Invalid Token') : { data: [] };
		expect((await list()).status).toBe('success');
	});
});

describe('a busy token endpoint', () => {
	const busy: Array<[what: string, answer: (reply: FastifyReply) => unknown, leastMs: number]> = [
		['429', (reply) => reply.code(429).send(''), 1_000],
		['429, Retry-After', (reply) => reply.code(429).header('retry-after', '1').send(''), 1_000],
		['429 as a problem', (reply) => problem(reply, 429, 'Rate Limited'), 1_000],
		[
			'429 as OAuth says it',
			(reply) => reply.code(429).send({ error: 'rate_limit_exceeded' }),
			1_000,
		],
		['503', (reply) => reply.code(503).send(''), 0],
		['503, Retry-After', (reply) => reply.code(503).header('retry-after', '2').send(''), 2_000],
		['502 with a web page', (reply) => reply.code(502).type('text/html').send('<html>'), 0],
		['500 as a problem', (reply) => problem(reply, 500, 'Server Error'), 0],
		['a broken connection', (reply) => reply.hijack().raw.socket?.destroy(), 0],
	];

	test.each(busy)('%s, then fine: works', async (_what, answerOnce, leastMs) => {
		token = (reply) => (tokenRequests.length === 1 ? answerOnce(reply) : give());
		expect((await list()).status).toBe('success');
		expect(tokenRequests).toHaveLength(2);
		expect(tokenRequests[1]! - tokenRequests[0]!).toBeGreaterThanOrEqual(leastMs);
	});

	test.each(busy)('%s, when the token is renewed: works', async (_what, answerOnce) => {
		await list();
		token = (reply) => (tokenRequests.length < 4 ? answerOnce(reply) : give());
		const [expired] = apiTokens;
		answer = (_request, reply) =>
			apiTokens.at(-1) === expired ? problem(reply, 401, 'Invalid Token') : { id: 'ev_1' };
		const binary = { data: await keepContent('content', { fileName: 'a.txt' }) };
		const { status } = await user.run(submit(), [{ json: {}, binary }]);
		expect(status).toBe('success');
		expect(tokenRequests).toHaveLength(4);
		// The file went out twice: until the token was renewed nothing more was sent with the old one.
		expect(apiTokens.slice(1)).toEqual([expired, newToken()]);
	});

	test('one that stays busy is given up, and asked again by the next run', async () => {
		token = (reply) => reply.code(503).send('');
		const { error } = await list({ maxRetries: 2 });
		expect(error?.message).toBe('AUDITDEX gave no access token');
		expect(error).toMatchObject({ httpCode: '503' });
		expect(tokenRequests).toHaveLength(3);
		token = () => give();
		expect((await list()).status).toBe('success');
	});
});

describe('a token endpoint that gives no answer', () => {
	beforeEach(() => setIdleLimit(2_000));
	afterEach(() => setIdleLimit());
	const stall = (reply: FastifyReply) => reply.hijack();

	test.each([1, 2])('%i times, then fine: works at the next try', async (times) => {
		token = (reply) => (tokenRequests.length <= times ? stall(reply) : give());
		expect((await list()).status).toBe('success');
		expect(tokenRequests).toHaveLength(times + 1);
		expect((await list()).status).toBe('success');
		expect(apiTokens).toEqual([newToken(), newToken()]);
	});

	test('when the token is renewed: works at the next try, for all items', async () => {
		await list();
		token = (reply) => (tokenRequests.length === 2 ? stall(reply) : give());
		const expired = newToken();
		answer = (_request, reply) =>
			apiTokens.at(-1) === expired ? problem(reply, 401, 'Invalid Token') : { id: 'ctrl_abc123' };
		const { status } = await user.run(getControl(), emptyItems(20));
		expect(status).toBe('success');
		expect(tokenRequests).toHaveLength(3);
		expect(apiTokens.at(-1)).toBe(newToken());
	});

	test('and then a refusal: it is told, where n8n passes it on', async () => {
		token = (reply) =>
			tokenRequests.length === 1 ? stall(reply) : reply.code(401).send({ error: 'invalid_client' });
		const { error } = await list({ maxRetries: 1 });
		expect(error?.message).toBe(
			tellsFirstRefusal(requireOfCore)
				? 'AUDITDEX refused the client ID or client secret'
				: 'AUDITDEX gave no access token',
		);
		expect(tokenRequests).toHaveLength(2);
		token = () => give();
		expect((await list()).status).toBe('success');
	});
});

describe('a scope', () => {
	const needs = (scope: string, granted: () => string[]) =>
		(answer = (_request, reply) =>
			granted().includes(apiTokens.at(-1)!)
				? { data: [], id: 'x' }
				: problem(reply, 403, 'Insufficient Scope', {
						headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"` },
					}));

	test.each([
		['is told', { scope: 'controls:read' }],
		['is not told', {}],
		['is told otherwise', { scope: 'reports.read, controls.read' }],
	])('that is granted later works on the next run, where it %s', async (_what, members) => {
		token = () => give(members);
		needs('reports:read', () => []);
		const { error } = await list();
		expect(error?.message).toBe('Insufficient Scope');
		expect(error?.description).toMatch(/lacks the scope reports:read/);
		// The token was issued in this run, so that another one would not have helped.
		expect(tokenRequests).toHaveLength(1);
		expect(apiTokens).toHaveLength(1);

		needs('reports:read', () => [`${SERVICE_TOKEN}-2`]);
		token = () => give();
		expect((await list()).status).toBe('success');
		expect((await list()).status).toBe('success');
		expect(apiTokens.slice(1)).toEqual([1, 2, 2].map((number) => `${SERVICE_TOKEN}-${number}`));
	});

	test('that stays refused costs a run one new token, however many items it has', async () => {
		await list();
		needs('controls:read', () => []);
		const { output } = await user.run(getControl(), emptyItems(9), {
			node: { onError: 'continueRegularOutput' },
		});
		expect(output.map(({ json }) => json.error)).toEqual(Array(9).fill('Insufficient Scope'));
		expect(tokenRequests).toHaveLength(2);
	});

	test('that the operation does not need blocks nothing', async () => {
		token = () => give({ scope: 'reports:read' });
		expect((await list()).status).toBe('success');
		expect((await list()).status).toBe('success');
		expect(tokenRequests).toHaveLength(1);
	});
});

test('requests side by side share a new token', async () => {
	const run = async () =>
		await user.run(getControl({ options: { parallelRequests: 20 } }), emptyItems(20));
	answer = () => ({ id: 'ctrl_abc123' });
	expect((await run()).status).toBe('success');
	expect(tokenRequests).toHaveLength(1);

	const [expired] = apiTokens;
	answer = (_request, reply) =>
		apiTokens.at(-1) === expired ? problem(reply, 401, 'Invalid Token') : { id: 'ctrl_abc123' };
	expect((await run()).status).toBe('success');
	expect(tokenRequests).toHaveLength(2);
});

describe('during a run of many items', () => {
	const control = { id: 'ctrl_abc123' };
	const readControls = async (count: number) => await user.run(getControl(), emptyItems(count));
	const tokensUsed = () => [...new Set(apiTokens)];

	test('a token that expires is renewed once', async () => {
		answer = (_request, reply) =>
			apiTokens.length > 10 && apiTokens.at(-1) === `${SERVICE_TOKEN}-1`
				? problem(reply, 401, 'Invalid Token')
				: control;
		const { status, output } = await readControls(40);
		expect(status).toBe('success');
		expect(output).toHaveLength(40);
		expect(tokenRequests).toHaveLength(2);
		expect(tokensUsed()).toEqual([`${SERVICE_TOKEN}-1`, `${SERVICE_TOKEN}-2`]);
	});

	test('a token that another process has renewed is used, with no request for a third', async () => {
		const elsewhere = `${SERVICE_TOKEN}-elsewhere`;
		answer = async (_request, reply) => {
			if (apiTokens.length <= 10 || apiTokens.at(-1) === elsewhere) return control;
			await user.credentialsHelper.updateCredentialsOauthTokenData(
				user.credentials[CREDENTIAL_TYPE]!,
				CREDENTIAL_TYPE,
				{ oauthTokenData: give({ access_token: elsewhere }) },
			);
			return problem(reply, 401, 'Invalid Token');
		};
		const { status, output } = await readControls(40);
		expect(status).toBe('success');
		expect(output).toHaveLength(40);
		expect(tokenRequests).toHaveLength(1);
		expect(tokensUsed()).toEqual([`${SERVICE_TOKEN}-1`, elsewhere]);
	});

	test('the credential is read once a second, not for each request', async () => {
		answer = () => control;
		await list();
		const reading = vi.spyOn(user.credentialsHelper, 'getDecrypted');
		const started = Date.now();
		expect((await readControls(100)).status).toBe('success');
		const seconds = (Date.now() - started) / 1_000;
		expect(apiTokens).toHaveLength(101);
		expect(reading.mock.calls.length).toBeLessThanOrEqual(1 + seconds);
	});

	test('a credential that could not be read is read again for the next item', async () => {
		await list();
		const reading = vi.spyOn(user.credentialsHelper, 'getDecrypted');
		answer = (_request, reply) => {
			if (apiTokens.length > 2) return control;
			reading.mockRejectedValueOnce(new Error('The database is locked'));
			return problem(reply, 401, 'Invalid Token');
		};
		const { output } = await user.run(
			getControl({ options: { parallelRequests: 1 } }),
			emptyItems(2),
			{ node: { onError: 'continueRegularOutput' } },
		);
		expect(output[0]!.json).toHaveProperty('error');
		expect(output[1]!.json).toMatchObject(control);
	});
});
