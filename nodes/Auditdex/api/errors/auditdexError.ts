/** RFC 7807 problem details: the members the RFC names plus whatever the service adds. */
export interface ProblemDetails {
	type: string;
	title: string;
	status?: number;
	detail?: string;
	instance?: string;
	[extension: string]: unknown;
}

export interface AuditdexErrorDetails {
	/** What the user can do next. */
	description?: string;
	problem?: ProblemDetails;
	/** That of `problem` where left out. */
	httpStatus?: number;
}

/**
 * What went wrong, in words for the user, before it is tied to a node and an item.
 * The modules in this folder throw it; `toNodeError` turns it into n8n's own classes.
 */
export class AuditdexError extends Error {
	readonly description?: string;

	readonly problem?: ProblemDetails;

	/** Not `status`: n8n gives errors that have one a message of its own in a credential's test. */
	readonly httpStatus?: number;

	constructor(message: string, { description, problem, httpStatus }: AuditdexErrorDetails = {}) {
		super(message);
		this.name = 'AuditdexError';
		this.description = description;
		this.problem = problem;
		this.httpStatus = httpStatus ?? problem?.status;
	}

	/** For what the service did not explain itself: the RFC's `about:blank`, in the node's words. */
	static aboutBlank(title: string, detail: string, status?: number): AuditdexError {
		return new AuditdexError(title, {
			description: detail,
			problem: { type: 'about:blank', title, status, detail },
		});
	}
}
