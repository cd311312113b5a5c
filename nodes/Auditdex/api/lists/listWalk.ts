import { createHash } from 'crypto';

import { idOf } from './engagementId';
import type { JsonObject } from '../json';
import { nextPage, type PageRequest, type Progress } from './nextPage';
import { sameOrigin } from './origin';
import { readFacts, type PageFacts } from './pageFacts';
import { PartialListError } from './partialList';

/** More empty pages in a row than any honest list has. */
const EMPTY_PAGES_ALLOWED = 1_000;

/** A walk as the editor keeps it between the parts of a list. */
interface Token extends Progress {
	seen: string[];
	asked: string[];
}

/**
 * A list on its way from page to page, whatever pagination the service uses: takes the pages in, and
 * tells what to ask for next. A part never passes for the whole, and no list goes on for ever.
 */
export class ListWalk {
	/** The items read so far, by ID. */
	private readonly seen: Set<string>;

	/** The requests made so far, hashed: 20 bytes or so a page. */
	private readonly asked: Set<string>;

	private page: PageFacts | undefined;

	private constructor(
		private readonly list: string,
		private progress: Progress,
		{ seen, asked }: Pick<Token, 'seen' | 'asked'>,
	) {
		this.seen = new Set(seen);
		this.asked = new Set(asked);
	}

	/** @param list its URL */
	static start(list: string): ListWalk {
		const request = { url: list };
		return new ListWalk(
			list,
			{ request, wasLed: false, pagesRead: 0, emptyInARow: 0 },
			{ seen: [], asked: [fingerprint(request)] },
		);
	}

	/**
	 * Goes on where `token` was made.
	 * @throws PartialListError when it leads to another origin than the list's
	 */
	static resume(list: string, token: string): ListWalk {
		const { seen, asked, ...progress } = JSON.parse(token) as Token;
		sameOrigin(progress.request.url, list);
		return new ListWalk(list, progress, { seen, asked });
	}

	toToken(): string {
		const token: Token = { ...this.progress, seen: [...this.seen], asked: [...this.asked] };
		return JSON.stringify(token);
	}

	/** What the page is to be asked for with that `take` is given next. */
	get request(): PageRequest {
		return this.progress.request;
	}

	/**
	 * Takes in the page that `request` was answered with, and returns its items. Those that came
	 * before are left out: they move to the next page when others are added while a list is read.
	 * @throws AuditdexError when the body holds no list
	 * @throws PartialListError when the page is not the one asked for, or all in it came before
	 */
	take(body: unknown, headers: Readonly<Record<string, string | undefined>>): JsonObject[] {
		const page = readFacts(body, headers);
		const { query = {} } = this.request;
		for (const position of [page.page, page.offset]) {
			const asked = position && query[position.parameter];
			if (asked !== undefined && Number(asked) !== position?.value)
				throw anotherPage(this.seen.size);
		}
		this.page = page;
		const { pagesRead, emptyInARow, total, vagueTotal, firstPage, firstOffset } = this.progress;
		this.progress = {
			...this.progress,
			pagesRead: pagesRead + 1,
			emptyInARow: page.items.length === 0 ? emptyInARow + 1 : 0,
			total: page.total ?? total,
			vagueTotal: page.vagueTotal ?? vagueTotal,
			firstPage: firstPage ?? page.page?.value,
			firstOffset: firstOffset ?? page.offset?.value,
		};
		const before = this.seen.size;
		const fresh = page.items.filter((item) => {
			const known = this.seen.size;
			return this.seen.add(idOf(item) || fingerprint(item)).size > known;
		});
		const repeats = page.items.length > 0 && fresh.length === 0;
		if (repeats || this.progress.emptyInARow > EMPTY_PAGES_ALLOWED) throw repeating(before);
		return fresh;
	}

	/**
	 * Turns to the next page; false when there is none and the list is whole.
	 * @throws PartialListError when more follows and there is no way to it
	 */
	advance(): boolean {
		if (!this.page) return true;
		const next = nextPage(this.page, this.progress, this.list, this.seen.size);
		if (!next) {
			assertWhole(this.page, this.progress, this.seen.size);
			return false;
		}
		const mark = fingerprint(next.request);
		if (this.asked.has(mark)) throw repeating(this.seen.size);
		this.asked.add(mark);
		this.progress = { ...this.progress, ...next };
		return true;
	}
}

/** @throws PartialListError when the service says that there is more than what was read */
function assertWhole(page: PageFacts, progress: Progress, read: number): void {
	const { pagesRead, wasLed, total = 0, vagueTotal = 0 } = progress;
	const { items, limit, more, pages = 0, lastPage = 0 } = page;
	const all = Math.max(total, vagueTotal);
	if (all > read) {
		throw cutOff(`It counts ${all} engagements, and ${read} could be read`, read);
	}
	if (more === true || Math.max(pages, lastPage) > pagesRead) {
		throw cutOff(`It says that more follow after the first ${read}`, read);
	}
	// A full page, and no word on whether it is the only one.
	const isFull = limit !== undefined && limit > 0 && items.length >= limit;
	const isSilent = more === undefined && total < read && !wasLed && pagesRead === 1;
	if (isFull && isSilent && pages + lastPage === 0) {
		throw cutOff(
			`It sends ${limit} engagements at once, and does not say whether more follow`,
			read,
		);
	}
}

function cutOff(what: string, read: number): PartialListError {
	return new PartialListError(
		'AUDITDEX does not tell where it goes on',
		`${what}, but the answer has no link or cursor to others that this node knows. ${advice(read)}`,
	);
}

function repeating(read: number): PartialListError {
	return new PartialListError(
		'AUDITDEX keeps sending the same page',
		`It was read up to ${read} engagements, as it would never end. Run the workflow again; if it stays so: ${advice(read)}`,
	);
}

function anotherPage(read: number): PartialListError {
	return new PartialListError(
		'AUDITDEX sent another page than the one asked for',
		`Going on would leave engagements out, or output them twice. ${advice(read)}`,
	);
}

function advice(read: number): string {
	const lower =
		read > 0
			? `Turn off Return All and set Limit to ${read} or less for the first ones, or c`
			: 'C';
	return `${lower}ontact support@augixsys.com.`;
}

function fingerprint(value: unknown): string {
	return createHash('sha256').update(JSON.stringify(value)).digest('base64').slice(0, 20);
}
