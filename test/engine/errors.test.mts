import { once } from 'node:events';
import { createServer } from 'node:net';

import type { FastifyReply } from 'fastify';
import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { generate } from 'selfsigned';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { openAccount, type Account } from './harness/account.mts';
import { keepContent } from './harness/binary.mts';
import type { NodeExecution } from './harness/engine.mts';
import { setIdleLimit } from './harness/limits.mts';
import { loggedText } from './harness/n8n.mts';
import { getAll, getControl, submit } from './harness/parameters.mts';
import { problem, SERVICE_TOKEN, startService, type Service } from './harness/service.mts';

/** What users read when AUDITDEX, or the way to it, answers in one of many unhappy ways. */
let account: Account;
let service: Service | undefined;

beforeAll(async () => {
	account = await openAccount();
});
afterAll(async () => await account.close());
afterEach(async () => {
	await service?.close();
	service = undefined;
	// n8n's log is that of all tests so far.
	const { clientSecret } = account.sandbox.client;
	const logged = await loggedText();
	for (const secret of [clientSecret, SERVICE_TOKEN]) expect(logged).not.toContain(secret);
});

/** Not a port that another test could be given meanwhile. */
const NOBODY_LISTENS = 'http://127.0.0.1:9/v1';

const OPERATIONS = { getAll, getControl, submit };
type OperationName = keyof typeof OPERATIONS;
const NAMES = Object.keys(OPERATIONS) as OperationName[];

/** Runs an operation once, without another try, against a base URL. */
async function run(
	name: OperationName,
	baseUrl: string,
	{ options, onError }: { options?: INodeParameters; onError?: 'continueRegularOutput' } = {},
): Promise<NodeExecution> {
	const other = await account.withCredential({ baseUrl });
	const data = await keepContent('content', { fileName: 'a.txt' });
	const execution = await other.run(
		OPERATIONS[name]({ options: { maxRetries: 0, ...options } }),
		[{ json: {}, binary: { data } }],
		{ node: { onError } },
	);
	const shown = JSON.stringify(execution.run);
	for (const secret of [...(await other.secrets()), SERVICE_TOKEN, 'Bearer ']) {
		expect(shown).not.toContain(secret);
	}
	return execution;
}

async function answered(
	name: OperationName,
	answer: Parameters<typeof startService>[0],
	more?: Parameters<typeof startService>[1],
): Promise<NodeExecution> {
	service = await startService(answer, more);
	return await run(name, service.baseUrl);
}

const SCOPES: Record<OperationName, string> = {
	getAll: 'reports:read',
	getControl: 'controls:read',
	submit: 'evidence:write',
};

