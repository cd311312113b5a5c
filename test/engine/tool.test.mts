import { createHash } from 'node:crypto';

import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { openAccount, type Account } from './harness/account.mts';
import { byId, CONTROL_ID, ENGAGEMENT_ID } from './harness/parameters.mts';
import { callTool } from './harness/tool.mts';
import { requestsSeen } from './harness/traffic.mts';

let account: Account;

beforeAll(async () => {
	account = await openAccount({ seed: 60 });
});
afterAll(async () => await account.close());
beforeEach(async () => await account.sandbox.admin.resetStats());

const run = async (name: string, parameters: INodeParameters, calls: IDataObject[]) =>
	await callTool(name, parameters, calls, account);

/** What n8n writes into a field when its user lets the model decide. */
const fromAi = (key: string, description: string) =>
	`={{ $fromAI('${key}', \`${description}\`, 'string') }}`;

const engagementId = byId(fromAi('Engagement', 'The audit engagement to work in'));
const controlId = fromAi('Control_ID', 'The ID of the control within the engagement');

const getControlTool: INodeParameters = {
	resource: 'control',
	operation: 'get',
	engagementId,
	controlId,
};
const submitTool: INodeParameters = {
	resource: 'evidence',
	operation: 'submit',
	engagementId,
	controlId,
	evidenceSource: 'text',
	text: fromAi('Text', 'The text to submit as evidence'),
	fileName: fromAi('File_Name', 'The name to store the text under'),
	description: fromAi('Description', 'What the evidence shows, for the auditor'),
	options: { skipIfSubmitted: true },
};

const verifyTool: INodeParameters = {
	resource: 'evidence',
	operation: 'verify',
	engagementId,
	controlId,
	evidenceSource: 'sha256',
	sha256: fromAi('SHA_256', 'The hash of the file, as 64 hexadecimal digits'),
};

describe('What a model is told of the tool', () => {
	test.each<[what: string, parameters: INodeParameters, description: string]>([
		['Control Get', getControlTool, 'Get the status of a control in Auditdex'],
		[
			'Engagement Get Many',
			{ resource: 'engagement', operation: 'getAll' },
			'Get many engagements in Auditdex',
		],
		['Evidence Submit', submitTool, 'Submit evidence in Auditdex'],
		['Evidence Verify', verifyTool, 'Verify evidence in Auditdex'],
		[
			'a description by the user',
			{ ...getControlTool, descriptionType: 'manual', toolDescription: 'Look up a SOC 2 control' },
			'Look up a SOC 2 control',
		],
	])('%s', async (_what, parameters, description) => {
		const { definition } = await run('Auditdex Tool', parameters, []);
		expect(definition).toMatchObject({ name: 'Auditdex_Tool', description });
	});

	test('names, types and meanings of what it has to fill in, and that all of it is required', async () => {
		const { definition } = await run('Submit Evidence', submitTool, []);
		const names = ['Engagement', 'Control_ID', 'Text', 'File_Name', 'Description'];
		expect(definition.parameters.required?.toSorted()).toEqual(names.toSorted());
		expect(Object.keys(definition.parameters.properties).toSorted()).toEqual(names.toSorted());
		for (const { type, description } of Object.values(definition.parameters.properties)) {
			expect(type).toBe('string');
			expect(description).toMatch(/^The|^What/);
		}
	});
});

describe('What a model gets from the tool', () => {
	test('the status, findings and evidence of the control that it names', async () => {
		await account.sandbox.admin.raiseFinding(ENGAGEMENT_ID, CONTROL_ID, {
			title: 'Review is late',
		});
		const { answers } = await run('Get Control', getControlTool, [
			{ Engagement: ENGAGEMENT_ID, Control_ID: CONTROL_ID },
			{ Engagement: ENGAGEMENT_ID, Control_ID: 'ctrl_def456' },
		]);
		expect(answers.map(({ text }) => JSON.parse(text) as unknown)).toEqual([
			[
				expect.objectContaining({
					id: CONTROL_ID,
					engagement_id: ENGAGEMENT_ID,
					testing_status: 'in_testing',
					findings: [expect.objectContaining({ title: 'Review is late', severity: 'significant' })],
				}),
			],
			[expect.objectContaining({ id: 'ctrl_def456', findings: [] })],
		]);
	});

	test.each([
		['50 engagements', {}, 50],
		['all engagements', { returnAll: true }, 60],
	])('%s, with their ids and names', async (_what, more, count) => {
		const parameters = { resource: 'engagement', operation: 'getAll', ...more };
		const { answers } = await run('List Engagements', parameters, [{}]);
		const engagements = JSON.parse(answers[0]!.text) as IDataObject[];
		expect(engagements).toHaveLength(count);
		expect(engagements[0]).toMatchObject({ id: ENGAGEMENT_ID, name: 'SOC 2 Type II 2026' });
	});

	test('the receipt of the text that it submits, and of the same text again', async () => {
		const text = 'All 214 accounts were reviewed on 2026-03-31. No exceptions. ✓';
		const call = {
			Engagement: ENGAGEMENT_ID,
			Control_ID: CONTROL_ID,
			Text: text,
			File_Name: 'access-review-q1.txt',
			Description: 'Q1 access review',
		};
		const { answers } = await run('Submit Evidence', submitTool, [call, call]);
		const sha256 = createHash('sha256').update(text).digest('hex');
		const [first, second] = answers.flatMap((answer) => JSON.parse(answer.text) as IDataObject[]);
		expect(first).toMatchObject({ integrity: { sent: sha256, received: sha256, verified: true } });
		expect(second).toMatchObject({ id: first!.id, skipped: true, integrity: { verified: true } });
		const stored = await account.sandbox.admin.listEvidence();
		expect(stored.filter((evidence) => evidence.sha256 === sha256)).toMatchObject([
			{
				engagement_id: ENGAGEMENT_ID,
				control_id: CONTROL_ID,
				file_name: 'access-review-q1.txt',
				description: 'Q1 access review',
			},
		]);
	});
});

