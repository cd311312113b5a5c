import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { CREDENTIAL_TYPE, openAccount, type Account } from './harness/account.mts';
import { CredentialsHelper } from './harness/credentials.mts';
import {
	CONTROL_ID,
	ENGAGEMENT_ID,
	byId,
	getAll,
	getControl,
	submit,
} from './harness/parameters.mts';
import { startService } from './harness/service.mts';
import { callTool } from './harness/tool.mts';

let account: Account;
let received: IDataObject;

beforeAll(async () => {
	account = await openAccount({ seed: 3 });
	for (const severity of ['significant', 'minor', 'significant']) {
		await account.sandbox.admin.raiseFinding(ENGAGEMENT_ID, CONTROL_ID, {
			title: 'Review is late',
			severity,
		});
	}
	for (const text of ['first', 'second']) {
		await account.run(submit({ evidenceSource: 'text', text, fileName: `${text}.txt` }), [
			{ json: {} },
		]);
	}
	received = await outputOf(getControl());
});
afterAll(async () => await account.close());

async function outputOf(parameters: INodeParameters): Promise<IDataObject> {
	const { output, error } = await account.run(parameters, [{ json: {} }]);
	expect(error).toBeUndefined();
	expect(output[0]?.pairedItem).toEqual({ item: 0 });
	return output[0]!.json;
}

describe('Control → Get', () => {
	test('as received, also when that is chosen', async () => {
		expect(await outputOf(getControl({ options: { output: 'asReceived' } }))).toEqual(received);
		expect(received.findings).toHaveLength(3);
	});

	test('simplified', async () => {
		const [, latest] = received.evidence as IDataObject[];
		expect(await outputOf(getControl({ options: { output: 'simplified' } }))).toEqual({
			id: CONTROL_ID,
			title: received.title,
			status: 'in_testing',
			findingsTotal: 3,
			findingsSignificant: 2,
			findingsMinor: 1,
			evidenceTotal: 2,
			latestEvidenceId: latest!.id,
			latestEvidenceFileName: 'second.txt',
			latestEvidenceSha256: latest!.sha256,
			latestEvidenceSubmittedAt: latest!.submitted_at,
		});
	});

	test('selected fields', async () => {
		const options = { output: 'selectedFields', fields: ' testing_status, id ,none' };
		expect(await outputOf(getControl({ options }))).toEqual({
			testing_status: 'in_testing',
			id: CONTROL_ID,
			none: null,
		});
	});
});

describe('Engagement → Get Many', () => {
	test('simplified', async () => {
		const { output } = await account.run(getAll({ options: { output: 'simplified' } }), [
			{ json: {} },
		]);
		expect(output).toHaveLength(3);
		expect(Object.keys(output[0]!.json)).toEqual(['id', 'name', 'status']);
		expect(output[0]!.json).toMatchObject({ id: ENGAGEMENT_ID, name: 'SOC 2 Type II 2026' });
	});

	test('selected fields', async () => {
		const { output } = await account.run(
			getAll({ options: { output: 'selectedFields', fields: 'name' } }),
			[{ json: {} }],
		);
		expect(output.map(({ json }) => Object.keys(json))).toEqual([['name'], ['name'], ['name']]);
	});
});

test('an AI agent reads a control of 50 findings and 200 pieces of evidence in few tokens', async () => {
	const control = {
		id: CONTROL_ID,
		engagement_id: ENGAGEMENT_ID,
		title: 'Privileged access is reviewed quarterly',
		testing_status: 'in_testing',
		findings: Array.from({ length: 50 }, (_, index) => ({
			id: `fnd_def${index}`,
			severity: ['significant', 'minor'][index % 2],
			title: 'Privileged access review not completed within SLA',
			raised_at: '2026-04-20T09:14:32Z',
		})),
		evidence: Array.from({ length: 200 }, (_, index) => ({
			id: `evd_${String(index).padStart(20, '0')}`,
			file_name: `access-review-${index}.csv`,
			size: 12_345 + index,
			sha256: String(index).padStart(64, '0'),
			description: 'Q1 access review results',
			submitted_at: new Date(Date.UTC(2026, 0, 1, 0, index)).toISOString(),
		})),
	};
	const service = await startService(() => control);
	try {
		const credentialsHelper = new CredentialsHelper();
		const credentials = await credentialsHelper.save(CREDENTIAL_TYPE, {
			clientId: 'client',
			clientSecret: 'secret-of-the-client',
			baseUrl: service.baseUrl,
		});
		/** About four characters of English or JSON make a token. */
		const tokensOf = async (options: INodeParameters) => {
			const parameters = getControl({ engagementId: byId(ENGAGEMENT_ID), options });
			const { answers } = await callTool('Get Control', parameters, [{}], {
				credentialsHelper,
				credentials,
			});
			expect(answers[0]!.failed).toBe(false);
			return Math.ceil(answers[0]!.text.length / 4);
		};
		const whole = await tokensOf({});
		const simplified = await tokensOf({ output: 'simplified' });
		const selected = await tokensOf({ output: 'selectedFields', fields: 'testing_status' });
		console.log(
			`Tokens, about: ${whole} as received, ${simplified} simplified, ${selected} selected`,
		);
		expect(whole).toBeGreaterThan(10_000);
		expect(simplified).toBeLessThan(150);
		expect(selected).toBeLessThan(20);
	} finally {
		await service.close();
	}
});
