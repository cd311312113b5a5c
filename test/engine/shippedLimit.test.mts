import { once } from 'node:events';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { openAccount, type Account } from './harness/account.mts';
import { getAll, getControl } from './harness/parameters.mts';
import { startService, type Service } from './harness/service.mts';

/** The time limit as it is shipped; where tests need it shorter, they say so. */
let account: Account;
let service: Service;
beforeAll(async () => {
	service = await startService(async ({ raw }, reply) => {
		raw.resume();
		if (!raw.readableEnded) await once(raw, 'end');
		return reply.hijack();
	});
	account = await openAccount();
});
afterAll(async () => {
	await service.close();
	await account.close();
});

test.concurrent.each([getAll, getControl])(
	'a request that gets no answer is given up after a minute: %o',
	async (operation) => {
		const silent = await account.withCredential({ baseUrl: service.baseUrl });
		const started = Date.now();
		const { error } = await silent.run(operation({ options: { maxRetries: 0 } }), [{ json: {} }]);
		expect(Date.now() - started).toBeGreaterThanOrEqual(60_000);
		expect(Date.now() - started).toBeLessThan(90_000);
		expect(error?.message).toBe('AUDITDEX did not answer in time');
	},
);
