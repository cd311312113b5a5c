import type { IDataObject } from 'n8n-workflow';

import type { JsonObject } from '../api/json';

/** What a try at a submission left behind. */
export interface EarlierTry extends IDataObject {
	/** What was submitted, so that a changed item counts as another one. */
	what: string;
	/** When its first upload began, in local epoch milliseconds. */
	began: number;
	/** Of the bytes sent, in hex; left out where the try was cut off. */
	sha256?: string;
	/** What was stored, as the service reported it. */
	evidence?: IDataObject;
	/** When it ended without being known whether the file was stored, in local epoch milliseconds. */
	leftOpen?: number;
}

/** A submission's place in the execution's memory; n8n may run a node several times in one execution. */
export class SubmissionRecord {
	/**
	 * @param tries those of the execution, by place
	 * @param place tells the submission from others of the execution
	 * @param what tells what is submitted, its content left out
	 */
	constructor(
		private readonly tries: Record<string, EarlierTry | undefined>,
		private readonly place: string,
		private readonly what: string,
	) {}

	/** What an earlier run of the node did with the same submission. */
	read(): EarlierTry | undefined {
		const earlier = this.tries[this.place];
		return earlier?.what === this.what ? earlier : undefined;
	}

	/** An upload begins: until more is known, it may have been stored. */
	begin(): void {
		this.tries[this.place] = this.read() ?? { what: this.what, began: Date.now() };
	}

	stored(sha256: string, evidence: JsonObject): void {
		this.write({ sha256, evidence: evidence as IDataObject });
	}

	/** It can't be told whether it was stored. */
	leaveOpen(sha256: string): void {
		this.write({ sha256, leftOpen: Date.now() });
	}

	/** It was not stored. */
	forget(): void {
		delete this.tries[this.place];
	}

	private write(known: Partial<EarlierTry>): void {
		const { what } = this;
		this.tries[this.place] = { what, began: Date.now(), ...this.read(), ...known };
	}
}