describe.each(NAMES)('%s', (name) => {
	interface Status {
		status: number;
		title: string;
		members?: { headers?: Record<string, string>; [member: string]: unknown };
		/** What the description says beside the detail: the next step. */
		says: RegExp[];
	}
	const statuses: Status[] = [
		{
			status: 400,
			title: 'Validation Error',
			members: {
				errors: [
					{ field: 'control_id', message: 'is not open for evidence' },
					{ field: 'file', message: 'is too old' },
				],
			},
			says: [/control_id: is not open for evidence; file: is too old\./, /Correct the value/],
		},
		{
			status: 400,
			title: 'Validation Error',
			members: { errors: { control_id: ['is closed', 'is locked'] } },
			says: [/control_id: is closed, is locked\./],
		},
		{
			status: 400,
			title: 'Validation Error',
			members: { 'invalid-params': [{ name: 'file', reason: 'is missing' }] },
			says: [/file: is missing\./],
		},
		{ status: 401, title: 'Invalid Token', says: [/Check 'Client ID' and 'Client Secret'/] },
		{
			status: 403,
			title: 'Insufficient Scope',
			says: [new RegExp(`lacks the scope ${SCOPES[name]}`), /administrator/],
		},
		{
			status: 403,
			title: 'Insufficient Scope',
			members: {
				headers: { 'www-authenticate': 'Bearer error="insufficient_scope", scope="audits:all"' },
			},
			says: [/lacks the scope audits:all/],
		},
		{
			status: 404,
			title: 'Resource Not Found',
			says: [/Check the engagement and control IDs/],
		},
		{ status: 409, title: 'Conflict', says: [/Look at the control/] },
		{ status: 410, title: 'Gone', says: [/was removed/] },
		{ status: 415, title: 'Unsupported Media Type', says: [/MIME Type/] },
		{ status: 413, title: 'Content Too Large', says: [/larger than AUDITDEX accepts/] },
		{ status: 429, title: 'Rate Limited', says: [/Wait a minute/] },
	];

	test.each(statuses)('$status $title: $says', async ({ status, title, members, says }) => {
		const detail = 'Engagement eng_xyz789 says no';
		const { error } = await answered(name, (_request, reply) =>
			problem(reply, status, title, { detail, trace: ['a', { b: 1 }], ...members }),
		);
		expect(error).toMatchObject({ name: 'NodeApiError', message: title, httpCode: String(status) });
		expect(error?.description).toContain(`${detail}.`);
		for (const sentence of says) expect(error?.description).toMatch(sentence);
		const { headers: _headers, ...extensions } = members ?? {};
		const whole = { type: 'about:blank', title, status, detail, trace: ['a', { b: 1 }] };
		expect(error?.context?.data).toEqual({ ...whole, ...extensions });
	});

	test('with Continue on Fail the problem is kept whole beside its message', async () => {
		const whole = {
			type: 'https://api.augixsys.com/errors/not-found',
			title: 'Resource Not Found',
			status: 404,
			detail: 'Engagement eng_xyz789 not found or access denied',
			instance: '/engagements/eng_xyz789',
			balance: { nested: [1, 'two', null] },
		};
		service = await startService((_request, reply) =>
			problem(reply, 404, whole.title, whole as IDataObject),
		);
		const { output, status } = await run(name, service.baseUrl, {
			onError: 'continueRegularOutput',
		});
		expect(status).toBe('success');
		expect(output).toEqual([
			{ json: { error: 'Resource Not Found', problem: whole }, pairedItem: { item: 0 } },
		]);
	});

	test('what a careless service echoes is not shown', async () => {
		const { clientSecret } = account.sandbox.client;
		const { error } = await answered(name, (request, reply) =>
			problem(reply, 403, `Refused ${clientSecret}`, {
				detail: `Received ${request.headers.authorization} and ${encodeURIComponent(clientSecret)}`,
				headers: { 'www-authenticate': `Bearer scope="${clientSecret}"` },
				echo: { [clientSecret]: [request.headers.authorization, SERVICE_TOKEN] },
			}),
		);
		expect(error?.message).toBe('Refused ***');
	});

	test('a redirect is not followed, as it would carry the token away', async () => {
		const elsewhere = await startService(() => ({}));
		const { error } = await answered(name, (_request, reply) =>
			reply.code(307).header('location', elsewhere.baseUrl).send(),
		);
		expect(error?.description).toMatch(/redirects elsewhere/);
		expect(elsewhere.requests).toEqual([]);
		await elsewhere.close();
	});
});

