import { AuditdexError, type ProblemDetails } from './auditdexError';
import { jsonOf, type HttpAnswer } from '../request/httpAnswer';
import { redact } from './redact';
import { fieldErrors } from './fieldErrors';
import { isObject } from '../json';

/** Titles for statuses the service answered without problem details (RFC 9110 §15). */
const STATUS_TITLES: Readonly<Record<number, string>> = {
	400: 'Bad Request',
	401: 'Unauthorized',
	403: 'Forbidden',
	404: 'Not Found',
	405: 'Method Not Allowed',
	406: 'Not Acceptable',
	407: 'Proxy Authentication Required',
	408: 'Request Timeout',
	409: 'Conflict',
	410: 'Gone',
	411: 'Length Required',
	412: 'Precondition Failed',
	413: 'Content Too Large',
	414: 'URI Too Long',
	415: 'Unsupported Media Type',
	421: 'Misdirected Request',
	422: 'Unprocessable Content',
	423: 'Locked',
	425: 'Too Early',
	426: 'Upgrade Required',
	428: 'Precondition Required',
	429: 'Too Many Requests',
	431: 'Request Header Fields Too Large',
	451: 'Unavailable For Legal Reasons',
	500: 'Internal Server Error',
	501: 'Not Implemented',
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

const CORRECT_VALUE = 'Correct the value named here and run the workflow again';
const NOT_FROM_API =
	'The API has no such answer, so that a proxy or another server may have given it. Check Base URL in the Auditdex credential; it should end in /v1';
const CONTACT_SUPPORT =
	'AUDITDEX no longer takes what this version of the node sends. Update n8n-nodes-auditdex; if it stays so, contact support@augixsys.com';

/** What the user can do, by status. */
const NEXT_STEPS: Readonly<Record<number, string>> = {
	400: CORRECT_VALUE,
	401: "Check 'Client ID' and 'Client Secret' in the Auditdex credential, and that the API client is still active in AUDITDEX",
	402: 'Ask your AUDITDEX administrator about the plan of your organization',
	404: "Check the engagement and control IDs, that this API client may see them, and 'Base URL' in the Auditdex credential",
	405: NOT_FROM_API,
	406: CONTACT_SUPPORT,
	407: 'The proxy between n8n and AUDITDEX asks for a login. Set it up where the proxy of n8n is configured',
	408: 'The upload took too long. Run the workflow again later, or check the network between n8n and AUDITDEX',
	409: 'It contradicts what AUDITDEX has already, such as the same evidence or a control that is concluded. Look at the control in AUDITDEX, e.g. with Control → Get, before you run the workflow again',
	410: 'What you asked for was removed in AUDITDEX. Choose another engagement or control',
	411: 'A proxy between n8n and AUDITDEX took the length out of the request. Ask who runs it to let uploads pass unchanged',
	412: 'It has changed in AUDITDEX meanwhile. Look at the control there, and run the workflow again',
	413: 'The file is larger than AUDITDEX accepts. Split or compress it, and submit it again',
	414: 'An ID or a value of the list is too long. Check the engagement and control IDs',
	415: "AUDITDEX does not take files of this type. Convert the file, or set the right 'MIME Type' under 'Options'",
	421: "A proxy sent the request to the wrong server. Run the workflow again later; if it stays so, check 'Base URL' in the Auditdex credential",
	422: CORRECT_VALUE,
	423: 'The engagement or control is locked in AUDITDEX. Have it unlocked there, and run the workflow again',
	425: 'Run the workflow again in a minute',
	426: CONTACT_SUPPORT,
	428: CONTACT_SUPPORT,
	429: "Wait a minute and run the workflow again, or raise 'Max Retries' under 'Options'",
	431: 'The request’s headers are too long for AUDITDEX or a proxy, mostly because of a long access token. Ask for fewer scopes in Scope in the Auditdex credential, or ask who runs the proxy to raise its limit',
	451: 'AUDITDEX may not show or take this for legal reasons. Ask your AUDITDEX administrator',
	501: 'This AUDITDEX does not offer what the operation asks for. Ask your AUDITDEX administrator, or contact support@augixsys.com',
};

function nextStep({ status, headers }: HttpAnswer, scope: string): string {
	// RFC 6750 §3: the service may name the scope itself.
	const missing = /\bscope="([^"]+)"/.exec(headers['www-authenticate'] ?? '')?.[1] ?? scope;
	if (status >= 300 && status < 400) {
		return "The address redirects elsewhere, which is not followed as it would carry the token away. Check 'Base URL' in the Auditdex credential";
	}
	const own = NEXT_STEPS[status];
	if (own !== undefined) return own;
	if (status === 403) {
		return `The credential lacks the scope ${missing}, or this API client may not do this. Add the scope to Scope in the Auditdex credential, or ask your AUDITDEX administrator to grant it`;
	}
	return status >= 500
		? 'AUDITDEX could not answer just now. Run the workflow again later; if it stays so, contact support@augixsys.com'
		: 'Correct what is named here and run the workflow again; if nothing is, contact support@augixsys.com with the answer';
}
