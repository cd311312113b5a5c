import { AuditdexErrorClass, idOf, jsonOf, ListWalk, readFacts } from './rules.mts';
import { CannotCheck } from '../cannotCheck.mts';
import type { Findings } from './finding.mts';
import type { Service } from './service.mts';
import { count, pathTo, sentenceOf } from './words.mts';

/** Longer lists aren't read to their end. */
const MOST_PAGES = 200;

type Facts = ReturnType<typeof readFacts>;

/**
 * Reads the list of engagements as Get Many does.
 * @returns the first engagement's ID, where there is one
 * @throws CannotCheck where there is no list at all
 */
export async function checkList(service: Service, findings: Findings): Promise<string | undefined> {
	const walk = ListWalk.start(service.listUrl);
	const engagements: object[] = [];
	let first: { facts: Facts; body: unknown } | undefined;
	let asked = '';
	let pages = 0;
	let way = '';
	try {
		do {
			const { url, query } = walk.request;
			const { outcome, answer } = await service.ask(url, { query });
			if (outcome.kind !== 'done' || !answer) {
				if (pages === 0) throw new CannotCheck(sentenceOf(outcome));
				const what = `answers page ${pages + 1} with ${answer?.status ?? 'nothing'}`;
				const node = 'stops there, and shows the service’s own words';
				findings.misbehaves('pagination', what, node, 'ask support@augixsys.com');
				return firstId(engagements);
			}
			const body = jsonOf(answer);
			first ??= { facts: readFacts(body, answer.headers), body };
			engagements.push(...walk.take(body, answer.headers));
			pages += 1;
			if (pages === 2) asked = askedWith(service.listUrl, url, query);
			way = shapeOf(first.body, first.facts);
		} while (pages < MOST_PAGES && walk.advance());
	} catch (error) {
		if (!(error instanceof AuditdexErrorClass)) throw error;
		if (!first) throw new CannotCheck(`${error.message}. ${error.description ?? ''}`.trim());
		const says = `${way}; ${count(engagements.length, 'engagement')} on ${count(pages, 'page')}`;
		findings.misbehaves(
			'pagination',
			says,
			`Get Many stops: ${error.message}`,
			'a Limit up to what the first page holds, and ask support@augixsys.com for a way to the next page',
		);
		pageRequest(findings, asked, pages);
		return firstId(engagements);
	}
	const whole = pages < MOST_PAGES ? 'the whole list' : 'the list as far as it was read';
	const says = `${way}; ${count(engagements.length, 'engagement')} on ${count(pages, 'page')}`;
	const isAssumed = isAsAssumed(first?.body);
	findings[isAssumed ? 'assumed' : 'accepted']('pagination', says, `reads ${whole}`);
	pageRequest(findings, asked, pages);
	describeEngagements(engagements, findings);
	return firstId(engagements);
}

const isAsAssumed = (body: unknown) =>
	pathTo(body, (part) => Array.isArray(part)) === 'data' &&
	pathTo(body, (_part, name) => name === 'next_cursor') === 'next_cursor';

/** Where the list stands, and what the first page tells of others. */
function shapeOf(body: unknown, facts: Facts): string {
	const place = pathTo(body, (part) => Array.isArray(part) && isList(part, facts)) ?? '';
	const said = [
		facts.nextUrl !== undefined && 'a URL to the next page',
		(facts.nextCursor ?? facts.cursor) && 'a cursor',
		facts.page && countedFrom('pages', facts.page.value),
		facts.offset && !facts.page && countedFrom('items by offset', facts.offset.value),
		facts.pages !== undefined && 'how many pages there are',
		facts.total !== undefined && 'how many items there are',
		facts.more !== undefined && 'whether more follow',
	].filter(Boolean);
	const where = place === '' ? 'sends the list itself' : `sends the list under “${place}”`;
	return `${where}, with ${said.length > 0 ? said.join(', ') : 'no word about other pages'}`;
}

const isList = (part: unknown[], { items }: Facts) =>
	part.length === items.length &&
	(items.length === 0 || part[0] === items[0] || sameFirst(part, items));
const sameFirst = (part: unknown[], items: object[]) =>
	JSON.stringify(part[0]) === JSON.stringify(items[0]);

const countedFrom = (what: string, first: number) =>
	first === 0 ? `${what} counted from zero` : `${what} counted from ${first}`;

function askedWith(
	list: string,
	url: string,
	query: Record<string, string | number> | undefined,
): string {
	const names = [...new URL(url).searchParams.keys(), ...Object.keys(query ?? {})];
	const parameters = names.map((name) => `“${name}”`).join(' and ');
	return new URL(url).pathname === new URL(list).pathname
		? `with ${parameters}`
		: `at a path of its own${parameters && `, with ${parameters}`}`;
}

function pageRequest(findings: Findings, asked: string, pages: number): void {
	if (asked === '') {
		findings.unseen(
			'page-request',
			`has ${pages === 1 ? 'one page' : 'no page that could be read'}`,
			'a client that sees more engagements, to check this',
		);
	} else if (asked === 'with “cursor”') {
		findings.assumed('page-request', `is asked for the next page ${asked}`, 'does so');
	} else {
		findings.accepted('page-request', `is asked for the next page ${asked}`, 'does so');
	}
}

const firstId = (engagements: object[]) =>
	engagements.map((engagement) => idOf(engagement as Record<string, unknown>)).find(Boolean);

function describeEngagements(engagements: object[], findings: Findings): void {
	const [engagement] = engagements;
	if (!engagement) {
		findings.unseen(
			'engagement',
			'shows no engagement',
			'a client that may see one, to check this',
		);
		return;
	}
	const says = `shows engagements with ${count(Object.keys(engagement).length, 'member')}`;
	const hasName = 'name' in engagement;
	if (engagements.some((each) => idOf(each as Record<string, unknown>) === '')) {
		findings.misbehaves(
			'engagement',
			`${says}, none of them an ID that the nodes know`,
			'can’t offer it under From List',
			'Engagement By ID',
		);
	} else if ('id' in engagement && hasName) {
		findings.assumed('engagement', `${says}, id and name among them`, 'shows it under From List');
	} else {
		findings.accepted(
			'engagement',
			`${says}, ${'id' in engagement ? 'no name' : 'its ID under another name than id'}`,
			'shows it under From List as far as it has a name',
		);
	}
}
