import type { ILoadOptionsFunctions, INodeListSearchResult } from 'n8n-workflow';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { PAGINATION_STYLES } from '../../sandbox/api/pagination.mts';
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

describe.each(PAGINATION_STYLES)('pages by %s', (pagination) => {
	let account: Account;
	beforeAll(async () => {
		account = await openAccount({ pagination, seed: 60, pageSize: 25 });
	});
	afterAll(async () => await account.close());

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

test('a page token that leads to another server is refused, as it would get the access token', async () => {
	const account = await openAccount();
	const elsewhere = await startService(() => ({ data: [] }));
	const token = JSON.stringify({ url: `${elsewhere.baseUrl}/engagements` });
	await expect(search(account, '', token)).rejects.toThrow(/another server/);
	expect(elsewhere.requests).toEqual([]);
	expect(await requestsSeen(account.sandbox)).toMatchObject({ total: 0 });
	await elsewhere.close();
	await account.close();
});

test('what is wrong is said in a sentence', async () => {
	const account = await openAccount();
	const stranger = await account.withCredential({ clientSecret: 'another-secret' });
	await expect(search(stranger)).rejects.toMatchObject({
		name: 'NodeApiError',
		message: expect.stringMatching(/refused the client ID or client secret/),
	});
	await account.close();
});
