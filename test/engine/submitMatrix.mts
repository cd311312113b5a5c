/**
 * Submissions under every fault, with every way in which a control may show its evidence, for a small
 * file and for one that is large enough to ask the control first: at most one copy is stored, and the
 * item ends in a verified receipt of it, or says that this isn't known.
 */
import { createHash, randomUUID } from 'node:crypto';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { FAULT_KINDS, type FaultKind } from '../../sandbox/faults.mts';
import { EVIDENCE_VIEWS } from '../../sandbox/options.mts';
import { openAccount, type Account } from './harness/account.mts';
import { keepContent, useBinaryMode } from './harness/binary.mts';
import { setIdleLimit, speedUpSettling } from './harness/limits.mts';
import { submit } from './harness/parameters.mts';

const SIZES = { small: 1_000, large: 8 * 1024 * 1024 + 1 };
const UNKNOWN = /^It is not known whether AUDITDEX stored the file/;
const MISMATCH = /^Stored evidence does not match/;
/** Within the time for which the control is asked after a 504. */
const LATE_MS = 400;

let cells = 0;
let done = 0;
let unknown = 0;

/** The tests of all cells with a file of one size. */
export function describeSubmissions(size: keyof typeof SIZES): void {
	beforeAll(async () => {
		await useBinaryMode('filesystem');
		// As in the random faults: a busy machine takes its time to store what it received.
		speedUpSettling(10);
		setIdleLimit(10_000);
	});
	afterAll(() => {
		speedUpSettling();
		setIdleLimit();
		console.log(
			`Submissions of a ${size} file: ${cells} cells, ${done} stored with a receipt, ${unknown} not known`,
		);
	});

	const rows = EVIDENCE_VIEWS.flatMap((view) => [1, 2].map((times) => ({ view, times })));
	test.concurrent.each(rows)(
		`a ${size} file, $times faults, whose control shows: $view`,
		async ({ view, times }) => {
			const account = await openAccount({ evidenceView: view });
			try {
				// Each fault kind has a control of its own, as every fault goes to the next submission of an account.
				for (const kind of FAULT_KINDS) await tryCell(account, kind, size, times);
			} finally {
				await account.close();
			}
		},
	);
}

async function tryCell(
	account: Account,
	kind: FaultKind,
	size: keyof typeof SIZES,
	times: number,
): Promise<void> {
	const { admin } = account.sandbox;
	const cell = `${kind} × ${times}`;
	const controlId = `ctrl_${randomUUID()}`;
	await admin.addControl('eng_xyz789', { id: controlId, title: 'Of one cell' });
	const content = Buffer.alloc(SIZES[size], randomUUID());
	const sha256 = createHash('sha256').update(content).digest('hex');
	const data = await keepContent(content, { fileName: 'evidence.bin' });
	await admin.addFault({ kind, operation: 'submitEvidence', times, delayMs: LATE_MS });
	const { output, error } = await account.run(submit({ controlId, options: { maxRetries: 1 } }), [
		{ json: {}, binary: { data } },
	]);
	await admin.clearFaults();

	const stored = (await admin.listEvidence()).filter((e) => e.control_id === controlId);
	const json = output[0]?.json;
	cells += 1;
	expect(stored.length, cell).toBeLessThanOrEqual(1);
	if (error) {
		expect(json, cell).toBeUndefined();
		if (stored.length > 0 && !MISMATCH.test(error.message))
			expect(error.message, cell).toMatch(UNKNOWN);
		if (UNKNOWN.test(error.message)) unknown += 1;
	} else if (kind === 'early-answer' && size === 'small' && stored.length === 0) {
		// All of it had left before the answer came, which reports no hash.
		expect(json, cell).toMatchObject({ integrity: { received: null, verified: false } });
	} else {
		expect(stored, cell).toMatchObject([{ sha256 }]);
		expect(json, cell).toMatchObject({
			id: stored[0]!.id,
			integrity: { sent: sha256, received: sha256, verified: true },
		});
		done += 1;
	}
}
