import { isObject } from '../api/json';

/** A moment in epoch milliseconds: it lies within this, as what is told may be rounded. */
export interface Moment {
	from: number;
	to: number;
}

/** Of the times that evidence bears, the earliest and the latest. */
export interface StoredAt {
	earliest: Moment;
	latest: Moment;
}

const DONE = 'submitted|created|uploaded|stored|received|added|linked|inserted|recorded|ingested';
const NAME = new RegExp(
	`^(?:(?:${DONE})(?:_?(?:at|on|date|time|timestamp|datetime))?|date_?(?:${DONE})|` +
		'(?:upload|submission|creation)_?(?:date|time|timestamp)|timestamp|date|time|datetime)$',
	'i',
);
const PLACES = ['data', 'evidence', 'file', 'attributes', 'metadata'];

const SECOND_MS = 1_000;
const DAY_MS = 24 * 3_600 * SECOND_MS;
/** How far apart the world's local times are at most, from UTC. */
const ANY_ZONE_MS = 14 * 3_600 * SECOND_MS;
/** As epoch time a larger number is one of milliseconds. */
const LARGEST_EPOCH_SECONDS = 100_000_000_000;
const EARLIEST_EPOCH_SECONDS = 1_000_000_000;
const ISO =
	/^\d{4}-\d{2}-\d{2}(?:[Tt ]\d{2}:\d{2}(?::\d{2}(?:[.,](\d+))?)?\s*(Z|[+-]\d{2}:?\d{2})?)?$/i;

/**
 * The times that evidence bears of when it was stored, those of a source or a change left out;
 * undefined where it bears none.
 */
export function storedAt(evidence: unknown): StoredAt | undefined {
	if (!isObject(evidence)) return undefined;
	const times = [evidence, ...PLACES.map((key) => evidence[key]).filter(isObject)]
		.flatMap((place) => Object.entries(place))
		.flatMap(([name, value]) => (NAME.test(name) ? (momentOf(value) ?? []) : []));
	if (times.length === 0) return undefined;
	times.sort((a, b) => a.from - b.from);
	return { earliest: times[0]!, latest: times.at(-1)! };
}

/** A moment as precise as it's written: to the second, the minute or the day, in a known zone or not. */
function momentOf(value: unknown): Moment | undefined {
	const number = typeof value === 'string' && /^\d+(?:\.\d+)?$/.test(value) ? Number(value) : value;
	if (typeof number === 'number') {
		if (number < EARLIEST_EPOCH_SECONDS) return undefined;
		const isSeconds = number < LARGEST_EPOCH_SECONDS;
		const from = isSeconds ? number * SECOND_MS : number;
		return { from, to: from + (isSeconds && Number.isInteger(number) ? SECOND_MS : 1) };
	}
	if (typeof value !== 'string') return undefined;
	const text = value.trim();
	const iso = ISO.exec(text);
	if (!iso) {
		const rfc = /[a-z]{3}/i.test(text) ? Date.parse(text) : NaN;
		return Number.isNaN(rfc) ? undefined : { from: rfc, to: rfc + SECOND_MS };
	}
	const [, fraction, zone] = iso;
	const hasTime = text.length > '2026-01-01'.length;
	const hasSeconds = /:\d{2}:\d{2}/.test(text);
	const utc = text.replace(' ', 'T').replace(',', '.').replace(/\s+/g, '').toUpperCase();
	const from = Date.parse(
		hasTime && !zone ? `${utc}Z` : utc.replace(/([+-]\d{2})(\d{2})$/, '$1:$2'),
	);
	if (Number.isNaN(from)) return undefined;
	const precision = !hasTime ? DAY_MS : !hasSeconds ? 60 * SECOND_MS : fraction ? 1 : SECOND_MS;
	const unsure = zone ? 0 : ANY_ZONE_MS;
	return { from: from - unsure, to: from + precision + unsure };
}
