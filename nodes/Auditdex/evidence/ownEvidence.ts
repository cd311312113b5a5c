import { identityOf, lookUp, type EvidenceView, type Lookup } from './lookup';
import { storedAt } from './storedAt';

/**
 * The clocks of one service's machines differ a little. Evidence within this before the submission began
 * could be of either; an answer's `Date`, which tells when that was, lags up to a second itself.
 */
const SURELY_LATER_MS = 500;
const SURELY_EARLIER_MS = 5_000;
/** Times are cut off to seconds; those that tell less tell too little. */
const SECOND_MS = 1_000;

/** What tells a submission's own evidence from that of another one. */
export interface Submitted {
	/** 64 lower-case hex digits. */
	sha256: string;
	/** When its first try began, by the service's clock in epoch milliseconds; undefined where unknown. */
	began: number | undefined;
	/** What the control showed before that, where it was asked. */
	before: EvidenceView | undefined;
	/** Whether evidence is known to be another submission's. */
	isAnothers: (identity: string) => boolean;
}

/**
 * Looks for the evidence that came of a submission, among what the control shows after it. The same
 * file may have been linked before (contract, "What is safe to send twice"): that is told apart by what
 * the control showed before, else by the times the evidence bears.
 */
export function lookUpOwn(after: EvidenceView, submitted: Submitted): Lookup {
	const shownBefore = new Set(submitted.before?.evidence.map(identityOf));
	const evidence = after.evidence.filter((piece) => {
		const identity = identityOf(piece);
		return (
			!shownBefore.has(identity) && !submitted.isAnothers(identity) && !isEarlier(piece, submitted)
		);
	});
	const lookup = lookUp({ ...after, evidence }, submitted.sha256);
	if (lookup.end !== 'linked') return lookup;
	const own = lookup.evidence.filter((piece) => isLater(piece, submitted));
	return own.length > 0
		? { end: 'linked', evidence: own }
		: {
				end: 'cantTell',
				why: 'evidence with its SHA-256 is linked, but nothing tells whether it came of this submission',
			};
}

/** Whether evidence was there before the submission, by its times. */
function isEarlier(piece: unknown, { began }: Submitted): boolean {
	const stored = storedAt(piece);
	return (
		stored !== undefined && began !== undefined && stored.latest.to < began - SURELY_EARLIER_MS
	);
}

/** Whether evidence can't have been there before the submission. */
function isLater(piece: unknown, { before, began }: Submitted): boolean {
	if (before?.list === 'whole') return true; // else it's among those shown before
	const { earliest } = storedAt(piece) ?? {};
	if (!earliest || began === undefined) return false;
	const cutOffMs = Math.min(earliest.to - earliest.from, SECOND_MS);
	return earliest.from > began - cutOffMs - SURELY_LATER_MS;
}
