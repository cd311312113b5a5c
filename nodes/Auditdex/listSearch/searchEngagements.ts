import type { ILoadOptionsFunctions, INodeListSearchResult } from 'n8n-workflow';

import { AuditdexClient } from '../api/client';
import { toNodeError } from '../api/errors/nodeError';
import type { JsonObject } from '../api/json';
import { idOf } from '../api/lists/engagementId';
import { PartialListError } from '../api/lists/partialList';

/** A user waits in front of the list, so it gives up soon. */
const SETTINGS = { maxRetries: 1, maxWaitSeconds: 10 };
const ENOUGH_MATCHES = 25;

const NAME_KEYS = ['name', 'title'];

/**
 * Stands at the end of a list that isn't whole. A thrown error would take away what was found. The
 * editor lets nobody choose an entry whose value is true or false; were it chosen some other way,
 * the node would refuse it, as it is no text.
 */
const NOT_WHOLE = 'Some are missing here. Give their IDs with “By ID”';

function nameOf(engagement: JsonObject): string {
	const name = NAME_KEYS.map((key) => engagement[key]).find((value) => typeof value === 'string');
	return typeof name === 'string' ? name : '';
}

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
		const walk = client.engagementWalk(paginationToken);
		const wanted = filter.trim().toLowerCase();
		const results: INodeListSearchResult['results'] = [];
		let goesOn = true;
		let isWhole = true;
		try {
			while (goesOn && results.length < ENOUGH_MATCHES) {
				for (const engagement of await client.getEngagementsPage(walk, SETTINGS)) {
					const value = idOf(engagement);
					const name = nameOf(engagement);
					if (value === '') isWhole = false;
					else if (`${name}\n${value}`.toLowerCase().includes(wanted)) {
						results.push({ name: name === '' ? value : `${name} (${value})`, value });
					}
				}
				goesOn = walk.advance();
			}
		} catch (error) {
			if (!(error instanceof PartialListError)) throw toNodeError(this.getNode(), error);
			goesOn = false;
			isWhole = false;
		}
		if (!isWhole) results.push({ name: NOT_WHOLE, value: false });
		return { results, paginationToken: goesOn ? walk.toToken() : undefined };
	} catch (error) {
		throw toNodeError(this.getNode(), error);
	}
}