/** A submission that isn't answered well is ambiguous; its own tests have it. */
describe.each(['getAll', 'getControl'] as const)('%s', (name) => {
	interface Odd {
		what: string;
		answer: (reply: FastifyReply) => unknown;
		message: RegExp;
		description: RegExp;
		httpCode?: string;
	}
	const cut = (reply: FastifyReply, headers: Record<string, string>, text: string) => {
		reply.hijack();
		reply.raw.writeHead(200, { 'content-type': 'application/json', ...headers });
		reply.raw.write(text, () => reply.raw.socket?.end());
	};
	const odd: Odd[] = [
		{
			what: '500 with problem details',
			answer: (reply) => problem(reply, 500, 'Server Error', { detail: 'Database is down' }),
			message: /^Server Error$/,
			description: /^Database is down\. .*Run the workflow again later/,
			httpCode: '500',
		},
		{
			what: '502 with a web page',
			answer: (reply) =>
				reply.code(502).type('text/html').send('<html><h1>Bad Gateway</h1></html>'),
			message: /^Bad Gateway$/,
			description: /a web page instead of data.*HTTP status 502/,
			httpCode: '502',
		},
		{
			what: '500 with nothing',
			answer: (reply) => reply.code(500).send(''),
			message: /^Internal Server Error$/,
			description: /an empty answer, with HTTP status 500/,
			httpCode: '500',
		},
		{
			what: '404 with JSON of another kind',
			answer: (reply) => reply.code(404).send({ message: 'No route matched', code: 7 }),
			message: /^Not Found$/,
			description: /^No route matched\. Check the engagement/,
			httpCode: '404',
		},
		{
			what: '400 whose members have other types than the RFC’s',
			answer: (reply) => reply.code(400).send({ title: 7, detail: { a: 1 }, errors: [null, 'x'] }),
			message: /^Bad Request$/,
			description: /^x\. Correct the value/,
			httpCode: '400',
		},
		{
			what: '503 that breaks off',
			answer: (reply) => reply.code(503).type('application/problem+json').send('{"title":"Mainte'),
			message: /^Service Unavailable$/,
			description: /an answer that breaks off/,
			httpCode: '503',
		},
		{
			what: '200 with a web page',
			answer: (reply) => reply.type('text/html').send('<!doctype html><p>Log in to the network'),
			message: /could not be read/,
			description: /a web page instead of data/,
			httpCode: '200',
		},
		{
			what: '200 with nothing',
			answer: (reply) => reply.send(''),
			message: /could not be read/,
			description: /an empty answer/,
		},
		{
			what: '204',
			answer: (reply) => reply.code(204).send(),
			message: /could not be read/,
			description: /an empty answer/,
		},
		{
			what: '200 with JSON that breaks off',
			answer: (reply) => reply.type('application/json').send('{"data":[{"id":"eng_1"'),
			message: /could not be read/,
			description: /an answer that breaks off/,
		},
		{
			what: '200 with text',
			answer: (reply) => reply.type('application/json').send('"hello"'),
			message: /could not be read/,
			description: /an answer that is not JSON/,
		},
		{
			what: 'an answer shorter than announced',
			answer: (reply) => cut(reply, { 'content-length': '100' }, '{"id":'),
			message: /broke off/,
			description: /network/,
		},
		{
			what: 'a chunked answer without its end',
			answer: (reply) => cut(reply, { 'transfer-encoding': 'chunked' }, '{"id":'),
			message: /broke off/,
			description: /network/,
		},
		{
			what: 'no answer',
			answer: (reply) => {
				reply.hijack();
				reply.raw.socket?.end();
			},
			message: /broke off/,
			description: /network/,
		},
	];

	test.each(odd)('$what', async ({ answer, message, description, httpCode }) => {
		const { error } = await answered(name, (_request, reply) => answer(reply));
		expect(error?.name).toBe('NodeApiError');
		expect(error?.message).toMatch(message);
		expect(error?.description).toMatch(description);
		if (httpCode) expect(error).toMatchObject({ httpCode });
		expect(error?.context?.data).toMatchObject({ type: expect.any(String) });
	});
});

test('a list that is none says so', async () => {
	const { error } = await answered('getAll', (_request, reply) =>
		reply.send({ id: 'ctrl_abc123' }),
	);
	expect(error).toMatchObject({ name: 'NodeApiError' });
	expect(error?.message).toMatch(/no list/);
});

describe.each(NAMES)('%s', (name) => {
	test('a host that does not exist', async () => {
		const { error } = await run(name, 'https://no-such-host.invalid/v1');
		expect(error?.message).toMatch(/host of the base URL could not be found/);
		expect(error?.description).toMatch(/Check Base URL.*DNS/);
	});

	test('a port where nobody listens', async () => {
		const { error } = await run(name, NOBODY_LISTENS);
		expect(error?.message).toMatch(/connection was refused/);
		expect(error?.description).toMatch(/Check Base URL.*firewall/);
	});

	test('a certificate that nobody trusts', async () => {
		const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }]);
		const { error } = await answered(name, () => ({}), { tls: { key, cert } });
		expect(error?.message).toMatch(/No secure connection/);
		expect(error?.description).toMatch(/certificate is not trusted/);
		expect(service?.requests).toEqual([]);
	});

	test('a server that does not speak TLS', async () => {
		service = await startService(() => ({}));
		const { error } = await run(name, service.baseUrl.replace('http:', 'https:'));
		expect(error?.message).toMatch(/No secure connection/);
	});

	test('a server that does not speak HTTP', async () => {
		const server = createServer((socket) => socket.end('220 mail.example ESMTP\r\n'));
		server.listen(0, '127.0.0.1');
		await once(server, 'listening');
		const { port } = server.address() as { port: number };
		const { error } = await run(name, `http://127.0.0.1:${port}/v1`);
		expect(error?.name).toBe('NodeApiError');
		expect(error?.message).toMatch(/broke off/);
		server.close();
	});
});

