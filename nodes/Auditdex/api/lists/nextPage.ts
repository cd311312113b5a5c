import { sameOrigin } from './origin';
import type { PageFacts } from './pageFacts';

/** What to ask for to get a page. */
export interface PageRequest {
	url: string;
	query?: Record<string, string | number>;
}

/** Where a walk through a list is, in words that JSON has too. */
export interface Progress {
	/** What the last page was asked for with. */
	request: PageRequest;
	/** Whether a URL or a cursor led to that page, as services that give one end the list without. */
	wasLed: boolean;
	pagesRead: number;
	emptyInARow: number;
	/** How many items there are in all, as the service said last. */
	total?: number;
	/** As `total`, but it may count something else. */
	vagueTotal?: number;
	/** The first page's number and offset: services count from 0 or from 1. */
	firstPage?: number;
	firstOffset?: number;
}

type Next = Pick<Progress, 'request' | 'wasLed'>;

/**
 * The next page, looking for it in the contract's order; undefined when no way to one is known.
 * @param list URL of the list
 * @param read how many items were read so far, those of this page included
 * @throws PartialListError when the next page is on another origin
 */
export function nextPage(
	page: PageFacts,
	progress: Progress,
	list: string,
	read: number,
): Next | undefined {
	if (page.nextUrl !== undefined) {
		return { request: { url: sameOrigin(page.nextUrl, progress.request.url) }, wasLed: true };
	}
	const cursor =
		page.more === false ? undefined : (page.nextCursor ?? otherCursor(page, progress, read));
	if (cursor) return { request: { url: list, query: cursor }, wasLed: true };
	const query = numberedPage(page, progress, read) ?? nextOffset(page, progress, read);
	return query && { request: { url: list, query }, wasLed: false };
}

/** A cursor that may be this page's own is the next one's when it isn't what was asked for. */
function otherCursor({ cursor }: PageFacts, { request, total }: Progress, read: number) {
	const [[name, value] = []] = Object.entries(cursor ?? {});
	const isOwn = name !== undefined && request.query?.[name] === value;
	return isOwn || total === read ? undefined : cursor;
}

function numberedPage(page: PageFacts, progress: Progress, read: number): PageRequest['query'] {
	if (page.next && page.more !== false) return { [page.next.parameter]: page.next.value };
	if (!page.page) return undefined;
	const { parameter, value } = page.page;
	return pagesGoOn(page, value, progress, read) ? { [parameter]: value + 1 } : undefined;
}

/** Whether page number `number` is followed by another: what is counted decides over what is said. */
function pagesGoOn(page: PageFacts, number: number, progress: Progress, read: number): boolean {
	const { pages, lastPage, more, items } = page;
	const { total, firstPage } = progress;
	const pagesHere = number + (firstPage === 0 ? 1 : 0);
	if (pages !== undefined || lastPage !== undefined) {
		return pagesHere < (pages ?? 0) || number < (lastPage ?? 0) || more === true;
	}
	if (total === read) return more === true;
	// A total below what was read counts something else.
	if (total === undefined || total < read) return more ?? mayGoOn(page, progress);
	const size = reliableSize(page) ?? 0;
	const isFull = items.length > 0 && items.length >= size;
	return isFull || (size > 0 && pagesHere * size < total) || more === true;
}

function nextOffset(page: PageFacts, progress: Progress, read: number): PageRequest['query'] {
	const { offset, more, items } = page;
	const { total, firstOffset = 0 } = progress;
	if (!offset || (total === read && more !== true)) return undefined;
	const { parameter, value } = offset;
	const size = reliableSize(page) ?? items.length;
	if (total === undefined || total <= read) {
		const step = items.length || size;
		const goesOn = more ?? mayGoOn(page, progress);
		return step > 0 && goesOn ? { [parameter]: value + step } : undefined;
	}
	// Services that leave items out after counting them still count them in offsets.
	const ahead = value - firstOffset;
	const step = ahead + size < total ? size : items.length;
	const goesOn = ahead + step < total || items.length >= size || more === true;
	return step > 0 && goesOn ? { [parameter]: value + step } : undefined;
}

/** How many items a page can hold, unless it holds more. */
function reliableSize({ size = 0, items }: PageFacts): number | undefined {
	return size > 0 && size >= items.length ? size : undefined;
}

/** Whether a service that counts pages, but not how many there are, may have another one. */
function mayGoOn({ size, items }: PageFacts, { wasLed }: Progress): boolean {
	return !wasLed && items.length > 0 && !(size !== undefined && items.length < size);
}
