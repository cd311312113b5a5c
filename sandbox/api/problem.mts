/** The errors the service answers with (API page, "Error Handling"). */
export interface FieldError {
	field: string;
	message: string;
}

export const PROBLEM_TYPE = 'application/problem+json';

const PROBLEMS = {
	400: ['validation-error', 'Validation Error'],
	401: ['invalid-token', 'Invalid Token'],
	403: ['insufficient-scope', 'Insufficient Scope'],
	404: ['not-found', 'Resource Not Found'],
	405: ['method-not-allowed', 'Method Not Allowed'],
	408: ['request-timeout', 'Request Timeout'],
	409: ['conflict', 'Conflict'],
	413: ['content-too-large', 'Content Too Large'],
	429: ['rate-limited', 'Rate Limited'],
	500: ['server-error', 'Server Error'],
	503: ['unavailable', 'Service Unavailable'],
	504: ['timeout', 'Gateway Timeout'],
} as const;

export type ProblemStatus = keyof typeof PROBLEMS;

/** An answer as RFC 7807 problem details. */
export class ApiProblem extends Error {
	readonly status: ProblemStatus;

	readonly headers: Record<string, string>;

	private readonly members: Record<string, unknown>;

	constructor(
		status: ProblemStatus,
		detail: string,
		{ headers = {}, members = {} }: { headers?: Record<string, string>; members?: object } = {},
	) {
		super(detail);
		this.status = status;
		this.headers = headers;
		this.members = { ...members };
	}

	static validation(detail: string, errors: FieldError[]): ApiProblem {
		return new ApiProblem(400, detail, { members: { errors } });
	}

	/** @param instance the path that was asked for, within the API's version */
	body(instance: string): Record<string, unknown> {
		const [slug, title] = PROBLEMS[this.status];
		return {
			type: `https://api.augixsys.com/errors/${slug}`,
			title,
			status: this.status,
			detail: this.message,
			instance,
			...this.members,
		};
	}
}

/** What a problem's `instance` is for a URL: the path within the API's version, as on the API page. */
export function instanceOf(url: string): string {
	return url.replace(/\?.*$/, '').replace(/^\/v1(?=\/)/, '');
}
