import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { startSandbox } from './server.mts';
import { authorized, call, CONTROL, CONTROL_PATH, ENGAGEMENT, submit } from './testing/api.mts';

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

test('a port in use is said, and nothing is left running', async () => {
	const first = await startSandbox();
	try {
		const adminPort = Number(new URL(first.adminUrl).port);
		await expect(startSandbox({ adminPort })).rejects.toThrow(/EADDRINUSE/);
	} finally {
		await first.close();
	}
});
