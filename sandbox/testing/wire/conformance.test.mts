import fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { assumptionsIn, readDocument } from '../../openapi/document.mts';
import { startSandbox, type Sandbox } from '../../server.mts';
import {
	askForToken,
	authorized,
	call,
	CONTROL,
	CONTROL_PATH,
	EVIDENCE_PATH,
	evidenceForm,
	tokenForm,
} from '../api.mts';
import { startReceiver } from '../receiver.mts';
import { Conformance } from './conformance.mts';
import { watchExchanges, type Exchange } from './exchange.mts';
import { expectDeviation } from './record.mts';

let sandbox: Sandbox;
let strict: Conformance;
/** What a sandbox that has its defaults and a limited plan sends and gets, by what it is. */
const seen: Record<string, Exchange> = {};

beforeAll(async () => {
	strict = await Conformance.to(new Set());
	sandbox = await startSandbox({ plan: 'enterprise' });
	const receiver = await startReceiver();
	let last: Exchange;
	const stop = watchExchanges((exchange) => {
		last = exchange;
		if (exchange.origin === new URL(receiver.url).origin) seen['a delivery'] = exchange;
	});
	const note = async (what: string, answer: Promise<{ status: number }>) => {
		await answer;
		seen[what] = last;
	};
	await note('a token', askForToken(sandbox, tokenForm(sandbox)));
	await note('a refused client', askForToken(sandbox, tokenForm(sandbox, { client_secret: 'x' })));
	const headers = await authorized(sandbox);
	await note('a list', call(sandbox, '/v1/engagements?limit=2', { headers }));
	await note('a control', call(sandbox, CONTROL_PATH, { headers }));
	await note('no control', call(sandbox, '/v1/engagements/eng_none/controls/x', { headers }));
	const body = evidenceForm('reviewed', { description: 'Q1' });
	await note('evidence', call(sandbox, EVIDENCE_PATH, { method: 'POST', headers, body }));
	await sandbox.admin.createWebhook({ url: receiver.url });
	await sandbox.admin.raiseFinding('eng_xyz789', CONTROL);
	await sandbox.admin.waitForDeliveries();
	stop();
	await receiver.close();
});
afterAll(async () => await sandbox.close());

const withBody = (exchange: Exchange, changes: object): Exchange => ({
	...exchange,
	body: Buffer.from(JSON.stringify({ ...JSON.parse(exchange.body.toString()), ...changes })),
});
const withRequestText = (exchange: Exchange, from: string, to: string): Exchange => ({
	...exchange,
	requestBody: Buffer.from(exchange.requestBody.toString().replace(from, to)),
});
const withHeader = (exchange: Exchange, name: string, value?: string): Exchange => {
	const { [name]: _before, ...headers } = exchange.headers;
	return { ...exchange, headers: value === undefined ? headers : { ...headers, [name]: value } };
};

const ANSWERS = ['a token', 'a refused client', 'a list', 'a control', 'no control', 'evidence'];

describe.each(ANSWERS)('%s', (what) => {
	const judge = async (change: (exchange: Exchange) => Exchange) =>
		(await strict.violationsOf(change(seen[what]!))).join('\n');

	test('is as the document says', async () => {
		expect(await judge((exchange) => exchange)).toBe('');
	});

	test('with a planted deviation it is noticed', async () => {
		expect(await judge((exchange) => withBody(exchange, { planted: 1 }))).toMatch(/planted/);
		const [name] = Object.keys(JSON.parse(seen[what]!.body.toString()));
		expect(await judge((exchange) => withBody(exchange, { [name!]: undefined }))).toContain(name);
		expect(await judge((exchange) => withBody(exchange, { [name!]: 17 }))).toContain(name);
		for (const header of [
			'x-ratelimit-limit',
			'x-ratelimit-remaining',
			'x-ratelimit-reset',
			'date',
		]) {
			expect(await judge((exchange) => withHeader(exchange, header))).toContain(header);
		}
		expect(
			await judge((exchange) => withHeader(exchange, 'x-ratelimit-reset', '1745140800123')),
		).toMatch(/x-ratelimit-reset/);
		expect(await judge((exchange) => withHeader(exchange, 'content-type', 'text/html'))).toMatch(
			/media type/,
		);
		for (const status of [202, 204, 302, 418, 502]) {
			expect(await judge((exchange) => ({ ...exchange, status }))).toMatch(/status code/);
		}
		expect(await judge((exchange) => ({ ...exchange, body: Buffer.from('<html>') }))).not.toBe('');
		expect(await judge((exchange) => ({ ...exchange, body: Buffer.alloc(0) }))).not.toBe('');
	});
});

