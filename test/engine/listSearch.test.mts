import type { ILoadOptionsFunctions, INodeListSearchResult } from 'n8n-workflow';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { DEAD_ENDS, PAGINATION_STYLES } from '../../sandbox/api/pagination.mts';
import { openAccount, type Account } from './harness/account.mts';
import { additionalDataFor } from './harness/engine.mts';
import { core, workflow as n8n } from './harness/n8n.mts';
import { AUDITDEX, NodeTypes } from './harness/nodeTypes.mts';
import { startService } from './harness/service.mts';
import { requestsSeen } from './harness/traffic.mts';

/** The list of engagements to pick from, as the editor asks for it. */
async function search(
	{ credentials, credentialsHelper }: Account,
	filter?: string,
	paginationToken?: string,
): Promise<INodeListSearchResult> {
	const node = {
		id: 'n',
		name: 'Auditdex',
		type: AUDITDEX,
		typeVersion: 1,
		position: [0, 0] as [number, number],
		parameters: {},
		credentials,
	};
	const nodeTypes = new NodeTypes();
	const workflow = new n8n.Workflow({ nodes: [node], connections: {}, active: false, nodeTypes });
	const context = new core.LoadOptionsContext(
		workflow,
		node,
		additionalDataFor(workflow, '', 'internal', credentialsHelper),
		'',
	);
	const { methods } = nodeTypes.getByNameAndVersion(AUDITDEX);
	const find = methods!.listSearch!.searchEngagements!;
	return await find.call(context as unknown as ILoadOptionsFunctions, filter, paginationToken);
}

let account: Account;
beforeAll(async () => {
	account = await openAccount({ seed: 60, pageSize: 25 });
});
afterAll(async () => await account.close());

const LEADING_ON = PAGINATION_STYLES.filter((style) => !DEAD_ENDS.includes(style));
/** What stands in the list where some are missing; the editor lets nobody choose it. */
const MISSING = { name: expect.stringMatching(/missing.*By ID/), value: false };

describe.each(LEADING_ON)('pages by %s', (pagination) => {
	beforeAll(async () => await account.sandbox.admin.setPagination({ pagination }));

	test('names and IDs come page by page, to the end', async () => {
		const values = new Set<unknown>();
		let token: string | undefined;
		let pages = 0;
		do {
			const page = await search(account, undefined, token);
			for (const { value } of page.results) values.add(value);
			token = page.paginationToken as string | undefined;
			pages += 1;
		} while (token);
		expect(values.size).toBe(60);
		expect(pages).toBe(3);
	});

	test('what is typed is found in names and IDs, on whatever page', async () => {
		expect((await search(account, 'soc 2 type')).results).toEqual([
			{ name: 'SOC 2 Type II 2026 (eng_xyz789)', value: 'eng_xyz789' },
		]);
		expect((await search(account, ' ENG_000057 ')).results).toHaveLength(1);
		expect(await search(account, 'nothing like it')).toEqual({ results: [] });
	});
});

describe('a list that is not whole says so, and what was found can be chosen', () => {
	test.each(DEAD_ENDS)('%s', async (pagination) => {
		await account.sandbox.admin.setPagination({ pagination });
		const all = await search(account);
		expect(all.results).toHaveLength(26);
		expect(all.results.at(-1)).toEqual(MISSING);
		expect(all.paginationToken).toBeUndefined();
		expect((await search(account, 'soc 2 type')).results).toEqual([
			{ name: 'SOC 2 Type II 2026 (eng_xyz789)', value: 'eng_xyz789' },
			MISSING,
		]);
		expect((await search(account, 'nothing like it')).results).toEqual([MISSING]);
	});

	test.each(['repeats', 'stuck', 'drops'] as const)(
		'%s, on the pages that scrolling loads',
		async (listFault) => {
			const { admin } = account.sandbox;
			await admin.setPagination({ pagination: 'offset', listFault });
			const results: INodeListSearchResult['results'] = [];
			let token: string | undefined;
			let parts = 0;
			do {
				const page = await search(account, '', token);
				results.push(...page.results);
				token = page.paginationToken as string | undefined;
				parts += 1;
			} while (token && parts < 10);
			await admin.setPagination({ pagination: 'next_cursor', listFault: 'none' });
			expect(token).toBeUndefined();
			expect(results.at(-1)).toEqual(MISSING);
			expect(results.filter(({ value }) => value === false)).toHaveLength(1);
			expect(new Set(results.map(({ value }) => value)).size).toBe(results.length);
		},
	);

	test('engagements without an ID', async () => {
		const data = [{ id: 7, title: 'Seven' }, { name: 'No ID' }, { engagement_id: 'eng_8' }];
		const service = await startService(() => ({ data }));
		const other = await account.withCredential({ baseUrl: service.baseUrl });
		expect(await search(other)).toEqual({
			results: [{ name: 'Seven (7)', value: '7' }, { name: 'eng_8', value: 'eng_8' }, MISSING],
		});
		await service.close();
	});
});

test('what goes wrong otherwise is thrown, not taken for the end of the list', async () => {
	await account.sandbox.admin.setPagination({ pagination: 'next_cursor' });
	await account.sandbox.admin.addFault({ kind: '500', operation: 'listEngagements', times: 2 });
	await expect(search(account)).rejects.toMatchObject({ name: 'NodeApiError', httpCode: '500' });
});

test('a page token that leads to another server is refused, as it would get the access token', async () => {
	await account.sandbox.admin.setPagination({ pagination: 'next' });
	const written = JSON.parse((await search(account)).paginationToken as string);
	await account.sandbox.admin.resetStats();
	const elsewhere = await startService(() => ({ data: [] }));
	const token = JSON.stringify({
		...written,
		request: { url: `${elsewhere.baseUrl}/engagements` },
	});
	await expect(search(account, '', token)).rejects.toThrow(/another server/);
	expect(elsewhere.requests).toEqual([]);
	expect(await requestsSeen(account.sandbox)).toMatchObject({ total: 0 });
	await elsewhere.close();
});

test('what is wrong is said in a sentence', async () => {
	const stranger = await account.withCredential({ clientSecret: 'another-secret' });
	await expect(search(stranger)).rejects.toMatchObject({
		name: 'NodeApiError',
		message: expect.stringMatching(/refused the client ID or client secret/),
	});
});
