import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { AdminClient } from './adminClient.mts';
import { startSandbox } from './server.mts';
import { authorized, call, CONTROL, CONTROL_PATH, ENGAGEMENT, submit } from './testing/api.mts';
import { startReceiver } from './testing/receiver.mts';

test('what the service knows survives its restart', async () => {
	const dataDir = await mkdtemp(join(tmpdir(), 'auditdex-sandbox-test-'));
	try {
		const first = await startSandbox({ dataDir, seed: 7 });
		const headers = await authorized(first);
		const { json: evidence } = await submit(first, undefined, headers);
		const finding = await first.admin.raiseFinding(ENGAGEMENT, CONTROL);
		await first.admin.concludeControl(ENGAGEMENT, CONTROL, 'effective');
		await first.admin.completeEngagement('eng_000001');
		const client = await first.admin.addClient({ clientId: 'other' });
		await first.close();
		// As an upload leaves it when the service is killed.
		await writeFile(join(dataDir, 'evidence', '.incoming-1'), 'half');

		const second = await startSandbox({ dataDir });
		try {
			expect(second.client).toEqual(first.client);
			const control = await call(second, CONTROL_PATH, { headers });
			expect(control.json).toMatchObject({
				testing_status: 'concluded',
				conclusion: 'effective',
				findings: [finding],
				evidence: [evidence],
			});
			const list = await call(second, '/v1/engagements', { headers });
			expect(list.json.data).toHaveLength(7);
			expect(list.json.data[1]).toMatchObject({ id: 'eng_000001', status: 'completed' });
			const ofOther = { client_id: client.clientId, client_secret: client.clientSecret };
			expect((await authorized(second, ofOther)).authorization).not.toMatch(/undefined/);
			expect(await readdir(join(dataDir, 'evidence'))).toEqual([evidence.id]);
		} finally {
			await second.close();
		}
	} finally {
		await rm(dataDir, { recursive: true });
	}
});

test('nothing that was answered is lost when the service is killed', async () => {
	const dataDir = await mkdtemp(join(tmpdir(), 'auditdex-sandbox-test-'));
	const receiver = await startReceiver();
	try {
		const main = join(import.meta.dirname, 'main.mts');
		const flags = ['--port=0', '--admin-port=0', `--data-dir=${dataDir}`, '--stop-with-parent'];
		const service = spawn(process.execPath, [main, ...flags], {
			stdio: ['pipe', 'pipe', 'inherit'],
		});
		let printed = '';
		service.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
		const value = (label: string) => new RegExp(`${label} +(\\S+)\n`).exec(printed)?.[1] ?? '';
		const labels = ['Base URL', 'Client ID', 'Client secret', 'Admin API'];
		await expect.poll(() => labels.map(value)).not.toContain('');
		const origin = new URL(value('Base URL')).origin;
		const client = {
			clientId: value('Client ID'),
			clientSecret: value('Client secret'),
			scopes: [],
		};
		const admin = new AdminClient(value('Admin API'));
		await admin.createWebhook({ url: receiver.url });
		// Never answered: the delivery is under way when the service is killed.
		receiver.answers = [null];
		const { status, json: evidence } = await submit({ origin, client });
		expect(status).toBe(201);
		await expect.poll(() => receiver.received.length).toBe(1);
		service.kill('SIGKILL');
		await once(service, 'exit');

		const again = await startSandbox({ dataDir });
		try {
			expect(await again.admin.listEvidence()).toMatchObject([{ id: evidence.id }]);
			await again.admin.waitForDeliveries();
			expect(receiver.received).toHaveLength(2);
			expect(receiver.received[1]!.body).toBe(receiver.received[0]!.body);
		} finally {
			await again.close();
		}
	} finally {
		await receiver.close();
		await rm(dataDir, { recursive: true });
	}
});

test('a port in use is said, and nothing is left running', async () => {
	const first = await startSandbox();
	try {
		const adminPort = Number(new URL(first.adminUrl).port);
		await expect(startSandbox({ adminPort })).rejects.toThrow(/EADDRINUSE/);
	} finally {
		await first.close();
	}
});
