import type { IDataObject } from 'n8n-workflow';

import { askedWaitMs, type AuditdexClient, type RequestSettings } from '../api/client';
import { AuditdexError } from '../api/errors/auditdexError';
import type { JsonObject } from '../api/json';
import { monotonicMs } from '../api/monotonic';
import { SETTLING } from '../api/request/outcome';
import type { Attempt } from '../api/request/transport';
import { EvidenceForm } from './evidenceForm';
import { sha256Of, type EvidenceFile } from './evidenceFile';
import { KeyedQueue } from './keyedQueue';
import { largeUploadsOf } from './largeUploads';
import { identityOf, lookUp, readEvidence, type EvidenceView, type Lookup } from './lookup';
import { lookUpOwn, type Submitted } from './ownEvidence';
import { receiptOf } from './receipt';
import { siblings } from './siblings';
import type { EarlierTry, SubmissionRecord } from './submissionRecord';

/**
 * From this size on the control is asked before the file is sent: n8n then renews an expired token
 * without sending the file a second time, and it's known what was linked before.
 */
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

/**
 * Submits one file and returns its receipt: looks it up where that's asked for, sends it, and settles
 * what came of it. It is stored once, or the error says that this isn't known.
 * @param record what this execution did with the file already, as n8n runs a node again
 * @throws AuditdexError when the file is not the expected one, was refused, was stored changed, or
 * it can't be found out whether it was stored
 */
export async function submitFile(
	client: AuditdexClient,
	submission: Submission,
	settings: RequestSettings,
	record: SubmissionRecord,
): Promise<IDataObject> {
	const { file, expectedSha256, skipIfSubmitted } = submission;
	const earlier = record.read();
	const sending = new Sending(client, submission, settings, record);
	if (!expectedSha256 && !skipIfSubmitted && !earlier) return await sending.toEnd();

	const sha256 = await sha256Of(file);
	if (expectedSha256 && sha256 !== expectedSha256) {
		throw new AuditdexError(`The file “${file.name}” is not the expected one and was not sent`, {
			description: `Its SHA-256 is ${sha256}; 'Expected SHA-256' under 'Options' is ${expectedSha256}. Check which of the two is right.`,
		});
	}
	// A try that was cut off didn't get to know the hash of what it sent.
	const isSame = earlier !== undefined && (earlier.sha256 ?? sha256) === sha256;
	if (isSame && earlier.evidence) {
		return { ...receiptOf(earlier.evidence, sha256), repeated: true };
	}
	if (!isSame) record.forget();
	return await sending.toEnd(sha256, isSame ? earlier : undefined);
}

const sameFile = new KeyedQueue();

/** One submission on its way. */
class Sending {
	private readonly control: string;

	private readonly form: EvidenceForm;

	/** What the control showed before the file was sent, where it was asked. */
	private before: EvidenceView | undefined;

	/** How long ago the first try began, in milliseconds. */
	private age: (() => number) | undefined;

	/** Whether a try was unclear, so that the control has to be asked before this ends without a receipt. */
	private hadUnclearTry = false;

	private endTurn: (() => void) | undefined;

	constructor(
		private readonly client: AuditdexClient,
		private readonly submission: Submission,
		private readonly settings: RequestSettings,
		private readonly record: SubmissionRecord,
	) {
		const { engagementId, controlId, description, file } = submission;
		this.control = `${client.account}/${engagementId}/${controlId}`;
		this.form = new EvidenceForm(file, controlId, description);
	}

	/** @param sha256 the file's, where it is known before it's sent */
	async toEnd(sha256?: string, earlier?: EarlierTry): Promise<IDataObject> {
		try {
			if (sha256 !== undefined) {
				const found = await this.lookUp(sha256, earlier);
				if (found) return found;
			}
			return await this.send();
		} finally {
			this.endTurn?.();
		}
	}

	/** Looks whether the file has to be sent at all. @returns what is output instead */
	private async lookUp(sha256: string, earlier?: EarlierTry): Promise<IDataObject | undefined> {
		const { skipIfSubmitted, file } = this.submission;
		if (earlier) {
			await this.takeTurn(sha256);
			this.hadUnclearTry = true;
			this.age = () => Date.now() - earlier.began;
			const cutOffMs = Date.now() - (earlier.leftOpen ?? earlier.began);
			const cause = new AuditdexError('an earlier run of this node did not get to its end');
			const receipt = await this.settle(sha256, cause, SETTLING.timeoutMs - cutOffMs);
			if (receipt) return receipt;
		}
		if (!skipIfSubmitted) return undefined;
		// Items worked on side by side may hold the same file; the second must see the first one stored.
		await this.takeTurn(sha256);
		const { view } = await this.askControl();
		this.before = view;
		// A control without evidence may have no list of it either.
		const lookup = lookUp(view.list === 'none' ? { ...view, list: 'whole' } : view, sha256);
		if (lookup.end === 'linked') {
			return { ...receiptOf(lookup.evidence[0]!, sha256), skipped: true };
		}
		if (lookup.end === 'notLinked') return undefined;
		throw new AuditdexError(
			`It can’t be told whether the file “${file.name}” is submitted already`,
			{
				description: `It was not sent, as ${lookup.why}. Look there for evidence with SHA-256 ${sha256}; to send the file all the same, turn off 'Skip If Submitted' under 'Options'.`,
			},
		);
	}

