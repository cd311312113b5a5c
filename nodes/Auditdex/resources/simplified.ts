import { isObject, type JsonObject } from '../api/json';

/** Where the values of what was asked for may stand in an answer. */
export interface Places {
	/** What was asked for itself: the object with its ID, and JSON:API's `attributes` of it. */
	own: JsonObject[];
	/** The same, and what is around it where the service wraps it: other lists may stand there. */
	all: JsonObject[];
}

/**
 * Finds what was asked for in an answer. An object without an ID that holds another is a wrapper,
 * whose status is the request's, not the object's.
 * @param kind what was asked for, e.g. `control`
 */
export function placesIn(received: JsonObject, kind: string): Places {
	const hasId = ['id', `${kind}_id`, `${kind}Id`].some((name) => Object.hasOwn(received, name));
	const inner = hasId ? undefined : [kind, 'data', 'result'].map((n) => received[n]).find(isObject);
	if (inner) {
		const { own, all } = placesIn(inner, kind);
		return { own, all: [...all, received] };
	}
	const own = [received, received.attributes].filter(isObject);
	return { own, all: own };
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
