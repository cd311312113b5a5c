import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { startSandbox, type Sandbox } from '../server.mts';
import { CONTROL, ENGAGEMENT, evidenceForm, submit } from '../testing/api.mts';
import { startReceiver, type Receiver } from '../testing/receiver.mts';
import { RETRY_WAITS_MS } from './retries.mts';
import type { WebhookWithSecret } from './webhook.mts';

/** Three days in a quarter of a second. */
const FAST = 1_000_000;

let sandbox: Sandbox;
let receiver: Receiver;

beforeAll(async () => {
	sandbox = await startSandbox({
		clockSpeed: FAST,
		tokenLifetimeSeconds: 1_000 * FAST,
		webhookTimeoutMs: 2_000,
	});
});
afterAll(async () => await sandbox.close());
beforeEach(async () => {
	receiver = await startReceiver();
});
afterEach(async () => {
	for (const { id } of await sandbox.admin.listWebhooks()) await sandbox.admin.removeWebhook(id);
	await receiver.close();
});

const raise = async (title?: string) =>
	await sandbox.admin.raiseFinding(ENGAGEMENT, CONTROL, title ? { title } : {});
const add = async (changes: object = {}): Promise<WebhookWithSecret> =>
	await sandbox.admin.createWebhook({ url: receiver.url, ...changes });
