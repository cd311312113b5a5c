import { AuditdexError } from '../errors/auditdexError';

/** A list that can't be read to its end. What was read of it is right, but not all there is. */
export class PartialListError extends AuditdexError {
	/**
	 * @param reason completes "The list is not whole: …"
	 * @param detail what the service said, and what the user can do
	 */
	constructor(reason: string, detail: string) {
		const title = `The list is not whole: ${reason}`;
		super(title, { description: detail, problem: { type: 'about:blank', title, detail } });
	}
}
