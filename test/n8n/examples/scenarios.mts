/**
 * What each example workflow must do, told by what arrives at the services it talks to: the whole of
 * each request, nothing more and nothing less.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { expect } from 'vitest';

import { ACCESS_REVIEW } from './services.mts';
import { FOLDER_FILE, type Stage } from './stage.mts';

export interface Scenario {
	/** When a workflow that starts by itself starts, as a cron expression. */
	schedule?: string;
	/** @throws AssertionError or Refused when the workflow doesn't do what it's for */
	play(stage: Stage): Promise<void>;
}

const ENGAGEMENT = 'eng_xyz789';
const CONTROL = 'ctrl_abc123';

const now = () => `${new Date().toISOString().slice(0, 19)}Z`;

const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');

const evidence = (control: string, file: string, content: string, description: string) => ({
	engagement_id: ENGAGEMENT,
	control_id: control,
	file_name: file,
	sha256: sha256(content),
	description,
});

const COLLECTED = [
	evidence(
		CONTROL,
		'access-review.csv',
		ACCESS_REVIEW,
		'Access review exported from the identity provider',
	),
	evidence(
		'ctrl_ghi789',
		'backup-checks.csv',
		'\uFEFFsystem,restored,result\nbilling,2026-03-31,passed\npayroll,2026-03-30,passed',
		'Restore tests of the backups',
	),
	evidence(
		'ctrl_def456',
		FOLDER_FILE.name,
		FOLDER_FILE.content,
		'Change approvals, from the evidence folder',
	),
];

interface Receipt {
	description: string;
	integrity: { verified: boolean };
}

/** A receipt as it's kept; the whole of the service's answer is in its last column. */
const receiptRow = (submitted: (typeof COLLECTED)[number], skipped: boolean) => ({
	collected_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
	control_id: submitted.control_id,
	file_name: submitted.file_name,
	sha256: submitted.sha256,
	verified: true,
	skipped,
	receipt: expect.toSatisfy((text: string) => {
		const { integrity, description } = JSON.parse(text) as Receipt;
		return integrity.verified && description === submitted.description;
	}),
});

const NOT_COLLECTED = {
	...receiptRow(COLLECTED[0]!, false),
	control_id: null,
	file_name: 'Access review',
	sha256: null,
	verified: false,
	receipt: 'Not collected: 503 - "down for maintenance"',
};

