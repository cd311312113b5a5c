import type { IDataObject } from 'n8n-workflow';

import { AuditdexError } from '../api/errors/auditdexError';
import { lookUp, type EvidenceView } from './lookup';

/** What Verify puts out for a file (contract). */
export interface Verification extends IDataObject {
	/** Whether evidence with this hash is linked to the control. */
	verified: boolean;
	/** 64 lower-case hex digits. */
	sha256: string;
	fileName?: string;
	/** The linked evidence with this hash, as it came. */
	evidence: IDataObject[];
}

/**
 * Compares a file's hash with the evidence that a control shows.
 * @throws AuditdexError when the control doesn't tell: that is never taken for "not linked"
 */
export function verify(view: EvidenceView, sha256: string, fileName?: string): Verification {
	const lookup = lookUp(view, sha256);
	if (lookup.end === 'cantTell') {
		const what = fileName === undefined ? `evidence with SHA-256 ${sha256}` : `“${fileName}”`;
		throw new AuditdexError(`It can’t be told whether ${what} is linked to the control`, {
			description: `The reason is that ${lookup.why}. The file’s SHA-256 is ${sha256}; compare it with what AUDITDEX itself shows for the evidence.`,
		});
	}
	return {
		verified: lookup.end === 'linked',
		sha256,
		...(fileName !== undefined && { fileName }),
		evidence: lookup.end === 'linked' ? (lookup.evidence as IDataObject[]) : [],
	};
}
