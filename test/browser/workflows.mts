import { chain, submitNode } from '../n8n/fixture.mts';

const report = [
	['account', 'owner', 'decision', 'reviewed_at'],
	['j.doe', 'a.smith', 'keep', '2026-03-31'],
	['svc-backup', 'it-ops', 'keep', '2026-03-31'],
	['m.lee', 'a.smith', 'remove', '2026-03-31'],
];
const [names, ...rows] = report;
const accounts = rows.map((row) => Object.fromEntries(names!.map((name, i) => [name, row[i]])));

/** Makes an access review as a CSV file and submits it; credential and engagement are left to choose. */
export const accessReview = chain('Access review', [
	{
		name: 'Accounts',
		type: 'n8n-nodes-base.code',
		typeVersion: 2,
		parameters: { jsCode: `return ${JSON.stringify(accounts)}.map((json) => ({ json }));` },
	},
	{
		name: 'CSV file',
		type: 'n8n-nodes-base.convertToFile',
		typeVersion: 1.1,
		parameters: { operation: 'csv', options: { fileName: 'access-review-q1.csv' } },
	},
	{
		...submitNode({
			engagementId: { __rl: true, mode: 'list', value: '' },
			description: 'Q1 access review results',
		}),
		name: 'Submit evidence',
		credentials: undefined,
	},
]);