export const SCENARIOS: Record<string, Scenario> = {
	'scheduled-evidence-collection.json': {
		schedule: '0 6 * * *',
		async play(stage) {
			// Several files are sent at once, so the service may store them in any order.
			const stored = byControl(COLLECTED).map((row) => expect.objectContaining(row));
			const first = COLLECTED.map((row) => receiptRow(row, false));
			await stage.run('Every Morning');
			expect(byControl(await stage.sandbox.admin.listEvidence())).toEqual(stored);
			expect(await stage.rowsOf('auditdex_receipts')).toEqual(first);

			// The next morning the download is down, and the other files are the same as before.
			stage.services.downloadIsDown = true;
			await stage.run('Every Morning');
			expect(byControl(await stage.sandbox.admin.listEvidence())).toEqual(stored);
			const second = COLLECTED.slice(1).map((row) => receiptRow(row, true));
			expect(await stage.rowsOf('auditdex_receipts')).toEqual([...first, NOT_COLLECTED, ...second]);
			expect(stage.services.received.map(({ request }) => request)).toEqual([
				'GET /access-review.csv',
				'GET /access-review.csv',
			]);
		},
	},

	'finding-raised-to-ticket.json': {
		async play(stage) {
			const timestamp = now();
			const finding = {
				event: 'finding.raised',
				timestamp,
				data: {
					engagement_id: ENGAGEMENT,
					finding_id: 'fnd_def456',
					severity: 'significant',
					control_id: CONTROL,
					title: 'Privileged access review not completed within SLA',
				},
			};
			const search = {
				request: 'POST /rest/api/2/search/jql',
				authorization: expect.any(String),
				body: {
					fields: ['*navigable'],
					jql: 'labels = "fnd_def456" AND statusCategory != Done',
					maxResults: 1,
				},
			};
			const once = [
				search,
				{ request: 'GET /rest/api/2/issuetype', authorization: expect.any(String) },
				{
					request: 'POST /rest/api/2/issue',
					authorization: expect.any(String),
					body: {
						fields: {
							project: { id: '10000' },
							issuetype: { id: '10001' },
							summary:
								'Audit finding (significant): Privileged access review not completed within SLA',
							description: [
								`Raised in AUDITDEX on ${timestamp}.`,
								'',
								'Finding: fnd_def456',
								`Engagement: ${ENGAGEMENT}`,
								`Control: ${CONTROL}`,
							].join('\n'),
							labels: ['audit-finding', 'fnd_def456'],
						},
					},
				},
				{
					request: 'POST /api/v4/posts',
					authorization: expect.any(String),
					body: {
						channel_id: 'audit-channel-id',
						message:
							'New significant audit finding: Privileged access review not completed within SLA. Ticket AUD-7.',
						props: { attachments: [] },
					},
				},
			];
			await stage.deliver('Finding Raised', finding);
			expect(stage.services.received).toEqual(once);

			// The same finding in another delivery: a second run, no second ticket.
			await stage.deliver('Finding Raised', { ...finding, data: { ...finding.data, again: true } });
			expect(stage.services.received).toEqual([...once, search]);
		},
	},

	'evidence-reconciliation.json': {
		schedule: '0 15 * * 5',
		async play(stage) {
			const { admin } = stage.sandbox;
			await stage.writeFiles('reconciliation', {
				'changed.txt': 'as it is now',
				'missing-1.txt': 'missing 1',
				'missing-2.txt': 'missing 2',
				'present.txt': 'present',
			});
			await stage.submit(ENGAGEMENT, CONTROL, 'present.txt', 'present');
			await stage.submit(ENGAGEMENT, CONTROL, 'changed.txt', 'as it was');
			await stage.submit(ENGAGEMENT, 'ctrl_def456', 'missing-1.txt', 'of another control');
			const names = async () =>
				(await admin.listEvidence())
					.filter(({ control_id }) => control_id === CONTROL)
					.map(({ file_name }) => file_name)
					.toSorted();
			const before = ['changed.txt', 'present.txt'];
			const told = () => {
				const { request, authorization, body } = stage.services.received.at(-1)!;
				expect({ request, authorization }).toEqual({
					request: 'POST /api/v4/posts',
					authorization: expect.any(String),
				});
				const { channel_id, message } = body as { channel_id: string; message: string };
				expect(channel_id).toBe('audit-channel-id');
				return message.split('\n');
			};
			const formOf = async () => {
				const lines = told();
				expect(lines.slice(0, 3)).toEqual([
					'Folder against ctrl_abc123: 1 present, 1 changed, 2 missing.',
					'Changed: changed.txt',
					'Missing: missing-1.txt, missing-2.txt',
				]);
				const url = /^Send the missing files\? (http\S+)$/.exec(lines[3]!)?.[1];
				expect(url).toBeDefined();
				const page = (await stage.form(url!)).replace(/&#x27;|&#39;/g, "'");
				expect(page).toContain('<h1>Send the missing files?</h1>');
				expect(page).toContain(
					"As evidence of ctrl_abc123, which can't be taken back: missing-1.txt, missing-2.txt",
				);
				const choices = [...page.matchAll(/<option value=['"]([^'"]+)['"]/g)].map(([, c]) => c);
				expect(choices).toEqual(['Yes', 'No']);
				expect(page).toMatch(/<select[^>]*\bform-required\b/);
				return url!;
			};

			// Refused: nothing is sent.
			let run = await stage.runUntilItWaits('Every Friday');
			await stage.answer(run, await formOf(), { 'field-0': 'No' });
			expect(await names()).toEqual(before);

			// Approved, and meanwhile somebody else has sent one of the two.
			run = await stage.runUntilItWaits('Every Friday');
			const url = await formOf();
			expect(await names()).toEqual(before);
			await stage.submit(ENGAGEMENT, CONTROL, 'missing-1.txt', 'missing 1');
			await stage.answer(run, url, { 'field-0': 'Yes' });
			expect(await names()).toEqual([...before, 'missing-1.txt', 'missing-2.txt'].toSorted());
			expect(await admin.listEvidence()).toContainEqual(
				expect.objectContaining(
					evidence(
						CONTROL,
						'missing-2.txt',
						'missing 2',
						expect.stringMatching(/^From the evidence folder, approved on \d{4}-\d\d-\d\d$/),
					),
				),
			);

			// Now nothing is missing: the team is told, and nobody is asked.
			await stage.run('Every Friday');
			expect(told()).toEqual([
				'Folder against ctrl_abc123: 3 present, 1 changed, 0 missing.',
				'Changed: changed.txt',
				'Missing: ',
				'',
			]);
			expect(stage.services.received).toHaveLength(3);
		},
	},

	'evidence-freshness.json': {
		schedule: '0 8 * * 1',
		async play(stage) {
			// The first run makes the table, which is empty: nothing to tell.
			await stage.run('Every Monday');
			expect(await stage.rowsOf('auditdex_controls')).toEqual([]);
			expect(stage.services.received).toEqual([]);

			await stage.submit(ENGAGEMENT, CONTROL, 'new.txt', 'new');
			await stage.submit(ENGAGEMENT, 'ctrl_def456', 'old.txt', 'old');
			const row = (control_id: string, max_age_days: number) => ({
				engagement_id: ENGAGEMENT,
				control_id,
				max_age_days,
			});
			const fresh = Array.from({ length: 51 }, () => row(CONTROL, 30));
			await stage.addRows('auditdex_controls', [
				...fresh,
				row('ctrl_def456', 0),
				row('ctrl_ghi789', 30),
				row('ctrl_nobody', 30),
			]);
			expect(await stage.rowsOf('auditdex_controls')).toContainEqual(row(CONTROL, 30));
			await stage.run('Every Monday');
			expect(stage.services.received).toEqual([
				{
					request: 'POST /api/v4/posts',
					authorization: expect.any(String),
					body: {
						channel_id: 'audit-channel-id',
						message: [
							'Evidence that needs renewing:',
							'- ctrl_def456 has had no evidence for 0 days, allowed are 0',
							'- ctrl_ghi789 has no evidence',
							'- ctrl_nobody could not be read: Resource Not Found',
						].join('\n'),
						props: { attachments: [] },
					},
				},
			]);
		},
	},

	'evidence-package-for-auditor.json': {
		schedule: '0 5 1 */1 *',
		async play(stage) {
			const [before, month, current] = monthsUntilNow();
			await stage.makeTable('auditdex_receipts', [
				keptReceipt('evd_2', 'review.csv', 'second', `${month}-20T06:00:00.000Z`),
				keptReceipt('evd_1', 'review.csv', 'first', `${month}-10T06:00:00.000Z`),
				keptReceipt('evd_3', 'a log.txt', 'log', `${month}-12T06:00:00.000Z`),
				keptReceipt('evd_3', 'a log.txt', 'log', `${month}-13T06:00:00.000Z`),
				keptReceipt('evd_4', 'before.csv', 'before', `${before}-20T06:00:00.000Z`),
				keptReceipt('evd_5', 'after.csv', 'after', `${current}-02T06:00:00.000Z`),
				{ ...keptReceipt('evd_6', 'b', 'b', `${month}-14T06:00:00.000Z`), control_id: 'ctrl_def456' },
				{ ...keptReceipt('evd_7', 'c', 'c', `${month}-14T06:00:00.000Z`), verified: false },
				...MANY.map(([id, name]) => keptReceipt(id, name, name, `${month}-21T06:00:00.000Z`)),
			]);
			for (let runs = 0; runs < 2; runs++) {
				const execution = await stage.run('First of the Month');
				expect(execution.output('Submit Evidence')).toHaveLength(2);
			}

			// The second run has sent nothing, as both files are the same.
			const stored = await stage.sandbox.admin.listEvidence();
			const common = {
				engagement_id: ENGAGEMENT,
				control_id: CONTROL,
				description: `Evidence collected in ${month}, with checksums`,
			};
			expect(stored.toSorted((a, b) => a.file_name.localeCompare(b.file_name))).toEqual([
				expect.objectContaining({ ...common, file_name: `receipts-${month}.csv` }),
				expect.objectContaining({ ...common, file_name: 'SHA256SUMS' }),
			]);
			const contentOf = async (name: string) =>
				await stage.contentOf(stored.find(({ file_name }) => file_name === name)!.id);
			const files = [
				['evd_1', 'evd_1/review.csv', 'first', `${month}-10T06:00:00.000Z`],
				['evd_3', 'a log.txt', 'log', `${month}-12T06:00:00.000Z`],
				['evd_2', 'evd_2/review.csv', 'second', `${month}-20T06:00:00.000Z`],
				...MANY.map(([id, name]) => [id, name, name, `${month}-21T06:00:00.000Z`]),
			] as Array<[id: string, file: string, content: string, collectedAt: string]>;
			expect((await contentOf(`receipts-${month}.csv`)).toString()).toBe(
				`\uFEFF${[
					'file,sha256,evidence_id,collected_at',
					...files.map(([id, file, content, at]) => [file, sha256(content), id, at].join(',')),
				].join('\n')}`,
			);
			await checkSums(
				await contentOf('SHA256SUMS'),
				files.map(([, file, content]) => [file, content]),
			);
		},
	},

	'control-concluded-to-spreadsheet.json': {
		async play(stage) {
			const { admin } = stage.sandbox;
			await admin.raiseFinding(ENGAGEMENT, CONTROL);
			await admin.concludeControl(ENGAGEMENT, CONTROL, 'effective');
			const timestamp = now();
			await stage.deliver('Control Concluded', {
				event: 'control.concluded',
				timestamp,
				data: { engagement_id: ENGAGEMENT, control_id: CONTROL },
			});
			const sheet =
				'/v1.0/me/drive/items/your-workbook-id/workbook/worksheets/{00000000-0001-0000-0000-000000000000}';
			expect(stage.services.received).toEqual([
				{ request: `GET ${sheet}/usedRange`, authorization: expect.any(String) },
				{
					request: `PATCH ${sheet}/range(address='A3:G3')`,
					authorization: expect.any(String),
					body: {
						values: [[timestamp, ENGAGEMENT, CONTROL, 'concluded', 'effective', 1, 0]],
					},
				},
			]);
		},
	},

	'weekly-engagement-report.json': {
		schedule: '0 7 * * 1',
		async play(stage) {
			await stage.run('Every Monday');
			expect(stage.services.received).toEqual([
				{
					request: 'POST /v1.0/me/sendMail',
					authorization: expect.any(String),
					body: {
						message: {
							toRecipients: [{ emailAddress: { address: 'audit-committee@example.com' } }],
							subject: expect.stringMatching(/^Audit engagements: 60 in week \d+$/),
							body: { contentType: 'html', content: expect.any(String) },
						},
						saveToSentItems: true,
					},
				},
			]);
			const { message } = stage.services.received[0]!.body as {
				message: { body: { content: string } };
			};
			const rows = rowsOfTable(message.body.content);
			expect(rows).toHaveLength(61);
			expect(rows.slice(0, 2)).toEqual([
				['Engagement', 'Framework', 'Status', 'Period end'],
				['SOC 2 Type II 2026', 'SOC 2', 'in_progress', '2026-12-31'],
			]);
			expect(rows.at(-1)).toEqual(['Vendor review 59', 'SOC 2', 'in_progress', '2026-12-31']);
		},
	},

	'ai-agent-control-status.json': {
		async play(stage) {
			await stage.sandbox.admin.raiseFinding(ENGAGEMENT, CONTROL, { title: 'Review is late' });
			const question = `What's the status of ${CONTROL} in SOC 2 Type II 2026?`;
			const execution = await stage.run('Question', {
				sessionId: 'session-1',
				action: 'sendMessage',
				chatInput: question,
			});
			const parameters = { type: 'object', additionalProperties: false };
			const tools = [
				tool('List_Engagements', 'List the audit engagements in AUDITDEX with their IDs and names', {
					...parameters,
					properties: {},
				}),
				tool(
					'Get_Control_Status',
					'Get the testing status, findings and linked evidence of one control in AUDITDEX',
					{
						...parameters,
						properties: {
							engagement_id: {
								type: 'string',
								description: 'ID of the engagement that the control belongs to, e.g. eng_xyz789',
							},
							control_id: { type: 'string', description: 'ID of the control, e.g. ctrl_abc123' },
						},
						required: ['engagement_id', 'control_id'],
					},
				),
			];
			const requests = stage.services.received.map(({ request, body }) => ({
				request,
				...(body as { model: string; tools: unknown; messages: Message[] }),
			}));
			// The model is asked; once more with the engagements, and once more with the control.
			expect(requests).toEqual(
				[2, 4, 6].map((messages) =>
					expect.objectContaining({
						request: 'POST /v1/chat/completions',
						model: 'gpt-4.1-mini',
						tools,
						messages: expect.toSatisfy((all: unknown[]) => all.length === messages),
					}),
				),
			);
			const [system, user, , engagements, , control] = requests.at(-1)!.messages;
			expect(system!.content).toContain('only from what the tools return');
			expect(user!.content).toBe(question);
			expect(parsed(engagements)).toHaveLength(60);
			expect(parsed(control)).toEqual([
				expect.objectContaining({
					id: CONTROL,
					engagement_id: ENGAGEMENT,
					testing_status: 'in_testing',
					findings: [expect.objectContaining({ title: 'Review is late' })],
				}),
			]);
			expect(execution.output('Audit Assistant')[0]!.json.output).toBe(
				`The service says: ${control!.content}`,
			);
		},
	},
};

/** More than n8n's default limit of 50. */
const MANY = Array.from({ length: 51 }, (_, index) => [`evd_m${index}`, `m${index}.txt`] as const);

/** A receipt as the first example keeps it. */
const keptReceipt = (id: string, name: string, content: string, collectedAt: string) => ({
	collected_at: collectedAt,
	control_id: CONTROL,
	file_name: name,
	sha256: sha256(content),
	verified: true,
	receipt: JSON.stringify({ id }),
});

/** The month before the last one, the last and the current one where n8n is by default: `2026-03`. */
function monthsUntilNow(): [string, string, string] {
	const [year, month] = new Date()
		.toLocaleDateString('en-CA', { timeZone: 'America/New_York' })
		.split('-')
		.map(Number) as [number, number];
	const back = (months: number) =>
		new Date(Date.UTC(year, month - 1 - months, 15)).toISOString().slice(0, 7);
	return [back(2), back(1), back(0)];
}

/** Checks files as an auditor does: with coreutils, in a folder with the files and nothing else. */
async function checkSums(sums: Buffer, files: Array<[file: string, content: string]>) {
	const folder = await mkdtemp(join(tmpdir(), 'auditdex-sums-'));
	try {
		await writeFile(join(folder, 'SHA256SUMS'), sums);
		for (const [file, content] of files) {
			await mkdir(dirname(join(folder, file)), { recursive: true });
			await writeFile(join(folder, file), content);
		}
		const check = async () =>
			await promisify(execFile)('sha256sum', ['-c', '--strict', 'SHA256SUMS'], { cwd: folder });
		expect((await check()).stdout.trim().split('\n')).toEqual(files.map(([file]) => `${file}: OK`));
		for (const [file, content] of files.slice(0, 3)) {
			const changed = Buffer.from(content);
			changed[0]! ^= 1;
			await writeFile(join(folder, file), changed);
			const failure = await check().then(
				() => undefined,
				(error: { code: number; stdout: string }) => error,
			);
			expect(failure?.code).toBe(1);
			expect(failure?.stdout.match(/.*: FAILED$/gm)).toEqual([`${file}: FAILED`]);
			await writeFile(join(folder, file), content);
		}
	} finally {
		await rm(folder, { recursive: true });
	}
}

interface Message {
	content: string;
}

/** What a tool told the model. */
function parsed({ content }: Message = { content: '' }): unknown {
	expect(content).toMatch(/^\[.*\]$/);
	return JSON.parse(content);
}

const tool = (name: string, description: string, parameters: object) =>
	expect.objectContaining({
		function: expect.objectContaining({
			name,
			description,
			parameters: expect.objectContaining(parameters),
		}),
	});

const byControl = <T extends { control_id: string }>(rows: T[]) =>
	rows.toSorted((a, b) => a.control_id.localeCompare(b.control_id));

/** The texts of an HTML table's cells, row by row. */
function rowsOfTable(html: string): string[][] {
	return [...html.matchAll(/<tr.*?<\/tr>/g)].map(([row]) =>
		[...row.matchAll(/<t[hd].*?>(.*?)<\/t[hd]>/g)].map(([, text]) => text!),
	);
}
