import { isObject, type JsonObject } from '../api/json';
import { reportedSha256 } from './sha256';

/** What a control's object tells of the evidence linked to it. */
export interface EvidenceView {
	/** Each piece that is shown, as it came: an object as a rule, its ID alone with some services. */
	evidence: unknown[];
	/**
	 * `whole`: every piece that is linked is shown. `part`: there may be more. `none`: no list of
	 * evidence was found.
	 */
	list: 'whole' | 'part' | 'none';
}

/**
 * Whether a file is linked to a control. What can't be told is never taken for "not linked"
 * (contract, "What is safe to send twice").
 */
export type Lookup =
	| { end: 'linked'; evidence: JsonObject[] }
	| { end: 'notLinked' }
	| { end: 'cantTell'; why: string };

/** Evidence is looked for so deep in a control's object; what lies deeper belongs to other things. */
const DEPTH = 6;
/** Names of a list of evidence, or of an object around one. */
const LIST_NAME =
	/^(?:(?:linked|related|attached|submitted|supporting|control)[_-]?)?evidences?(?:[_-]?(?:items|list|files|records|ids|refs|links))?$/i;
/** Names under which objects are evidence where there is no list of such a name. */
const OTHER_NAME = /evidence|^(?:artifact|attachment|document|file|submission)s?$/i;
const ONE_NAME = /^(?:latest|last|newest|most_?recent)_?evidence/i;
const EVIDENCE_ID = /^evd_/;
const IDENTITY_KEYS = ['id', 'evidence_id', 'evidenceId', 'uuid', 'uid', '_id'];
const COUNT_NAME = /(?:^|_)(?:total|count)|total|Count|Total/;
const MORE_NAME =
	/^(?:(?:\w*_)?has_?more|more|truncated|(?:\w*_)?next(?:_?(?:cursor|url|page|page_?token))?)$/i;

/** A part of the control that shows evidence: an array, or what stands in its place. */
interface Candidate {
	elements: unknown[];
	/** Whether its name says that it's the list of evidence. */
	named: boolean;
	/** False where something says that there's more than is shown. */
	complete: boolean;
}

/** Reads what a control shows of its evidence, wherever in its object that stands (contract). */
export function readEvidence(control: unknown): EvidenceView {
	const candidates = candidatesIn(control, { name: '', wrapped: false, depth: DEPTH, beside: [] });
	const hasList = candidates.some(({ named }) => named);
	const shown = candidates.filter(
		({ elements, named, complete }) =>
			named || !hasList || (complete && elements.some((e) => reportedSha256(e) !== null)),
	);
	return {
		evidence: shown.flatMap(({ elements }) => elements),
		list: shown.length === 0 ? 'none' : shown.every(({ complete }) => complete) ? 'whole' : 'part',
	};
}

/**
 * Looks a file up among what a control shows.
 * @param sha256 64 lower-case hex digits
 */
export function lookUp({ evidence, list }: EvidenceView, sha256: string): Lookup {
	const hashes = evidence.map(reportedSha256);
	const linked = evidence.filter((_piece, index) => hashes[index] === sha256).filter(isObject);
	if (linked.length > 0) {
		return {
			end: 'linked',
			evidence: [...new Map(linked.map((e) => [identityOf(e), e])).values()],
		};
	}
	if (list === 'none') return cantTell('the control shows no list of evidence');
	if (hashes.includes(null)) return cantTell('the control shows evidence without a SHA-256');
	if (list === 'part') return cantTell('the control shows only a part of its evidence');
	return { end: 'notLinked' };
}

const cantTell = (why: string): Lookup => ({ end: 'cantTell', why });

/** What tells a piece of evidence from others: its ID, else all that is shown of it. */
export function identityOf(evidence: unknown): string {
	if (isObject(evidence)) {
		for (const place of [evidence, evidence.data, evidence.evidence].filter(isObject)) {
			const id = IDENTITY_KEYS.map((key) => place[key]).find(
				(value) => typeof value === 'string' || typeof value === 'number',
			);
			if (id !== undefined) return String(id);
		}
	}
	return typeof evidence === 'string' ? evidence : JSON.stringify(evidence);
}

/** Where in a control a value stands. */
interface Place {
	name: string;
	/** Whether it's inside an object whose name says that it holds the list of evidence. */
	wrapped: boolean;
	/** How many levels below it are looked at. */
	depth: number;
	/** Members that speak about the list, such as how many there are in all. */
	beside: Array<[name: string, value: unknown]>;
}

/** What in a control's object may show evidence. */
function candidatesIn(value: unknown, place: Place): Candidate[] {
	if (place.depth < 0) return [];
	if (Array.isArray(value)) return candidatesInArray(value, place);
	return isObject(value) ? candidatesInObject(value, place) : [];
}

function candidatesInArray(
	elements: unknown[],
	{ name, wrapped, depth, beside }: Place,
): Candidate[] {
	const named = wrapped || LIST_NAME.test(name);
	const isEvidence =
		named ||
		elements.some((e) => reportedSha256(e) !== null || EVIDENCE_ID.test(identityOf(e))) ||
		(OTHER_NAME.test(name) && elements.some(isObject));
	if (isEvidence) return [{ elements, named, complete: !tellsOfMore(beside, elements.length) }];
	return elements.flatMap((element) =>
		candidatesIn(element, { name: '', wrapped: false, depth: depth - 1, beside: [] }),
	);
}

function candidatesInObject(
	object: JsonObject,
	{ name, wrapped, depth, beside }: Place,
): Candidate[] {
	const isWrapper = wrapped || LIST_NAME.test(name);
	const members = Object.entries(object);
	const candidates = members.flatMap(([key, member]) =>
		candidatesIn(member, {
			name: key,
			wrapped: isWrapper,
			depth: depth - 1,
			beside: isWrapper
				? [...beside, ...members, ...members.flatMap(([, inner]) => entriesOf(inner))]
				: members.filter(([other]) => other !== key && OTHER_NAME.test(other)),
		}),
	);
	if (candidates.length > 0 || members.length === 0) return candidates;
	// The latest one alone, or evidence by its ID: what else is linked isn't shown.
	if (!isWrapper && !ONE_NAME.test(name)) return [];
	const inner = Object.values(object).filter(isObject);
	const isOne = reportedSha256(object) !== null || inner.length === 0;
	return [{ elements: isOne ? [object] : inner, named: isWrapper, complete: false }];
}

const entriesOf = (value: unknown) => (isObject(value) ? Object.entries(value) : []);

/** Whether members beside a list say that it has more elements than are shown. */
function tellsOfMore(beside: Place['beside'], shown: number): boolean {
	return beside.some(([name, value]) =>
		MORE_NAME.test(name)
			? Boolean(value) && value !== 'false'
			: COUNT_NAME.test(name) && Number(value) > shown,
	);
}
