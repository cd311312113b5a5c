import { findList } from './findList';
import { isObject, type JsonObject } from '../json';
import { linkedNext } from './linkHeader';
import { membersOf, type Member } from './members';

/** A number that goes back to the service as a query parameter of this name. */
export interface Position {
	parameter: string;
	value: number;
}

/** What one page says, in whatever words the service has for it. Undefined: it doesn't say. */
export interface PageFacts {
	items: JsonObject[];
	/** A URL of the next page, absolute or not. */
	nextUrl?: string;
	/** The cursor of the next page, as a query. */
	nextCursor?: Record<string, string>;
	/** The next page's number or offset, where the service names it. */
	next?: Position;
	/** A cursor that may be the next page's or this one's own, as a query. */
	cursor?: Record<string, string>;
	/** This page's number. */
	page?: Position;
	/** How many items come before this page, from 0 or 1 on. */
	offset?: Position;
	/** How many pages there are. */
	pages?: number;
	/** The last page's number. */
	lastPage?: number;
	/** The most items that a page can hold, as the service says for sure. */
	limit?: number;
	/** As `limit`, but it may be how many this page holds. */
	size?: number;
	/** How many items there are in all. */
	total?: number;
	/** As `total`, but it may count something else. */
	vagueTotal?: number;
	/** Whether the service says that more follows, or that nothing does. */
	more?: boolean;
}

/** `next`, and what follows this word in names for the next page, however they are put together. */
const NEXT =
	/^next(page|cursor|token|marker|key|start|offset|skip|links?|ur[li]|href|path|num(ber)?|no|index|id|records?|results?|items?|batch|set|range|position|after|from|value)*$/;
/** What says that more follows without the word `next`. */
const CONTINUED =
	/^(continue|continuation(token)?|lastevaluatedkey|remaining((item|result|record)s?)?(count)?|(item|result|record)s?remaining)$/;
/** Never a URL, whatever it looks like. */
const OPAQUE = /cursor|token|marker|key|id$/;
/** Names, and the parameter that the value is sent back as. */
const NEXT_CURSORS = [
	{ names: /^next(page)?cursor$/, parameter: 'cursor' },
	{ names: /^nextpagetoken$/, parameter: 'page_token' },
];
const CURSORS = [
	{ names: /^cursor$/, parameter: 'cursor' },
	{ names: /^pagetoken$/, parameter: 'page_token' },
];
const NEXT_PAGE = /^nextpage(num(ber)?|no|index)?$|^nextnum(ber)?$/;
const NEXT_OFFSETS = [
	{ names: /^next(page)?offset$/, parameter: 'offset' },
	{ names: /^next(page)?skip$/, parameter: 'skip' },
	{ names: /^next(page)?start$/, parameter: 'start' },
];
/** Without a parameter here, the name is the parameter's own. */
const PAGE_NUMBERS = [
	{ names: /^(page|currentpage|current|pagecurrent)$/, parameter: 'page' },
	{ names: /^page(num(ber)?|no|nr|index)$/ },
];
/** Spring's name; it could be a number of anything where no number of pages is beside it. */
const BARE_NUMBER = [{ names: /^number$/, parameter: 'page' }];
const OFFSETS = [
	{ names: /^offset$/ },
	{ names: /^skip$/ },
	{ names: /^start(at|index|position)?$/ },
	{ names: /^from$/ },
];
const PAGES =
	/^total(number)?(of)?pages?(count)?$|^pages?count$|^pages$|^num(ber)?(of)?pages$|^pagestotal$|^maxpages$/;
const LAST_PAGE = /^(last|max|final)page(num(ber)?|index)?$/;
const LIMIT =
	/^(perpage|pagesize|pagelimit|limit|(items|results)perpage|maxresults|maxitems|take|top)$/;
const TOTAL =
	/^(total|all)(number)?(of)?(count|items?|results?|elements|records?|hits|size|rows|entries|objects|matches|engagements?|value|found|available)?(count)?$|^(records?|results?|items?|rows|entries|engagements?)total$|^(num|records)found$|^fullcount$|^records$/;
/** Of all items or of this page's. */
const COUNT =
	/^(items?|results?|records?|rows|entries|engagements?|objects)?count$|^num(ber)?(of)?(items|results|records|engagements)$|^(items|results|entries|hits|matches|matched|found)$/;
const MORE =
	/^(has|is)?more(pages|items|results|entries|records|data|available)?$|^has(next|nextpage|additional)$|^(is)?(truncated|incomplete)(results)?$/;
const DONE = /^(is)?(last|lastpage|end|done|eof)$/;
/** A Link header that speaks of pages, so that it would name the next one. */
const PAGED_LINK = /rel\s*=\s*"?[^";,]*\b(prev(ious)?|first|last)\b/i;

