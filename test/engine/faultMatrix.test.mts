import { createHash, randomUUID } from 'node:crypto';

import type { INodeParameters } from 'n8n-workflow';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { FAULT_KINDS, type Operation } from '../../sandbox/faults.mts';
import {
	FAULTS,
	MAX_RETRIES,
	OPERATIONS,
	type Expected,
	type OperationName,
} from './faultMatrix.mts';
import { openAccount } from './harness/account.mts';
import { BINARY_MODES, keepContent, useBinaryMode } from './harness/binary.mts';
import { setIdleLimit, speedUpSettling } from './harness/limits.mts';
import { getAll, getControl, submit } from './harness/parameters.mts';
import { requestsSeen } from './harness/traffic.mts';

const SANDBOX_OPERATION: Record<OperationName, Exclude<Operation, 'token'>> = {
	'engagement.getAll': 'listEngagements',
	'control.get': 'getControl',
	'evidence.submit': 'submitEvidence',
};

interface Cell {
	operation: OperationName;
	kind: (typeof FAULTS)[number]['kind'];
	frequency: 'once' | 'always';
	expected: Expected;
}

const cells: Cell[] = OPERATIONS.flatMap((operation) =>
	FAULTS.flatMap((row) =>
		(['once', 'always'] as const).map((frequency) => ({
			operation,
			kind: row.kind,
			frequency,
			expected: row[frequency][operation === 'evidence.submit' ? 'submit' : 'read'],
		})),
	),
);

function parametersOf(operation: OperationName): INodeParameters {
	const options = { maxRetries: MAX_RETRIES };
	switch (operation) {
		case 'engagement.getAll':
			return getAll({ returnAll: true, options });
		case 'control.get':
			return getControl({ options });
		case 'evidence.submit':
			return submit({ options });
	}
}

beforeAll(() => speedUpSettling(20));
afterAll(() => speedUpSettling());

let passed = 0;
const count = cells.length * BINARY_MODES.length;

test('the table covers every fault that the sandbox knows', () => {
	expect(FAULTS.map(({ kind }) => kind).sort()).toEqual([...FAULT_KINDS].sort());
	expect(count).toBeGreaterThanOrEqual(100);
});

describe.each(BINARY_MODES)('with files in %s mode', (mode) => {
	beforeAll(async () => await useBinaryMode(mode));

	const run = async (cell: Cell) => {
		const { operation, kind, frequency, expected } = cell;
		const account = await openAccount();
		try {
			const { admin } = account.sandbox;
			const sandboxOperation = SANDBOX_OPERATION[operation];
			const content = randomUUID();
			const data = await keepContent(content, { fileName: 'evidence.txt' });
			await admin.addFault({
				kind,
				operation: sandboxOperation,
				// By the time of an early answer a file as small as this one has left.
				delayMs: kind === 'early-answer' ? 5_000 : 50,
				...(frequency === 'once' && { times: 1 }),
			});
			const execution = await account.run(parametersOf(operation), [
				{ json: {}, binary: { data } },
			]);

			expect(execution.error?.message ?? '').toMatch(expected.message ?? /^$/);
			expect(execution.status).toBe(expected.done ? 'success' : 'error');
			if (expected.httpCode) expect(execution.error).toMatchObject({ httpCode: expected.httpCode });
			for (const secret of await account.secrets()) {
				expect(JSON.stringify(execution.run)).not.toContain(secret);
			}
			expect((await requestsSeen(account.sandbox))[sandboxOperation]).toBe(expected.requests);
			if (operation === 'evidence.submit') {
				expect(await admin.listEvidence()).toHaveLength(expected.stored ?? 0);
				if (expected.done) {
					const sha256 = createHash('sha256').update(content).digest('hex');
					const { json } = execution.output[0]!;
					const { verified = true } = expected;
					const received = verified ? sha256 : null;
					expect(json.integrity).toMatchObject({ sent: sha256, received, verified });
					expect(json.recovered ?? false).toBe(expected.recovered ?? false);
				}
			}
			passed += 1;
		} finally {
			await account.close();
		}
	};

	const name = '$operation: $kind $frequency';
	test.concurrent.each(cells.filter(({ kind }) => kind !== 'stall'))(name, run);

	describe('where nothing moves any more', () => {
		beforeAll(() => setIdleLimit(5_000));
		afterAll(() => setIdleLimit());
		test.concurrent.each(cells.filter(({ kind }) => kind === 'stall'))(name, run);
	});
});

afterAll(() => console.log(`Fault matrix: ${count} cells, ${passed} as expected`));
