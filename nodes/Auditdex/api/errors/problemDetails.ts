import { AuditdexError, type ProblemDetails } from './auditdexError';
import { jsonOf, type HttpAnswer } from '../request/httpAnswer';
import { redact } from './redact';
import { isObject } from '../json';

/** Titles for statuses the service answered without problem details (RFC 9110 §15). */
const STATUS_TITLES: Readonly<Record<number, string>> = {
	400: 'Bad Request',
	401: 'Unauthorized',
	403: 'Forbidden',
	404: 'Not Found',
	413: 'Content Too Large',
	429: 'Too Many Requests',
	500: 'Internal Server Error',
	502: 'Bad Gateway',
	503: 'Service Unavailable',
	504: 'Gateway Timeout',
};

/**
 * The problem details of an answer (RFC 7807; API page, "Error Handling"), kept whole. For an answer
 * without them, the RFC's `about:blank` with the status's title and what came instead.
 */
export function problemOf(answer: HttpAnswer, secrets: readonly string[]): ProblemDetails {
	const { status } = answer;
	const body = jsonOf(answer);
	const blank = { type: 'about:blank', title: titleOf(status), status };
	if (!isObject(body)) return { ...blank, detail: describeBody(answer) };
	// Errors in other forms have their sentence here, if anywhere.
	const { message, error_description: description } = body;
	const detail = [message, description].find((text) => typeof text === 'string');
	return redact({ ...blank, ...(detail !== undefined && { detail }), ...body }, secrets);
}

const titleOf = (status: number) => STATUS_TITLES[status] ?? `HTTP status ${status}`;

/** Says in a sentence what a body that can't be used looks like. */
export function describeBody({ status, headers, body }: HttpAnswer): string {
	const text = body.trim();
	const what = (() => {
		if (text === '') return 'an empty answer';
		if (text.startsWith('<') || headers['content-type']?.includes('html')) {
			return 'a web page instead of data (often a proxy or a wrong base URL)';
		}
		if (/^[[{]/.test(text)) return 'an answer that breaks off or holds something unexpected';
		return 'an answer that is not JSON';
	})();
	return `AUDITDEX sent ${what}, with HTTP status ${status}.`;
}

/**
 * A refusal as the user should read it: the problem's title, its detail, and what to do next.
 * @param scope the OAuth scope that the request needs (API page, "Obtaining a Token")
 * @param secrets what must not be shown should the service echo it
 */
export function refusalOf(
	answer: HttpAnswer,
	scope: string,
	secrets: readonly string[],
): AuditdexError {
	const problem = problemOf(answer, secrets);
	const { status } = answer;
	const next = redact(nextStep(answer, scope), secrets);
	const description = sentences([textIn(problem.detail), fieldErrors(problem), next]);
	return new AuditdexError(textIn(problem.title) || titleOf(status), {
		description,
		problem,
		httpStatus: status,
	});
}

/** Puts sentences together, those that are empty left out. */
export function sentences(texts: readonly string[]): string {
	return texts
		.filter((text) => text !== '')
		.map((text) => text.replace(/[^.!?]$/, '$&.'))
		.join(' ');
}

/** A member's text, as services don't always send the types that the RFC names. */
export function textIn(member: unknown): string {
	return typeof member === 'string' ? member.trim() : '';
}

/** The fields a validation problem names, e.g. "control_id: is unknown". */
function fieldErrors(problem: ProblemDetails): string {
	const list = problem.errors ?? problem['invalid-params'] ?? problem.invalid_params;
	if (isObject(list)) {
		return Object.entries(list)
			.map(([field, messages]) => `${field}: ${[messages].flat().join(', ')}`)
			.join('; ');
	}
	if (!Array.isArray(list)) return '';
	return list
		.map((entry) => {
			if (!isObject(entry)) return textIn(entry);
			const field = entry.field ?? entry.name ?? entry.param ?? entry.pointer;
			const message = entry.message ?? entry.reason ?? entry.detail;
			return [textIn(field), textIn(message)].filter(Boolean).join(': ');
		})
		.filter(Boolean)
		.join('; ');
}

function nextStep({ status, headers }: HttpAnswer, scope: string): string {
	// RFC 6750 §3: the service may name the scope itself.
	const missing = /\bscope="([^"]+)"/.exec(headers['www-authenticate'] ?? '')?.[1] ?? scope;
	if (status >= 300 && status < 400) {
		return 'The address redirects elsewhere, which is not followed as it would carry the token away. Check Base URL in the Auditdex credential';
	}
	switch (status) {
		case 400:
		case 422:
			return 'Correct the value named here and run the workflow again';
		case 401:
			return 'Check Client ID and Client Secret in the Auditdex credential, and that the API client is still active in AUDITDEX';
		case 403:
			return `The credential lacks the scope ${missing}, or this API client may not do this. Add the scope to Scope in the Auditdex credential, or ask your AUDITDEX administrator to grant it`;
		case 404:
			return 'Check the engagement and control IDs, that this API client may see them, and Base URL in the Auditdex credential';
		case 413:
			return 'The file is larger than AUDITDEX accepts. Split or compress it, and submit it again';
		case 429:
			return 'Wait a minute and run the workflow again, or raise Max Retries under Options';
		default:
			return status >= 500
				? 'AUDITDEX could not answer just now. Run the workflow again later; if it stays so, contact support@augixsys.com'
				: 'Check Base URL in the Auditdex credential';
	}
}
