import type { IDataObject } from 'n8n-workflow';

import { AuditdexError } from '../api/errors/auditdexError';
import type { AuditdexClient, RequestSettings } from '../api/client';
import { sha256Of, type EvidenceFile } from './evidenceFile';
import { HashingFile } from './hashingFile';
import { KeyedQueue } from './keyedQueue';
import { findLinkedEvidence } from './linkedEvidence';
import { receiptOf } from './receipt';

/** From this size on, a valid token is got first rather than sending the file a second time. */
const LARGE_BYTES = 8 * 1024 * 1024;

export interface Submission {
	engagementId: string;
	controlId: string;
	description: string;
	file: EvidenceFile;
	/** 64 lower-case hex digits. */
	expectedSha256?: string;
	skipIfSubmitted: boolean;
}

const sameFile = new KeyedQueue();

/**
 * Submits one file and returns its receipt.
 * @throws AuditdexError when the file is not the expected one, was refused, was stored changed, or
 * it can't be found out whether it was stored
 */
export async function submitFile(
	client: AuditdexClient,
	submission: Submission,
	settings: RequestSettings,
): Promise<IDataObject> {
	const { engagementId, controlId, file, expectedSha256, skipIfSubmitted } = submission;
	if (!expectedSha256 && !skipIfSubmitted) return await send(client, submission, settings);

	const sha256 = await sha256Of(file);
	if (expectedSha256 && sha256 !== expectedSha256) {
		throw new AuditdexError(`The file “${file.name}” is not the expected one and was not sent`, {
			description: `Its SHA-256 is ${sha256}; Expected SHA-256 under Options is ${expectedSha256}. Check which of the two is right.`,
		});
	}
	if (!skipIfSubmitted) return await send(client, submission, settings);

	// Items worked on side by side may hold the same file; the second must see the first one stored.
	return await sameFile.run(`${engagementId}/${controlId}/${sha256}`, async () => {
		const control = await client.getControl(engagementId, controlId, settings);
		const linked = findLinkedEvidence(control, sha256);
		return linked
			? { ...receiptOf(linked, sha256), skipped: true }
			: await send(client, submission, settings);
	});
}

async function send(
	client: AuditdexClient,
	{ engagementId, controlId, description, file, skipIfSubmitted }: Submission,
	settings: RequestSettings,
): Promise<IDataObject> {
	// With Skip If Submitted the control has just been asked, so the token is valid.
	if (file.size > LARGE_BYTES && !skipIfSubmitted) {
		await client.renewToken(engagementId, controlId, settings);
	}

	let body: HashingFile | undefined;
	const form = (onProgress: () => void) => {
		body = new HashingFile(file, onProgress);
		const data = new FormData();
		data.append('control_id', controlId);
		if (description !== '') data.append('description', description);
		data.append('file', body);
		return data;
	};

	let recovered: string | undefined;
	const recover = async (cause: AuditdexError) => {
		const sha256 = await sha256Of(file);
		const control = await client.getControl(engagementId, controlId, settings).catch((error) => {
			throw unknownWhetherStored(file, sha256, cause, error as Error);
		});
		const linked = findLinkedEvidence(control, sha256);
		if (linked) recovered = sha256;
		return linked;
	};

	const evidence = await client.submitEvidence(engagementId, form, recover, settings);
	if (recovered) return { ...receiptOf(evidence, recovered), recovered: true };
	return receiptOf(evidence, body?.sentSha256 ?? (await sha256Of(file)));
}

function unknownWhetherStored(
	file: EvidenceFile,
	sha256: string,
	cause: AuditdexError,
	askFailed: Error,
): AuditdexError {
	return new AuditdexError(`It is not known whether AUDITDEX stored the file “${file.name}”`, {
		description: `The upload got no clear answer (${cause.message}), and the control could not be asked (${askFailed.message}). Look there for evidence with SHA-256 ${sha256} before you submit the file again, or turn on Skip If Submitted under Options.`,
		problem: cause.problem,
	});
}
