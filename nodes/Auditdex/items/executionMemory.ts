import { createHash } from 'crypto';
import type { IExecuteFunctions } from 'n8n-workflow';

import { identityOf } from '../evidence/lookup';
import { SubmissionRecord, type EarlierTry } from '../evidence/submissionRecord';

/** Where the node's context, which n8n stores with the execution, holds what was submitted. */
const MEMBER = 'submissions';

/**
 * What one execution has submitted. n8n runs a node again with all its items, with Retry On Fail and
 * with "Retry" on a failed execution; its own context for the node lasts as long as the execution.
 *
 * Submissions are told apart by the round of a loop, the item, and the file within the item.
 */
export class ExecutionMemory {
	private readonly tries: Record<string, EarlierTry | undefined>;

	private readonly round: string;

	constructor(context: IExecuteFunctions) {
		const kept = context.getContext('node');
		kept[MEMBER] ??= {};
		this.tries = kept[MEMBER] as Record<string, EarlierTry | undefined>;
		this.round = String(context.getWorkflowDataProxy(0).$runIndex);
	}

	/** @param what all that tells what is submitted, the content of the file left out */
	recordOf(itemIndex: number, file: number, what: unknown): SubmissionRecord {
		const digest = createHash('sha256').update(JSON.stringify(what)).digest('base64').slice(0, 22);
		return new SubmissionRecord(this.tries, `${this.round}.${itemIndex}.${file}`, digest);
	}

	/** IDs of the evidence that this round has stored. */
	stored(): string[] {
		return this.ofRound().flatMap(([, earlier]) =>
			earlier?.evidence ? [identityOf(earlier.evidence)] : [],
		);
	}

	/** Forgets a round that is done: n8n has no reason to run it again. */
	forgetRound(): void {
		for (const [place] of this.ofRound()) delete this.tries[place];
	}

	private ofRound() {
		return Object.entries(this.tries).filter(([place]) => place.startsWith(`${this.round}.`));
	}
}