test('deviations within a list, and within what it holds', async () => {
	const list = JSON.parse(seen['a list']!.body.toString());
	const engagement = { ...list.data[0], planted: 1 };
	expect(await strict.violationsOf(withBody(seen['a list']!, { data: [engagement] }))).toEqual([
		expect.stringContaining('planted'),
	]);
	const evidence = { ...JSON.parse(seen.evidence!.body.toString()), sha256: 'A'.repeat(64) };
	expect(await strict.violationsOf(withBody(seen['a control']!, { evidence: [evidence] }))).toEqual(
		[expect.stringContaining('sha256')],
	);
});

describe('a request that should have been refused', () => {
	test.each<[string, string, (exchange: Exchange) => Exchange]>([
		['a parameter too many', 'a list', (seen) => ({ ...seen, path: `${seen.path}&sort=name` })],
		['a parameter twice', 'a list', (seen) => ({ ...seen, path: `${seen.path}&limit=3` })],
		[
			'a parameter out of range',
			'a list',
			(seen) => ({ ...seen, path: '/v1/engagements?limit=0' }),
		],
		['a parameter where none is', 'a control', (seen) => ({ ...seen, path: `${seen.path}?a=b` })],
		['a field too many', 'a token', (seen) => withRequestText(seen, 'client_id', 'x=1&client_id')],
		['a field too few', 'a token', (seen) => withRequestText(seen, 'client_secret=', 'x=')],
		['another grant', 'a token', (seen) => withRequestText(seen, 'client_credentials', 'password')],
		[
			'an unknown part',
			'evidence',
			(seen) => withRequestText(seen, 'name="description"', 'name="note"'),
		],
		[
			'no control',
			'evidence',
			(seen) => withRequestText(seen, 'name="control_id"', 'name="description"'),
		],
		['no file', 'evidence', (seen) => withRequestText(seen, 'name="file"', 'name="description"')],
		[
			'another content type',
			'a token',
			(seen) => ({
				...seen,
				requestHeaders: { ...seen.requestHeaders, 'content-type': 'text/xml' },
			}),
		],
		['an unknown path', 'a list', (seen) => ({ ...seen, path: '/v1/reports' })],
		['an unknown method', 'a control', (seen) => ({ ...seen, method: 'PUT' })],
	])('and was not: %s', async (_what, exchange, change) => {
		const found = await strict.violationsOf(change(seen[exchange]!));
		expect(found.join('\n')).toMatch(/accepted a request that|is not in the document/);
	});
});

test('a delivery is as the document says; a planted deviation is noticed', async () => {
	const delivery = seen['a delivery']!;
	expect(await strict.violationsOfDelivery(delivery)).toEqual([]);
	const { 'x-auditdex-signature': _signature, ...unsigned } = delivery.requestHeaders;
	const planted: Exchange[] = [
		{ ...delivery, requestHeaders: unsigned },
		withRequestText(delivery, '"severity"', '"urgency"'),
		withRequestText(delivery, '{"event"', '{"planted":1,"event"'),
		withRequestText(delivery, 'finding.raised', 'finding.closed'),
		withRequestText(delivery, 'Z"', '.123Z"'),
		{ ...delivery, method: 'PUT' },
	];
	for (const exchange of planted) {
		expect(await strict.violationsOfDelivery(exchange)).toHaveLength(1);
	}
});

test('what crosses the wire in a test is judged, whoever sends it', async () => {
	const drifting = fastify();
	drifting.get('/v1/engagements', async (_request, reply) =>
		reply.headers({ 'x-ratelimit-limit': '60' }).send({ data: [], next_cursor: null, planted: 1 }),
	);
	const origin = await drifting.listen({ host: '127.0.0.1', port: 0 });
	expectDeviation(/x-ratelimit-remaining/, /x-ratelimit-reset/, /planted/);
	await call({ origin }, '/v1/engagements');
	await drifting.close();
});

test('each assumption has a name of its own, and says all there is to say', () => {
	const assumptions = assumptionsIn(readDocument());
	expect(assumptions.length).toBeGreaterThan(15);
	expect(new Set(assumptions.map(({ id }) => id)).size).toBe(assumptions.length);
	for (const assumption of assumptions) {
		expect(assumption).toMatchObject({
			id: expect.stringMatching(/^[a-z-]+$/),
			open: expect.stringMatching(/.\.$/),
			assumes: expect.stringMatching(/.\.$/),
			accepts: expect.stringMatching(/.\.$/),
		});
	}
});