describe('What a model finds out about evidence', () => {
	const TEXT = 'Reviewed by an agent, then verified by it';
	const call = { Engagement: ENGAGEMENT_ID, Control_ID: CONTROL_ID };
	const hash = createHash('sha256').update(TEXT).digest('hex');

	beforeAll(async () => {
		await run('Submit Evidence', submitTool, [
			{ ...call, Text: TEXT, File_Name: 'a.txt', Description: '' },
		]);
	});

	test.each<[how: string, parameters: INodeParameters, filled: IDataObject]>([
		['by its hash', verifyTool, { SHA_256: hash }],
		[
			'by its text',
			{
				...verifyTool,
				evidenceSource: 'text',
				text: fromAi('Text', 'The text, exactly as it was submitted'),
			},
			{ Text: TEXT },
		],
	])('%s', async (_how, parameters, filled) => {
		const [name] = Object.keys(filled);
		const { answers } = await run('Verify Evidence', parameters, [
			{ ...call, ...filled },
			{ ...call, [name!]: name === 'Text' ? 'another text' : 'f'.repeat(64) },
			{ ...call, [name!]: '' },
		]);
		const [found, missing] = answers
			.slice(0, 2)
			.flatMap(({ text }) => JSON.parse(text) as IDataObject[]);
		expect(found).toMatchObject({ verified: true, sha256: hash, evidence: [{ sha256: hash }] });
		expect(missing).toMatchObject({ verified: false, evidence: [] });
		expect(answers[2]).toMatchObject({ failed: true });
		expect((await requestsSeen(account.sandbox)).submitEvidence).toBe(0);
	});
});

describe('What a model is told when it got something wrong', () => {
	const ask = async (call: IDataObject) => {
		const { answers } = await run('Get Control', getControlTool, [
			{ Engagement: ENGAGEMENT_ID, Control_ID: CONTROL_ID, ...call },
		]);
		expect(answers[0]!.failed).toBe(true);
		return answers[0]!.text;
	};

	test('that a control does not exist, with the name that it gave', async () => {
		expect(await ask({ Control_ID: 'ctrl_nobody' })).toMatch(/not found[^]*ctrl_nobody/i);
	});

	test('that an engagement does not exist, with the name that it gave', async () => {
		expect(await ask({ Engagement: 'eng_nobody' })).toMatch(/not found[^]*eng_nobody/i);
	});

	test.each([
		['an empty ID', '', "'Control ID' is empty"],
		['a sentence', 'the access review control', "'Control ID' holds characters"],
		['a path', '../../oauth/token', "'Control ID' holds characters"],
	])('that %s is no ID, and nothing is sent', async (_what, id, sentence) => {
		expect(await ask({ Control_ID: id })).toContain(sentence);
		expect((await requestsSeen(account.sandbox)).total).toBe(0);
	});

	test('which argument it left out', async () => {
		const { answers } = await run('Get Control', getControlTool, [{ Engagement: ENGAGEMENT_ID }]);
		expect(answers[0]).toMatchObject({ failed: true });
		expect((await requestsSeen(account.sandbox)).total).toBe(0);
	});

	test('no secret', async () => {
		const stranger = await account.withCredential({
			clientSecret: 'not-the-secret-of-this-client',
		});
		const { answers } = await callTool(
			'Get Control',
			getControlTool,
			[{ Engagement: ENGAGEMENT_ID, Control_ID: CONTROL_ID }],
			stranger,
		);
		expect(answers[0]!.failed).toBe(true);
		for (const secret of await stranger.secrets()) expect(answers[0]!.text).not.toContain(secret);
	});
});
