import { isObject, type JsonObject } from '../../api/json';
import type { EvidenceView } from '../../evidence/lookup';
import { storedAt } from '../../evidence/storedAt';

const LATEST_NAME = /^(?:latest|last|newest|most[_-]?recent)[_-]?evidence$/i;

/**
 * The evidence that was linked to a control last: the one that its object names as such, else the
 * one with the latest time.
 * @returns undefined where there is none, or it can't be told which it is
 */
export function latestEvidence(places: readonly JsonObject[], view: EvidenceView): unknown {
	for (const place of places) {
		const named = Object.entries(place).find(([name]) => LATEST_NAME.test(name))?.[1];
		if (isObject(named) || (typeof named === 'string' && named !== '')) return named;
	}
	const { evidence, list } = view;
	if (list !== 'whole') return undefined;
	if (evidence.length <= 1) return evidence[0];
	const times = evidence.map((piece) => storedAt(piece)?.latest);
	if (!times.every((time) => time !== undefined)) return undefined;
	const latest = times.reduce((one, other) => (other.from > one.from ? other : one));
	// Between a day and a second of that day, say, no order can be told.
	const isClear = times.every(
		(time) => time.to - time.from === latest.to - latest.from || time.to <= latest.from,
	);
	if (!isClear) return undefined;
	// Of those stored in the same second, the one on the list's newer end.
	const isNewestFirst = times[0]!.from > times.at(-1)!.from;
	const ofThatTime = evidence.filter((_piece, index) => times[index]!.from === latest.from);
	return isNewestFirst ? ofThatTime[0] : ofThatTime.at(-1);
}