describe('the token endpoint', () => {
	type Token = NonNullable<NonNullable<Parameters<typeof startService>[1]>['token']>;
	const cases: Array<[what: string, token: Token, message: RegExp, description: RegExp]> = [
		[
			'refuses the client',
			(_request, reply) => reply.code(401).send({ error: 'invalid_client' }),
			/refused the client ID or client secret/,
			/enter Client ID and Client Secret again/,
		],
		[
			'refuses the scope',
			(_request, reply) => reply.code(400).send({ error: 'invalid_scope' }),
			/does not grant the scope/,
			/Correct Scope/,
		],
		[
			'gives no token',
			(_request, reply) => reply.send({ token_type: 'Bearer' }),
			/without an access token/,
			/Base URL/,
		],
		[
			'answers with a web page',
			(_request, reply) => reply.type('text/html').send('<html></html>'),
			/gave no access token/,
			/a web page instead of data/,
		],
		[
			'answers with nothing',
			(_request, reply) => reply.send(''),
			/gave no access token/,
			/an empty answer/,
		],
		[
			'is not there',
			(_request, reply) => reply.code(404).type('text/html').send('<html></html>'),
			/gave no access token/,
			/a web page.*404/,
		],
		[
			'can’t answer',
			(_request, reply) => reply.code(500).send('oops'),
			/gave no access token/,
			/Run the workflow again later/,
		],
		[
			'breaks off',
			(_request, reply) => {
				reply.hijack();
				reply.raw.socket?.destroy();
			},
			/broke off/,
			/network/,
		],
		[
			'echoes the secret',
			(_request, reply) =>
				reply.code(400).send({
					error: 'invalid_request',
					error_description: `got ${account.sandbox.client.clientSecret}`,
				}),
			/gave no access token/,
			/got \*\*\*/,
		],
	];

	test.each(cases)('%s', async (_what, token, message, description) => {
		for (const name of NAMES) {
			const { error } = await answered(name, () => ({}), { token });
			expect(error?.name).toBe('NodeApiError');
			expect(error?.message).toMatch(message);
			expect(error?.description).toMatch(description);
			expect(service?.requests).toEqual([]);
			await service?.close();
		}
	});
});

describe('where nothing moves any more', () => {
	beforeAll(() => setIdleLimit(1_500));
	afterAll(() => setIdleLimit());

	const silences: Array<[what: string, answer: (reply: FastifyReply) => void]> = [
		['before the answer', (reply) => reply.hijack()],
		[
			'amid the answer',
			(reply) => {
				reply.hijack();
				reply.raw.writeHead(200, { 'content-type': 'application/json' });
				reply.raw.write('{"data":[');
			},
		],
	];
	test.each(silences)('%s', async (_when, answer) => {
		for (const name of ['getAll', 'getControl'] as const) {
			const { error } = await answered(name, async (_request, reply) => answer(reply));
			expect(error?.message).toBe('AUDITDEX did not answer in time');
			expect(error?.description).toMatch(/Nothing moved for 60 seconds/);
			await service?.close();
		}
	});

	test('before a token is given, nothing of the file has been sent', async () => {
		const { error } = await answered('submit', () => ({}), {
			token: async (_request, reply) => reply.hijack(),
		});
		expect(error?.message).toBe('AUDITDEX did not answer in time');
		expect(service?.requests).toEqual([]);
	});
});
