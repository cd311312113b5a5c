import { setTimeout as delay } from 'node:timers/promises';

import { describe, expect, test } from 'vitest';

import {
	Deadline,
	IDLE_LIMIT,
	untilAborted,
} from '../../../nodes/Auditdex/api/request/deadline.ts';

const aborted = async (signal: AbortSignal) =>
	await new Promise<void>((resolve) => {
		signal.addEventListener('abort', () => resolve(), { once: true });
	});

test('the limit is a minute (contract)', () => {
	expect(IDLE_LIMIT.ms).toBe(60_000);
});

test('runs out when nothing moves', async () => {
	const started = Date.now();
	const deadline = new Deadline(undefined, 100);
	expect(deadline.expired).toBe(false);
	await aborted(deadline.signal);
	expect(deadline.expired).toBe(true);
	expect(Date.now() - started).toBeGreaterThanOrEqual(99);
});

test('starts again with every move', async () => {
	const deadline = new Deadline(undefined, 400);
	const started = Date.now();
	for (let moves = 0; moves < 12; moves++) {
		await delay(50);
		deadline.touch();
	}
	await aborted(deadline.signal);
	expect(Date.now() - started).toBeGreaterThanOrEqual(999);
});

test('does not run out once the request is over', async () => {
	const deadline = new Deadline(undefined, 50);
	deadline.finish();
	await delay(200);
	expect(deadline.signal.aborted).toBe(false);
});

test('ends with the execution, which is not running out', async () => {
	const stop = new AbortController();
	const deadline = new Deadline(stop.signal, 60_000);
	stop.abort();
	expect(deadline.signal.aborted).toBe(true);
	expect(deadline.expired).toBe(false);
	expect(new Deadline(stop.signal, 60_000).signal.aborted).toBe(true);
	deadline.finish();
});

describe('work until a signal', () => {
	test('settles as the work does', async () => {
		const { signal } = new AbortController();
		await expect(untilAborted(Promise.resolve(7), signal)).resolves.toBe(7);
		await expect(untilAborted(Promise.reject(new Error('x')), signal)).rejects.toThrow('x');
	});

	test('rejects at once when the signal comes, before or meanwhile', async () => {
		const stop = new AbortController();
		const never = new Promise(() => {});
		const waiting = untilAborted(never, stop.signal);
		stop.abort();
		await expect(waiting).rejects.toThrow('aborted');
		await expect(untilAborted(never, stop.signal)).rejects.toThrow('aborted');
	});
});
