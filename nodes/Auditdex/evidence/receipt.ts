import type { IDataObject } from 'n8n-workflow';

import { AuditdexError } from '../api/errors/auditdexError';
import { reportedSha256 } from './sha256';

/** Proof for an auditor that what is stored is what was sent. */
export interface Integrity extends IDataObject {
	algorithm: 'SHA-256';
	/** Hashed by this node from the file's bytes, in hex. */
	sent: string;
	/** Reported by the API, in hex; null where it reports none. */
	received: string | null;
	verified: boolean;
}

/**
 * The evidence as the API reported it, with the comparison of both hashes.
 * @throws AuditdexError when the stored file is another than the one sent
 */
export function receiptOf(evidence: object, sent: string): IDataObject & { integrity: Integrity } {
	const received = reportedSha256(evidence);
	if (received !== null && received !== sent) {
		const title = 'Stored evidence does not match the file sent';
		const detail = `The SHA-256 of the file sent is ${sent}, that of the stored evidence ${received}. Do not rely on this evidence; report it to your AUDITDEX administrator and submit the file again.`;
		throw new AuditdexError(title, {
			description: detail,
			problem: { type: 'about:blank', title, detail, evidence },
		});
	}
	return {
		...evidence,
		integrity: { algorithm: 'SHA-256', sent, received, verified: received === sent },
	};
}
