import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startSandbox, type Sandbox } from '../server.mts';
import {
	authorized,
	call,
	CONTROL,
	CONTROL_PATH,
	ENGAGEMENT,
	type Reply,
} from '../testing/api.mts';

let sandbox: Sandbox;

beforeAll(async () => {
	sandbox = await startSandbox();
});
afterAll(async () => await sandbox.close());

async function send(method: string, path: string, body?: unknown): Promise<Reply> {
	return await call({ origin: sandbox.adminUrl }, path, {
		method,
		...(body !== undefined && {
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify(body),
		}),
	});
}

const finding = { engagementId: ENGAGEMENT, controlId: CONTROL };
const hook = { url: 'https://n8n.example.com/' };

describe('what is not as it must be is refused', () => {
	test.each([
		['PUT', '/plan', { plan: 'gold' }],
		['PUT', '/plan', {}],
		['PUT', '/plan', { plan: 'standard', more: 1 }],
		['PUT', '/plan', undefined],
		['PUT', '/latency', { ms: -1 }],
		['PUT', '/latency', { ms: '20' }],
		['PUT', '/pagination', { pagination: 'by hand' }],
		['PUT', '/pagination', { pageSize: 0 }],
		['PUT', '/pagination', { textNumbers: 'yes' }],
		['PUT', '/pagination', { style: 'offset' }],
		['POST', '/faults', { kind: 'earthquake' }],
		['POST', '/faults', { kind: '500', operation: 'everything' }],
		['POST', '/faults', { kind: '500', probability: 2 }],
		['POST', '/faults', { kind: '500', times: 0 }],
		['POST', '/faults', { kind: '500', time: 1 }],
		['POST', '/engagements/seed', { count: 1.5 }],
		['POST', '/engagements', { id: '../x', name: 'x' }],
		['POST', '/engagements', { name: 'x' }],
		['POST', '/controls/conclude', finding],
		['POST', '/findings', { ...finding, severity: '' }],
		['POST', '/findings', { ...finding, severe: true }],
		['POST', '/tokens/expire', { all: true }],
		['POST', '/clients', { clientId: 'a', scopes: ['everything'] }],
		['POST', '/webhooks', {}],
		['POST', '/webhooks', { url: 'http://n8n.example.com/' }],
		['POST', '/webhooks', { ...hook, events: [] }],
		['POST', '/webhooks', { ...hook, events: ['finding.closed'] }],
		['POST', '/webhooks', { ...hook, secret: 'short' }],
		['POST', '/webhooks', { ...hook, signature: { encoding: 'base32' } }],
		['POST', '/webhooks', { ...hook, signature: { header: 'Host' } }],
		['POST', '/webhooks', { ...hook, enabled: true }],
		['GET', '/deliveries?state=lost', undefined],
		['GET', '/deliveries?limit=-1', undefined],
		['GET', '/deliveries?page=1', undefined],
	])('%s %s %j', async (method, path, body) => {
		const { status, json } = await send(method, path, body);
		expect(status).toBe(400);
		expect(json.message).toEqual(expect.any(String));
	});

	test('a form that a web page could send', async () => {
		const answer = await call({ origin: sandbox.adminUrl }, '/findings', {
			method: 'POST',
			headers: { 'content-type': 'text/plain' },
			body: JSON.stringify(finding),
		});
		expect(answer.status).toBe(415);
		const empty = await call({ origin: sandbox.adminUrl }, '/tokens/expire', {
			method: 'POST',
			headers: { origin: 'https://evil.example.com' },
		});
		expect(empty.status).toBe(403);
	});

	test.each([
		['POST', '/findings', { ...finding, controlId: 'ctrl_none' }],
		['POST', '/controls/conclude', { ...finding, engagementId: 'eng_none', conclusion: 'x' }],
		['POST', '/engagements/complete', { engagementId: 'eng_none' }],
		['POST', '/controls', { engagementId: 'eng_none', id: 'ctrl_1', title: 'x' }],
		['PATCH', '/webhooks/whk_none', {}],
		['POST', '/webhooks/whk_none/rotate', {}],
		['POST', '/webhooks/whk_none/test', {}],
		['DELETE', '/webhooks/whk_none', undefined],
		['GET', '/deliveries/dlv_none', undefined],
		['POST', '/deliveries/dlv_none/redeliver', {}],
		['GET', '/nothing', undefined],
	])('%s %s: there is none', async (method, path, body) => {
		expect((await send(method, path, body)).status).toBe(404);
	});
});

test('no secret of a webhook is ever listed', async () => {
	const { id, secret } = await sandbox.admin.createWebhook(hook);
	const { text } = await send('GET', '/webhooks');
	expect(text).toContain(id);
	expect(text).not.toContain(secret);
	expect(text).not.toContain('ecret":"');
	await sandbox.admin.removeWebhook(id);
});

test('an engagement and a control that are added are there for the API', async () => {
	await sandbox.admin.addEngagement({ id: 'eng_new', name: 'New engagement' });
	await sandbox.admin.addControl('eng_new', { id: 'ctrl_new', title: 'New control' });
	const headers = await authorized(sandbox);
	const { json } = await call(sandbox, '/v1/engagements/eng_new/controls/ctrl_new', { headers });
	expect(json).toMatchObject({ title: 'New control', testing_status: 'in_testing' });
	await expect(sandbox.admin.addEngagement({ id: 'eng_new', name: 'x' })).rejects.toThrow(
		/this id/,
	);
	await expect(sandbox.admin.addControl('eng_new', { id: 'ctrl_new', title: 'x' })).rejects.toThrow(
		/this id/,
	);
	await sandbox.admin.seedEngagements(12);
	const list = await call(sandbox, '/v1/engagements?limit=200', { headers });
	expect(list.json.data).toHaveLength(12);
});

test('requests are counted, by operation and answer', async () => {
	const headers = await authorized(sandbox);
	await sandbox.admin.resetStats();
	await call(sandbox, CONTROL_PATH, { headers });
	await call(sandbox, CONTROL_PATH);
	await authorized(sandbox);
	await expect
		.poll(async () => await sandbox.admin.stats())
		.toMatchObject({ tokenRequests: 1, refusals: 0, inFlight: 0 });
	const { requests } = await sandbox.admin.stats();
	expect(requests).toEqual({ getControl: { 200: 1, 401: 1 }, token: { 200: 1 } });
});

test('latency is added to each answer', async () => {
	await sandbox.admin.setLatency(300);
	const started = Date.now();
	await call(sandbox, CONTROL_PATH);
	expect(Date.now() - started).toBeGreaterThanOrEqual(299);
	await sandbox.admin.setLatency(0);
});

test('it listens on loopback alone', () => {
	for (const url of [sandbox.adminUrl, sandbox.origin]) {
		expect(new URL(url).hostname).toBe('127.0.0.1');
	}
});