/**
 * Reads what a page says.
 * @throws AuditdexError when the body holds no list
 */
export function readFacts(
	body: unknown,
	headers: Readonly<Record<string, string | undefined>>,
): PageFacts {
	const { items, around } = findList(body);
	const members = membersOf(around, headers);
	const named = (names: RegExp) => members.filter(({ name }) => names.test(name));
	const numbers = (names: RegExp) => named(names).flatMap(({ holds }) => wholeNumber(holds) ?? []);
	const position = (choices: typeof OFFSETS | typeof PAGE_NUMBERS, least = 0) =>
		choices.flatMap(({ names, ...choice }) => positionsIn(named(names), choice, least))[0];

	const following = named(NEXT);
	const pages = largest(numbers(PAGES));
	const [limit] = numbers(LIMIT);
	return {
		items,
		nextUrl:
			linkedNext(headers.link) ??
			following
				.filter(({ name }) => !OPAQUE.test(name))
				.map(({ holds }) => holds)
				.find(isUrl),
		nextCursor: cursorIn(members, NEXT_CURSORS),
		cursor: following.length === 0 ? cursorIn(members, CURSORS) : undefined,
		next: position([{ names: NEXT_PAGE, parameter: 'page' }, ...NEXT_OFFSETS], 1),
		page: position(pages === undefined ? PAGE_NUMBERS : [...BARE_NUMBER, ...PAGE_NUMBERS]),
		offset: position(OFFSETS),
		pages,
		lastPage: largest(numbers(LAST_PAGE)),
		limit,
		size: limit ?? numbers(/^size$/)[0],
		// A count of this page's items is never larger than the page.
		total: largest([...numbers(TOTAL), ...numbers(COUNT).filter((count) => count > items.length)]),
		vagueTotal: largest(numbers(/^totalofsomething$/)),
		more: saysMore(
			[
				...named(MORE).map(({ holds }) => truth(holds)),
				...named(DONE).map(({ holds }) => isOpen(holds)),
			],
			[...following, ...named(CONTINUED)],
			headers.link,
		),
	};
}

/** What the service says in a word of its own counts more than where it leaves the next page out. */
function saysMore(
	words: Array<boolean | undefined>,
	following: readonly Member[],
	link = '',
): boolean | undefined {
	if (words.includes(true)) return true;
	if (words.includes(false)) return false;
	if (following.some(({ holds }) => isSomething(holds))) return true;
	return following.length > 0 || PAGED_LINK.test(link) ? false : undefined;
}

function wholeNumber(value: unknown): number | undefined {
	const isNumber =
		typeof value === 'number' || (typeof value === 'string' && /^\s*\d+\s*$/.test(value));
	const number = isNumber ? Number(value) : NaN;
	return Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

function largest(numbers: readonly number[]): number | undefined {
	return numbers.length > 0 ? Math.max(...numbers) : undefined;
}

function positionsIn(
	members: readonly Member[],
	{ parameter }: { parameter?: string },
	least: number,
): Position[] {
	return members.flatMap(({ spelling, holds }) => {
		const value = wholeNumber(holds);
		if (value === undefined || value < least) return [];
		return [{ parameter: parameter ?? spelling, value }];
	});
}

function cursorIn(
	members: readonly Member[],
	choices: typeof CURSORS,
): Record<string, string> | undefined {
	for (const { names, parameter } of choices) {
		for (const { name, holds } of members) {
			const isText = typeof holds === 'string' || typeof holds === 'number';
			// 0 would lead back to the start: some services say with it that the list ends.
			if (names.test(name) && isText && !/^0?$/.test(`${holds}`))
				return { [parameter]: `${holds}` };
		}
	}
	return undefined;
}

/** An absolute URL, a path or a query; other text could be anything. */
const isUrl = (value: unknown): value is string =>
	typeof value === 'string' && /^(?:[a-z][a-z\d+.-]*:|[/?])|\?/i.test(value);

/** Whether a member for what follows holds something: not `null`, `false`, `0`, `""`, or a link to null. */
function isSomething(value: unknown): boolean {
	if (isObject(value)) return Object.values(value).some(isSomething);
	if (typeof value === 'string') return !/^\s*(0|false|null)?\s*$/i.test(value);
	return typeof value === 'number' ? value > 0 : Boolean(value);
}

function truth(value: unknown): boolean | undefined {
	if (typeof value === 'boolean') return value;
	if (typeof value === 'number') return value > 0;
	if (typeof value !== 'string') return undefined;
	return { true: true, false: false }[value.trim().toLowerCase()];
}

/** What a member that says whether the list ends says of its going on; others share these names. */
function isOpen(value: unknown): boolean | undefined {
	const ended = typeof value === 'number' ? undefined : truth(value);
	return ended === undefined ? undefined : !ended;
}