	/** Sends the file until it's stored, or until there is no point or no safety in another try. */
	private async send(): Promise<IDataObject> {
		for (let retries = 0; ; retries++) {
			const made = await this.upload(retries === 0);
			const { outcome } = made;
			if (outcome.kind === 'done') return this.stored(outcome.body as JsonObject);

			const { error } = outcome;
			const sendAgain = outcome.kind !== 'refused' && retries < this.settings.maxRetries;
			const isUnclear = outcome.kind === 'unclear';
			this.hadUnclearTry ||= isUnclear;
			if (isUnclear || (this.hadUnclearTry && !sendAgain)) {
				const sha256 = this.form.sentSha256 ?? (await sha256Of(this.submission.file));
				// Two of the same file that settle side by side could take each other's evidence.
				await this.takeTurn(sha256);
				const windowMs = isUnclear
					? Math.max(outcome.settlesInMs, askedWaitMs(made, this.settings))
					: 0;
				const receipt = await this.settle(sha256, error, windowMs);
				if (receipt) return receipt;
				if (isUnclear && outcome.accepted) {
					throw this.notKnown(sha256, error, 'the control does not show the file');
				}
			} else if (sendAgain) await this.client.backOff(made, retries, this.settings);
			if (!sendAgain) {
				this.record.forget();
				throw error;
			}
		}
	}

	/** Sends the file once: a large one when it's its turn, and first after asking the control. */
	private async upload(isFirst: boolean): Promise<Attempt> {
		if (this.submission.file.size <= LARGE_BYTES) return await this.uploadNow();
		const endUpload = await largeUploadsOf(this.client.account).take();
		try {
			if (isFirst && !this.before) await this.askBefore();
			return await this.uploadNow();
		} finally {
			endUpload();
		}
	}

	private async uploadNow(): Promise<Attempt> {
		const began = monotonicMs();
		this.age ??= () => monotonicMs() - began;
		this.record.begin();
		const { engagementId, file } = this.submission;
		return await siblings.upload(this.control, file.size, async () => {
			const made = await this.client.submitEvidence(engagementId, this.form, this.settings);
			const { outcome } = made;
			if (outcome.kind === 'done') siblings.claim(this.control, identityOf(outcome.body));
			return made;
		});
	}

	private stored(evidence: JsonObject): IDataObject {
		const sha256 = this.form.sentSha256!;
		this.record.stored(sha256, evidence);
		return receiptOf(evidence, sha256);
	}

	/**
	 * Asks the control for the evidence, again and again for as long as the service may still be at
	 * work on it.
	 * @returns its receipt; undefined when it isn't linked
	 * @throws AuditdexError when that can't be told
	 */
	private async settle(
		sha256: string,
		cause: AuditdexError,
		windowMs: number,
	): Promise<IDataObject | undefined> {
		const began = monotonicMs();
		for (;;) {
			const lookup = await this.lookUpOwn(sha256).catch((error: Error) => {
				throw this.notKnown(sha256, cause, `the control could not be asked (${error.message})`);
			});
			if (lookup.end === 'linked') {
				const evidence = lookup.evidence[0]!;
				siblings.claim(this.control, identityOf(evidence));
				this.record.stored(sha256, evidence);
				return { ...receiptOf(evidence, sha256), recovered: true };
			}
			const passed = monotonicMs() - began;
			if (passed < windowMs) await this.client.pause(Math.min(windowMs - passed, passed + 1_000));
			else if (lookup.end === 'notLinked') return undefined;
			else throw this.notKnown(sha256, cause, lookup.why);
		}
	}

	private async lookUpOwn(sha256: string): Promise<Lookup> {
		const { view, serverNow } = await this.askControl();
		const submitted: Submitted = {
			sha256,
			began: serverNow === undefined ? undefined : serverNow - this.age!(),
			before: this.before,
			isAnothers: (identity) => siblings.isClaimed(this.control, identity),
		};
		const lookup = lookUpOwn(view, submitted);
		if (lookup.end !== 'linked') return lookup;
		// It may be that of an upload whose answer is still on its way.
		await siblings.uploads(this.control, this.submission.file.size);
		return lookUpOwn(view, submitted);
	}

	private async askControl(): Promise<{ view: EvidenceView; serverNow?: number }> {
		const { engagementId, controlId } = this.submission;
		const { body, headers } = await this.client.getControl(engagementId, controlId, this.settings);
		const date = Date.parse(headers.date ?? '');
		return { view: readEvidence(body), serverNow: Number.isNaN(date) ? undefined : date };
	}

	/** That the client may not read controls doesn't matter before a file is sent. */
	private async askBefore(): Promise<void> {
		try {
			this.before = (await this.askControl()).view;
		} catch (error) {
			const isForbidden = error instanceof AuditdexError && error.httpStatus === 403;
			if (!isForbidden) throw error as AuditdexError;
		}
	}

	/** Waits until no other submission of the same file to the same control is being settled. */
	private async takeTurn(sha256: string): Promise<void> {
		this.endTurn ??= await sameFile.enter(`${this.control}/${sha256}`);
	}

	private notKnown(sha256: string, cause: AuditdexError, why: string): AuditdexError {
		this.record.leaveOpen(sha256);
		const { name } = this.submission.file;
		return new AuditdexError(`It is not known whether AUDITDEX stored the file “${name}”`, {
			description: `The upload got no clear answer (${cause.message}), and ${why}. Look there for evidence with SHA-256 ${sha256} before you submit the file again, or turn on 'Skip If Submitted' under 'Options'.`,
			problem: cause.problem,
		});
	}
}
