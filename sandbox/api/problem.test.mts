import { connect } from 'node:net';
import { METHODS } from 'node:http';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startSandbox, type Sandbox } from '../server.mts';
import { authorized, call, CONTROL_PATH, EVIDENCE_PATH, type Reply } from '../testing/api.mts';
import { recordApi } from '../testing/wire/record.mts';

let sandbox: Sandbox;
let headers: { authorization: string };

beforeAll(async () => {
	sandbox = await startSandbox({ plan: 'enterprise' });
	headers = await authorized(sandbox);
});
afterAll(async () => await sandbox.close());

/** What every response has, an error or not. */
function expectStandingHeaders({ headers: got }: Pick<Reply, 'headers'>): void {
	expect(got['x-request-id']).toMatch(/^req_[0-9a-f-]{36}$/);
	expect(Date.parse(got.date!)).not.toBeNaN();
	for (const name of ['limit', 'remaining', 'reset']) {
		expect(got[`x-ratelimit-${name}`]).toMatch(/^\d+$/);
	}
}

/** Sends bytes as they are, and reads the answer to its end. */
async function sendRaw(text: string): Promise<Reply> {
	const socket = connect(Number(new URL(sandbox.origin).port), '127.0.0.1');
	socket.write(text);
	let answer = '';
	for await (const chunk of socket) answer += String(chunk);
	const [head, body = ''] = answer.split('\r\n\r\n');
	const [statusLine, ...lines] = head!.split('\r\n');
	const status = Number(statusLine!.split(' ')[1]);
	const answered = Object.fromEntries(
		lines.map((line) => {
			const [name, value] = line.split(/: (.*)/);
			return [name!.toLowerCase(), value!];
		}),
	);
	const [, method = 'GET', path = '/'] = /^([A-Z-]+) (\S+)/.exec(text) ?? [];
	recordApi({
		method,
		origin: sandbox.origin,
		path,
		requestHeaders: {},
		requestBody: Buffer.alloc(0),
		status,
		headers: answered,
		body: Buffer.from(body),
	});
	return { status, headers: answered, text: body, json: JSON.parse(body) };
}

test('a problem looks as on the API page', async () => {
	const answer = await call(sandbox, '/v1/engagements/eng_none/controls/ctrl_abc123', { headers });
	expect(answer.status).toBe(404);
	expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
	expect(answer.json).toEqual({
		type: 'https://api.augixsys.com/errors/not-found',
		title: 'Resource Not Found',
		status: 404,
		detail: 'Engagement eng_none not found or access denied',
		instance: '/engagements/eng_none/controls/ctrl_abc123',
	});
	expectStandingHeaders(answer);
});

test.each([
	['a token', '/oauth/token', 'POST', 400],
	['a list', '/v1/engagements', 'GET', 200],
	['a list without a token', '/v1/engagements', 'GET', 401],
	['a list with an unknown parameter', '/v1/engagements?sort=name', 'GET', 400],
	['a control', CONTROL_PATH, 'GET', 200],
	['a control with a parameter', `${CONTROL_PATH}?full=1`, 'GET', 400],
	['evidence without a body', EVIDENCE_PATH, 'POST', 400],
	['evidence with a parameter', `${EVIDENCE_PATH}?a=b`, 'POST', 400],
	['a path that is none', '/v1/reports', 'GET', 404],
	['the evidence of an engagement', EVIDENCE_PATH, 'GET', 405],
	['a change of a control', CONTROL_PATH, 'PUT', 405],
	['a removal of evidence', `${EVIDENCE_PATH}/evd_1`, 'DELETE', 404],
])('%s has the headers of every response', async (what, path, method, status) => {
	const answer = await call(sandbox, path, {
		method,
		headers: what.includes('without a token') ? {} : headers,
	});
	expect(answer.status).toBe(status);
	expectStandingHeaders(answer);
	if (status >= 400) {
		expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
		expect(answer.json).toMatchObject({ status, instance: path.replace(/^\/v1|\?.*/g, '') });
	}
});

describe('methods that an endpoint does not have', () => {
	const possible = METHODS.filter((method) => !['CONNECT', 'HEAD', 'QUERY'].includes(method));
	test.each([
		['/oauth/token', 'POST'],
		['/v1/engagements', 'GET'],
		[CONTROL_PATH, 'GET'],
		[EVIDENCE_PATH, 'POST'],
	])('are answered 405 at %s', async (path, allowed) => {
		for (const method of possible.filter((name) => name !== allowed)) {
			const answer = await sendRaw(
				`${method} ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
			);
			expect([method, answer.status]).toEqual([method, 405]);
			expect(answer.headers.allow).toBe(allowed);
			expectStandingHeaders(answer);
		}
	});

	test('HEAD is one of them, and has no body', async () => {
		const answer = await call(sandbox, '/v1/engagements', { method: 'HEAD', headers });
		expect([answer.status, answer.text]).toEqual([405, '']);
		expectStandingHeaders(answer);
	});

	test('whatever is in the body', async () => {
		const answer = await call(sandbox, '/v1/engagements', {
			method: 'POST',
			headers: { 'content-type': 'text/xml' },
			body: '<a/>',
		});
		expect(answer.status).toBe(405);
	});
});

test.each([
	['not HTTP', 'nonsense\r\n\r\n', 'The request is not valid HTTP'],
	[
		'too large headers',
		`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`,
		'The headers are larger than this service accepts',
	],
	[
		'a URL that cannot be decoded',
		'GET /v1/%zz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
		"'/v1/%zz' is not a valid url component",
	],
])('%s is a problem with all headers, too', async (_what, text, detail) => {
	const answer = await sendRaw(text);
	expect(answer.status).toBe(400);
	expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
	expect(answer.json).toMatchObject({ title: 'Validation Error', status: 400, detail });
	expectStandingHeaders(answer);
});
