import { isObject, type JsonObject } from '../api/json';

/** Members around what was asked for, as services wrap it; also JSON:API's `attributes`. */
const WRAPPERS = ['data', 'result', 'control', 'engagement', 'attributes'];

/** The object itself and what it wraps, the innermost first: a wrapper's status is not the object's. */
export function placesIn(received: JsonObject): JsonObject[] {
	const inner = WRAPPERS.map((name) => received[name]).filter(isObject);
	return [...inner.flatMap(placesIn), received];
}

/** The first text or number under one of the names; null where the service doesn't say. */
export function firstText(
	places: readonly JsonObject[],
	names: readonly string[],
): string | number | null {
	for (const name of names) {
		for (const place of places) {
			const value = place[name];
			if ((typeof value === 'string' && value !== '') || typeof value === 'number') return value;
		}
	}
	return null;
}
