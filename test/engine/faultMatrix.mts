/**
 * What has to come of each operation under each fault: the contract's "What is safe to send twice"
 * and "Errors" as a table. `times: 1` is a fault that goes away, `always` one that stays.
 */
import type { FaultKind } from '../../sandbox/faults.mts';

export const OPERATIONS = ['engagement.getAll', 'control.get', 'evidence.submit'] as const;
export type OperationName = (typeof OPERATIONS)[number];

export interface Expected {
	/** Whether the item is done in the end. */
	done: boolean;
	/** Requests of the operation itself that the sandbox sees. */
	requests: number;
	/** Files stored in the end (Submit). */
	stored?: number;
	/** Whether the receipt says that the upload's answer was lost. */
	recovered?: boolean;
	/** What the receipt says of its hash; true unless given. */
	verified?: boolean;
	/** What the error's message says. */
	message?: RegExp;
	httpCode?: string;
}

/** How often each request in the matrix may be sent again. */
export const MAX_RETRIES = 1;
const ALL = MAX_RETRIES + 1;

const refused = (message: RegExp, httpCode: string, requests = 1): Expected => ({
	done: false,
	requests,
	message,
	httpCode,
	stored: 0,
});
const done = (requests: number): Expected => ({ done: true, requests, stored: 1 });

const unverified: Expected = { done: true, requests: 1, stored: 0, verified: false };

export interface FaultRow {
	kind: FaultKind;
	/** The fault hits one request. */
	once: Record<'read' | 'submit', Expected>;
	/** The fault hits every request of the operation. */
	always: Record<'read' | 'submit', Expected>;
}

const same = (expected: Expected) => ({ read: expected, submit: expected });

/** Nothing but another answer can help: n8n repeats a 401 once by itself, the rest not at all. */
const final = (kind: FaultKind, message: RegExp, httpCode: string): FaultRow => ({
	kind,
	once: same(refused(message, httpCode)),
	always: same(refused(message, httpCode)),
});

/** Sent again; for Submit after the control was asked, where nothing was stored. */
const passing = (kind: FaultKind, message: RegExp, httpCode?: string): FaultRow => ({
	kind,
	once: same(done(2)),
	always: same({ done: false, requests: ALL, message, httpCode, stored: 0 }),
});

/** The evidence is stored although the answer was no use: found by its hash, never sent again. */
const storedAnyway = (kind: FaultKind, message: RegExp, httpCode?: string): FaultRow => {
	const recovered: Expected = { done: true, requests: 1, stored: 1, recovered: true };
	return {
		kind,
		once: { read: done(2), submit: recovered },
		always: { read: { done: false, requests: ALL, message, httpCode }, submit: recovered },
	};
};

export const FAULTS: readonly FaultRow[] = [
	final('400-fields', /^Validation Error$/, '400'),
	final('403', /^Insufficient Scope$/, '403'),
	final('404', /^Resource Not Found$/, '404'),
	final('409', /^Conflict$/, '409'),
	final('413', /^Content Too Large$/, '413'),
	{
		kind: '401',
		once: same(done(2)),
		always: same(refused(/^Invalid Token$/, '401', 2)),
	},
	passing('429', /^Rate Limited$/, '429'),
	passing('500', /^Server Error$/, '500'),
	passing('408', /^Request Timeout$/, '408'),
	passing('504', /^Gateway Timeout$/, '504'),
	passing('503', /^Service Unavailable$/, '503'),
	passing('502-html', /^Bad Gateway$/, '502'),
	passing('reset', /broke off/),
	passing('stall', /did not answer in time/),
	storedAnyway('500-after-store', /^Server Error$/, '500'),
	storedAnyway('empty-body', /could not be read/),
	storedAnyway('truncated-json', /could not be read/),
	storedAnyway('reset-after-store', /broke off/),
	storedAnyway('reset-mid-response', /broke off/),
	storedAnyway('504-stored-late', /^Gateway Timeout$/, '504'),
	{
		// Of a file so small that it has left all the same: a receipt of nothing verified.
		kind: 'early-answer',
		once: { read: done(1), submit: unverified },
		always: { read: done(1), submit: unverified },
	},
	{ kind: 'slow', once: same(done(1)), always: same(done(1)) },
	passing('reset-mid-upload', /broke off/),
	{
		kind: 'wrong-hash',
		once: {
			read: done(1),
			submit: { done: false, requests: 1, message: /does not match the file sent/, stored: 1 },
		},
		always: {
			read: done(1),
			submit: { done: false, requests: 1, message: /does not match the file sent/, stored: 1 },
		},
	},
];
