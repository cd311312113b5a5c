import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { FAULT_KINDS, Faults, type FaultKind, type FaultRule } from './faults.mts';
import { startSandbox, type Sandbox } from './server.mts';
import { authorized, call, CONTROL_PATH, submit, type Reply } from './testing/api.mts';
import { expectDeviation } from './testing/wire/record.mts';

let sandbox: Sandbox;
let headers: { authorization: string };

beforeAll(async () => {
	sandbox = await startSandbox();
	headers = await authorized(sandbox);
});
afterAll(async () => await sandbox.close());
afterEach(async () => await sandbox.admin.clearFaults());

const storedCount = async () => (await sandbox.admin.listEvidence()).length;

/** What a submission gets: an answer, or the reason why there's none. */
async function submitUnder(rule: Omit<FaultRule, 'operation'>): Promise<Reply | string> {
	await sandbox.admin.addFault({ ...rule, operation: 'submitEvidence' });
	return await submit(sandbox, undefined, headers).catch((error: Error) => error.message);
}

const PROBLEMS: Array<[FaultKind, number, stored: number]> = [
	['400-fields', 400, 0],
	['401', 401, 0],
	['403', 403, 0],
	['404', 404, 0],
	['413', 413, 0],
	['429', 429, 0],
	['500', 500, 0],
	['503', 503, 0],
	['500-after-store', 500, 1],
];
/** What something before the service may answer, or the service beyond the page's common ones. */
const OTHERS: Array<[FaultKind, number]> = [
	['408', 408],
	['409', 409],
	['504', 504],
];
const CUTS: Array<[FaultKind, stored: number]> = [
	['reset', 0],
	['reset-mid-upload', 0],
	['reset-after-store', 1],
	['reset-mid-response', 1],
];

describe('a fault', () => {
	test.each(PROBLEMS)(
		'%s is that problem, once, and %i; stored: %i',
		async (kind, status, stored) => {
			const before = await storedCount();
			const answer = (await submitUnder({ kind, times: 1 })) as Reply;
			expect(answer.status).toBe(status);
			expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
			expect(answer.json).toMatchObject({ status, instance: '/engagements/eng_xyz789/evidence' });
			expect((await storedCount()) - before).toBe(stored);
			expect((await submit(sandbox, undefined, headers)).status).toBe(201);
		},
	);

	test.each(OTHERS)('%s is that problem, and nothing is stored', async (kind, status) => {
		const before = await storedCount();
		const answer = (await submitUnder({ kind, times: 1 })) as Reply;
		expect(answer.json).toMatchObject({ status, instance: '/engagements/eng_xyz789/evidence' });
		expect((await storedCount()) - before).toBe(0);
	});

	test.each(CUTS)('%s cuts the connection; stored: %i', async (kind, stored) => {
		const before = await storedCount();
		expect(await submitUnder({ kind, times: 1 })).toEqual(expect.any(String));
		await expect.poll(async () => (await storedCount()) - before).toBe(stored);
	});

	test("502-html is a proxy's page", async () => {
		expectDeviation(/502: Unable to match the returned status code/);
		const answer = (await submitUnder({ kind: '502-html' })) as Reply;
		expect(answer.status).toBe(502);
		expect(answer.headers['content-type']).toMatch(/^text\/html/);
	});

	test('empty-body and truncated-json break off the answer of what was stored', async () => {
		expectDeviation(/201: Response body must be object/);
		const before = await storedCount();
		const empty = (await submitUnder({ kind: 'empty-body', times: 1 })) as Reply;
		expect([empty.status, empty.text]).toEqual([201, '']);
		const truncated = (await submitUnder({ kind: 'truncated-json', times: 1 })) as Reply;
		expect([truncated.status, truncated.json]).toEqual([201, undefined]);
		expect((await storedCount()) - before).toBe(2);
	});

	test('504-stored-late stores what was sent after its answer', async () => {
		const before = await storedCount();
		const answer = (await submitUnder({
			kind: '504-stored-late',
			delayMs: 2_000,
			times: 1,
		})) as Reply;
		expect(answer.status).toBe(504);
		expect((await storedCount()) - before).toBe(0);
		await expect.poll(async () => (await storedCount()) - before).toBe(1);
	});

	test('early-answer is a success of what is never read', async () => {
		expectDeviation(/201: Response body/);
		const before = await storedCount();
		const answer = (await submitUnder({ kind: 'early-answer', times: 1 })) as Reply;
		expect(answer.status).toBe(201);
		expect(answer.json.id).toBe('evd_unread');
		expect((await submit(sandbox, undefined, headers)).status).toBe(201);
		expect((await storedCount()) - before).toBe(1);
	});

	test('wrong-hash reports another hash than the stored one', async () => {
		const answer = (await submitUnder({ kind: 'wrong-hash' })) as Reply;
		expect(answer.status).toBe(201);
		const stored = (await sandbox.admin.listEvidence()).at(-1)!;
		expect(answer.json.sha256).toMatch(/^[0-9a-f]{64}$/);
		expect(answer.json.sha256).not.toBe(stored.sha256);
	});

	test('slow answers late', async () => {
		const started = Date.now();
		const answer = (await submitUnder({ kind: 'slow', delayMs: 400 })) as Reply;
		expect(answer.status).toBe(201);
		expect(Date.now() - started).toBeGreaterThanOrEqual(399);
	});

	test('hits the operation it is for, and every one where none is named', async () => {
		await sandbox.admin.addFault({ kind: '503', operation: 'listEngagements' });
		expect((await call(sandbox, CONTROL_PATH, { headers })).status).toBe(200);
		await sandbox.admin.addFault({ kind: '503' });
		expect((await call(sandbox, CONTROL_PATH, { headers })).status).toBe(503);
	});
});

test('every kind is tested here', () => {
	const tested = [
		...PROBLEMS.map(([kind]) => kind),
		...OTHERS.map(([kind]) => kind),
		...CUTS.map(([kind]) => kind),
		...[
			'504-stored-late',
			'early-answer',
			'502-html',
			'empty-body',
			'truncated-json',
			'wrong-hash',
			'slow',
		],
		// Never ends by itself; the engine's tests wait for it to be given up.
		'stall',
	];
	expect(tested.sort()).toEqual([...FAULT_KINDS].sort());
});

test('a share of requests is drawn, the same for the same seed', () => {
	const draw = (seed: number) => {
		const faults = new Faults();
		faults.add({ kind: '500', probability: 0.2, seed });
		return Array.from({ length: 1_000 }, () => faults.pick('getControl') !== undefined);
	};
	expect(draw(7)).toEqual(draw(7));
	expect(draw(7)).not.toEqual(draw(8));
	const hits = draw(7).filter(Boolean).length;
	expect(hits).toBeGreaterThan(150);
	expect(hits).toBeLessThan(250);
});
