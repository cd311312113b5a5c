import { readRateLimit, type HttpAnswer } from './rules.mts';
import type { Findings } from './finding.mts';
import type { Service } from './service.mts';
import { count } from './words.mts';

const NAMES = ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'] as const;
const CLOCK_TOLERANCE_S = 30;

type Answered = { answer: HttpAnswer; at: number };

/** What all the answers so far say about the rate limit. */
export function checkLimits(service: Service, findings: Findings): void {
	const answered = service.replies.filter((reply): reply is Answered & typeof reply =>
		Boolean(reply.answer),
	);
	checkHeaders(answered, findings);
	checkRemaining(answered, findings);
	checkReset(answered, findings);
	checkRetryAfter(answered, findings);
}

const shown = (header: string | undefined) =>
	header !== undefined && /^[\w.:;=, -]{1,60}$/.test(header) ? header : 'something unreadable';

function checkHeaders(answered: Answered[], findings: Findings): void {
	const counts = NAMES.map(
		(name) => answered.filter(({ answer }) => name in answer.headers).length,
	);
	const all = answered.length;
	const limit = answered.find(({ answer }) => NAMES[0] in answer.headers)?.answer.headers[NAMES[0]];
	if (counts.every((number) => number === 0)) {
		findings.accepted(
			'rate-limit-headers',
			`sends none with ${count(all, 'answer')}`,
			'sends requests as they come, and waits after a 429',
		);
	} else if (counts.every((number) => number === all)) {
		const isNumber = /^\d+$/.test(limit ?? '') && Number(limit) > 0;
		const says = `sends all three with each of ${count(all, 'answer')}, limit ${shown(limit)}`;
		if (isNumber) findings.assumed('rate-limit-headers', says, 'keeps to them');
		else
			findings.accepted('rate-limit-headers', says, 'takes it for no limit, and waits after a 429');
	} else {
		findings.accepted(
			'rate-limit-headers',
			`sends them with some answers only (${counts.join(', ')} of ${all})`,
			'keeps to them where they are sent, and waits after a 429',
		);
	}
}

function checkRemaining(answered: Answered[], findings: Findings): void {
	const values = answered
		.map(({ answer }) => answer.headers[NAMES[1]])
		.filter((value) => value !== undefined);
	const [first] = values;
	if (first === undefined) {
		findings.accepted('rate-limit-remaining', 'doesn’t send it', 'sends requests as they come');
		return;
	}
	const numbers = values.map(Number);
	const says = `went from ${shown(first)} to ${shown(values.at(-1))} over ${count(values.length, 'answer')}`;
	if (numbers.some(Number.isNaN)) {
		findings.accepted('rate-limit-remaining', says, 'can’t read it, and waits after a 429');
	} else if (numbers.some((number) => number < 0)) {
		findings.accepted('rate-limit-remaining', says, 'takes a negative number for no limit');
	} else if (numbers.every((number) => number === 0) && values.length > 1) {
		findings.accepted(
			'rate-limit-remaining',
			`${says}, and accepted them all the same`,
			'waits for the reset before each request, which costs time',
			'ask support@augixsys.com what it counts',
		);
	} else {
		findings.assumed('rate-limit-remaining', says, 'at 0 waits for the reset');
	}
}

function checkReset(answered: Answered[], findings: Findings): void {
	const told = answered.filter(({ answer }) => NAMES[2] in answer.headers).at(-1);
	const serverTime = Date.parse(told?.answer.headers.date ?? '');
	if (!told) {
		findings.accepted('rate-limit-reset', 'doesn’t send it', 'waits after a 429, ever longer');
		return;
	}
	const { headers } = told.answer;
	const value = headers[NAMES[2]] ?? '';
	const clock = Number.isNaN(serverTime)
		? 'no clock of its own'
		: clockOf(Math.round((serverTime - told.at) / 1_000));
	const says = `sends ${unitOf(value)}, ${clock}`;
	// As if nothing remained: it's then that the node waits.
	const report = readRateLimit({ ...headers, 'x-ratelimit-remaining': '0' });
	const { waitMs } = report;
	if (waitMs === undefined) {
		const why = /^-?\d/.test(value.trim()) ? 'finds it further away than an hour' : 'can’t read it';
		findings.accepted(
			'rate-limit-reset',
			says,
			`${why}, so that it makes nothing of it and waits after a 429, ever longer`,
			'nothing; ask support@augixsys.com for epoch seconds, by the clock that Date tells',
		);
	} else {
		const node = `waits ${Math.ceil(waitMs / 1_000)} s where nothing remains`;
		const isAssumed = /^\d{10}$/.test(value) && !clock.includes('seconds');
		findings[isAssumed && !clock.startsWith('no') ? 'assumed' : 'accepted'](
			'rate-limit-reset',
			says,
			node,
		);
	}
}

function unitOf(value: string): string {
	if (!/^-?\d+(?:\.\d+)?$/.test(value.trim())) return shown(value);
	const number = Number(value);
	if (number >= 1e11) return 'the reset in milliseconds';
	return number >= 1e9 ? 'the reset in epoch seconds' : 'the reset as seconds to go';
}

function clockOf(ahead: number): string {
	if (Math.abs(ahead) <= CLOCK_TOLERANCE_S) return 'with the same clock as here';
	return `with a clock ${Math.abs(ahead)} seconds ${ahead > 0 ? 'ahead' : 'behind'}`;
}

function checkRetryAfter(answered: Answered[], findings: Findings): void {
	const refused = answered.find(({ answer: { status } }) => status === 429 || status === 503);
	if (!refused) {
		findings.unseen(
			'retry-after',
			'refused nothing for its number, and this check doesn’t try to be refused',
			'nothing',
		);
		return;
	}
	const { status, headers } = refused.answer;
	const { waitMs } = readRateLimit(headers);
	const node = waitMs === undefined ? 'waits ever longer' : `waits ${Math.ceil(waitMs / 1_000)} s`;
	const says = `sends ${'retry-after' in headers ? 'it' : 'none'} with ${status}`;
	findings[says.startsWith('sends none') ? 'assumed' : 'accepted']('retry-after', says, node);
}
