import type { ILoadOptionsFunctions, INodeListSearchResult } from 'n8n-workflow';

import { AuditdexClient } from '../api/client';
import { toNodeError } from '../api/errors/nodeError';
import { PageLoopGuard, type PageRequest } from '../api/lists/pagination';

/** A user waits in front of the list, so it gives up soon. */
const SETTINGS = { maxRetries: 1, maxWaitSeconds: 10 };
const ENOUGH_MATCHES = 25;

const ID_KEYS = ['id', 'engagement_id'];
const NAME_KEYS = ['name', 'title'];

const firstText = (engagement: Record<string, unknown>, keys: string[]): string =>
	keys.map((key) => engagement[key]).find((value) => typeof value === 'string') ?? '';

/**
 * The engagements to pick from, with `filter` in their name or ID. The API page has no search
 * parameter, so pages are read until there are enough matches; the rest comes on scrolling.
 */
export async function searchEngagements(
	this: ILoadOptionsFunctions,
	filter = '',
	paginationToken?: string,
): Promise<INodeListSearchResult> {
	try {
		const client = await AuditdexClient.connect(this);
		const loopGuard = new PageLoopGuard();
		const wanted = filter.trim().toLowerCase();
		const results: INodeListSearchResult['results'] = [];
		let next = paginationToken ? (JSON.parse(paginationToken) as PageRequest) : undefined;
		do {
			const page = await client.getEngagementsPage(SETTINGS, next);
			loopGuard.check(page);
			for (const engagement of page.items) {
				const value = firstText(engagement, ID_KEYS);
				const name = firstText(engagement, NAME_KEYS);
				if (value !== '' && `${name}\n${value}`.toLowerCase().includes(wanted)) {
					results.push({ name: name === '' ? value : `${name} (${value})`, value });
				}
			}
			next = page.next;
		} while (next && results.length < ENOUGH_MATCHES);
		return { results, paginationToken: next && JSON.stringify(next) };
	} catch (error) {
		throw toNodeError(this.getNode(), error);
	}
}