const settled = async () => await sandbox.admin.waitForDeliveries();
const payloads = () => receiver.received.map(({ body }) => JSON.parse(body) as { event: string });
const signed = (secret: string, body: string) =>
	`sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

describe('an event', () => {
	test('is delivered for each of the four things that happen, in the form of the API page', async () => {
		const { secret } = await add();
		const evidence = (await submit(sandbox, evidenceForm('reviewed'))).json;
		await settled();
		const finding = await raise();
		await settled();
		await sandbox.admin.concludeControl(ENGAGEMENT, CONTROL, 'effective');
		await settled();
		await sandbox.admin.completeEngagement(ENGAGEMENT);
		await settled();

		const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
		expect(payloads()).toEqual([
			{
				event: 'evidence.submitted',
				timestamp,
				data: {
					engagement_id: ENGAGEMENT,
					evidence_id: evidence.id,
					control_id: CONTROL,
					file_name: 'review.csv',
					sha256: evidence.sha256,
					description: '',
				},
			},
			{
				event: 'finding.raised',
				timestamp,
				data: {
					engagement_id: ENGAGEMENT,
					finding_id: finding.id,
					severity: 'significant',
					control_id: CONTROL,
					title: 'Privileged access review not completed within SLA',
				},
			},
			{
				event: 'control.concluded',
				timestamp,
				data: {
					engagement_id: ENGAGEMENT,
					control_id: CONTROL,
					conclusion: 'effective',
					title: 'Privileged access is reviewed every quarter',
				},
			},
			{
				event: 'engagement.completed',
				timestamp,
				data: { engagement_id: ENGAGEMENT, name: 'SOC 2 Type II 2026' },
			},
		]);
		for (const { headers, body } of receiver.received) {
			expect(headers['content-type']).toBe('application/json');
			expect(headers['x-auditdex-signature']).toBe(signed(secret, body));
		}
	});

	test("has the real time, however fast the service's clock is", async () => {
		await add();
		await raise();
		await settled();
		const { timestamp } = payloads()[0]! as unknown as { timestamp: string };
		expect(Math.abs(Date.parse(timestamp) - receiver.received[0]!.at)).toBeLessThan(60_000);
	});

	test('goes to the webhooks that want it, and are enabled', async () => {
		const other = await startReceiver();
		try {
			await add({ events: ['control.concluded', 'engagement.completed'] });
			const disabled = await add();
			await sandbox.admin.changeWebhook(disabled.id, { enabled: false });
			await add({ url: other.url, events: ['finding.raised'] });
			await raise();
			await settled();
			expect([receiver.received.length, other.received.length]).toEqual([0, 1]);
		} finally {
			await other.close();
		}
	});

	test('is not made up for evidence that was refused', async () => {
		await add();
		const { status } = await submit(sandbox, evidenceForm('x', { control_id: 'ctrl_none' }));
		expect(status).toBe(404);
		await settled();
		expect(receiver.received).toEqual([]);
	});
});

describe('a delivery', () => {
	test.each([500, 404, 429, 400, 301, 302, 304])(
		'that is answered %i is sent again, with the same body',
		async (status) => {
			await add();
			receiver.answers = [status, status];
			await raise();
			await settled();
			const [delivery] = await sandbox.admin.listDeliveries();
			expect(delivery!.attempts.map((attempt) => attempt.status)).toEqual([status, status, 200]);
			expect(delivery!.state).toBe('delivered');
			expect(new Set(receiver.received.map(({ body }) => body))).toEqual(new Set([delivery!.body]));
		},
	);

	test('is over with any 2xx', async () => {
		await add();
		receiver.answers = [202, 204];
		await raise();
		await settled();
		await raise();
		await settled();
		expect(receiver.received).toHaveLength(2);
	});

	test('is given up when the last wait is over', async () => {
		await add();
		receiver.answers = Array<number>(50).fill(503);
		await raise();
		await settled();
		const [delivery] = await sandbox.admin.listDeliveries();
		expect(delivery).toMatchObject({ state: 'failed', nextAttemptAt: null });
		expect(delivery!.attempts).toHaveLength(RETRY_WAITS_MS.length + 1);
		expect(receiver.received).toHaveLength(RETRY_WAITS_MS.length + 1);
	});

	test('that gets no answer, or none in time, is sent again', async () => {
		await add();
		receiver.answers = [null];
		await raise();
		await settled();
		const [delivery] = await sandbox.admin.listDeliveries();
		expect(delivery!.attempts).toMatchObject([
			{ status: null, error: 'No complete answer within 2 s' },
			{ status: 200, error: null },
		]);
	});

	test('to a port where nothing listens says so', async () => {
		const url = receiver.url;
		await receiver.close();
		await add({ url });
		await raise();
		await settled();
		const [delivery] = await sandbox.admin.listDeliveries();
		expect(delivery!.state).toBe('failed');
		expect(delivery!.attempts[0]!.error).toBe('Connection refused: nothing listens there');
	});

	test('that is answered 410 disables the webhook; enabled again, it goes on', async () => {
		const { id } = await add();
		receiver.answers = [410];
		await raise('one');
		await settled();
		const [webhook] = await sandbox.admin.listWebhooks();
		expect(webhook).toMatchObject({
			enabled: false,
			disabledReason: expect.stringContaining('410'),
		});
		await raise('two');
		await settled();
		expect(receiver.received).toHaveLength(1);

		await sandbox.admin.changeWebhook(id, { enabled: true });
		await raise('three');
		await settled();
		expect(
			payloads().map((payload) => (payload as unknown as { data: { title: string } }).data.title),
		).toEqual(['one', 'three']);
	});

	test('can be sent again', async () => {
		await add();
		await raise();
		await settled();
		const { id } = (await sandbox.admin.listDeliveries())[0]!;
		await sandbox.admin.redeliver(id);
		await settled();
		expect(receiver.received).toHaveLength(2);
		expect(receiver.received[0]!.body).toBe(receiver.received[1]!.body);
		expect((await sandbox.admin.getDelivery(id)).attempts).toHaveLength(2);
	});

	test('shows what was sent and answered', async () => {
		await add({ events: ['finding.raised'] });
		await raise();
		await settled();
		const [delivery] = await sandbox.admin.listDeliveries();
		const [{ headers, body }] = receiver.received as [(typeof receiver.received)[number]];
		expect(delivery).toMatchObject({ event: 'finding.raised', body });
		const [attempt] = delivery!.attempts;
		for (const [name, value] of Object.entries(attempt!.requestHeaders)) {
			expect(headers[name.toLowerCase()]).toBe(value);
		}
		expect(attempt).toMatchObject({ status: 200, responseBody: '{"received":true}' });
	});
});

test('many deliveries go out side by side, but never more than twenty to one receiver', async () => {
	await add();
	receiver.delayMs = 300;
	await Promise.all(Array.from({ length: 100 }, async () => await raise()));
	await settled();
	expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(100);
	expect(receiver.received).toHaveLength(100);
	expect(receiver.mostWaiting).toBeLessThanOrEqual(20);
	expect(receiver.mostWaiting).toBeGreaterThan(1);
});

test('a rotated secret: both sign until it is ended, then the new one alone', async () => {
	const slow = await startSandbox();
	try {
		const { admin } = slow;
		const { id, secret } = await admin.createWebhook({ url: receiver.url });
		const deliver = async () => {
			await admin.raiseFinding(ENGAGEMENT, CONTROL);
			await admin.waitForDeliveries();
			return receiver.received.at(-1)!;
		};
		const rotated = await admin.rotateWebhookSecret(id);
		expect(rotated.secret).not.toBe(secret);
		expect(rotated.previousSecretUntil).not.toBeNull();
		const both = await deliver();
		expect(both.headers['x-auditdex-signature']).toBe(
			`${signed(rotated.secret, both.body)},${signed(secret, both.body)}`,
		);
		expect(await admin.endWebhookRotation(id)).toMatchObject({ previousSecretUntil: null });
		const one = await deliver();
		expect(one.headers['x-auditdex-signature']).toBe(signed(rotated.secret, one.body));
	} finally {
		await slow.close();
	}
});

test("the time of grace ends by itself, on the service's clock", async () => {
	const { id } = await add();
	const rotated = await sandbox.admin.rotateWebhookSecret(id, { graceSeconds: 3_600 });
	await expect
		.poll(async () => (await sandbox.admin.listWebhooks())[0]!.previousSecretUntil)
		.toBeNull();
	await raise();
	await settled();
	const { headers, body } = receiver.received.at(-1)!;
	expect(headers['x-auditdex-signature']).toBe(signed(rotated.secret, body));
});

describe('over a restart', () => {
	test('webhooks, secrets and what is still to be delivered survive', async () => {
		const dataDir = await mkdtemp(join(tmpdir(), 'auditdex-sandbox-test-'));
		try {
			// The first retry comes after ten seconds: far later than this service ends.
			const first = await startSandbox({ dataDir, clockSpeed: 0.5 });
			const { secret } = await first.admin.createWebhook({ url: receiver.url });
			receiver.answers = [503];
			const finding = await first.admin.raiseFinding(ENGAGEMENT, CONTROL);
			await expect
				.poll(async () => (await first.admin.listDeliveries())[0]!.attempts.length)
				.toBe(1);
			receiver.answers = [null];
			await first.admin.raiseFinding(ENGAGEMENT, CONTROL, { title: 'under way at the end' });
			await expect.poll(() => receiver.received.length).toBe(2);
			await first.close();

			const second = await startSandbox({ dataDir });
			try {
				await second.admin.waitForDeliveries(undefined, 30_000);
				expect(await second.admin.countDeliveries()).toEqual({
					pending: 0,
					delivered: 2,
					failed: 0,
				});
				const retry = receiver.received.findLast(({ body }) => body.includes(finding.id))!;
				expect(retry.headers['x-auditdex-signature']).toBe(signed(secret, retry.body));
				expect(receiver.received).toHaveLength(4);
			} finally {
				await second.close();
			}
		} finally {
			await rm(dataDir, { recursive: true });
		}
	}, 60_000);
});
