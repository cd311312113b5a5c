import { setTimeout as delay } from 'node:timers/promises';

import type { FastifyReply, FastifyRequest } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { openAccount, type Account } from './harness/account.mts';
import {
	BINARY_MODES,
	keepFile,
	makeFile,
	useBinaryMode,
	type TestFile,
} from './harness/binary.mts';
import { setIdleLimit, speedUpSettling } from './harness/limits.mts';
import { submit } from './harness/parameters.mts';
import { startService } from './harness/service.mts';

/** An upload may take as long as bytes keep moving; one that stands still is given up. */
const MIB = 1024 * 1024;
const IDLE_LIMIT_MS = 8_000;
/** Slow enough to take longer than the limit, fast enough to empty what the system buffers in it. */
const BYTES_A_SECOND = 3 * MIB;

let account: Account;
let file: TestFile;
beforeAll(async () => {
	account = await openAccount();
	file = await makeFile(48 * MIB, 1);
	setIdleLimit(IDLE_LIMIT_MS);
	speedUpSettling(20);
});
afterAll(async () => {
	setIdleLimit();
	speedUpSettling();
	await file.remove();
	await account.close();
});

async function submitTo(receive: (request: FastifyRequest, reply: FastifyReply) => unknown) {
	const service = await startService((request, reply) =>
		request.method === 'GET' ? { id: 'ctrl_abc123', evidence: [] } : receive(request, reply),
	);
	const other = await account.withCredential({ baseUrl: service.baseUrl });
	const data = await keepFile(file, { fileName: 'slow.bin' });
	const started = Date.now();
	const execution = await other.run(submit({ options: { maxRetries: 0 } }), [
		{ json: {}, binary: { data } },
	]);
	const took = Date.now() - started;
	await service.close();
	return { ...execution, took, requests: service.requests };
}

test.each(BINARY_MODES)('one that is slow, with files in %s mode, is waited for', async (mode) => {
	await useBinaryMode(mode);
	const { output, error, took, requests } = await submitTo(async ({ raw }) => {
		const started = Date.now();
		let received = 0;
		for await (const chunk of raw as AsyncIterable<Buffer>) {
			received += chunk.length;
			await delay(Math.max(0, started + (received / BYTES_A_SECOND) * 1_000 - Date.now()));
		}
		return { id: 'evd_1', sha256: file.sha256, received };
	});
	expect(error).toBeUndefined();
	expect(took).toBeGreaterThan(IDLE_LIMIT_MS * 1.5);
	expect(output[0]?.json).toMatchObject({ integrity: { sent: file.sha256, verified: true } });
	expect(requests.filter((request) => request.startsWith('POST'))).toHaveLength(1);
});

test('one that stands still is given up; nothing can have come of it, so nothing is asked', async () => {
	await useBinaryMode('filesystem');
	const { error, took, requests } = await submitTo(async ({ raw }, reply) => {
		raw.pause();
		return reply.hijack();
	});
	expect(error?.message).toBe('AUDITDEX did not answer in time');
	expect(took).toBeGreaterThan(IDLE_LIMIT_MS);
	expect(requests.map((request) => request.split(' ')[0])).toEqual(['GET', 'POST']);
});

test('the answer to one has the same time', async () => {
	const { error, took } = await submitTo(async ({ raw }, reply) => {
		for await (const chunk of raw) void chunk;
		return reply.hijack();
	});
	expect(error?.message).toBe('AUDITDEX did not answer in time');
	expect(took).toBeGreaterThan(IDLE_LIMIT_MS);
});
