import { AuditdexError } from '../errors/auditdexError';
import { isObject, type JsonObject } from '../json';
import { canonical } from './members';

/** Names that services give a list, and what they wrap it in, as `canonical` has them. */
const LIST_NAME =
	/^(data|items?|results?|records|contents?|values?|entries|list|rows|elements|objects|resources|members?|collection|hits|docs|documents|nodes|payload|response|body|embedded|.*engagements?((dto|model|resource)s?)?(list)?)$/;
const ENGAGEMENTS = /engagement/;
/** How many objects a list may be wrapped in, e.g. two: `{ response: { data: { items: [] } } }`. */
const DEEPEST = 2;

/** Lists of numbers or text are something else. */
const holdsObjects = (value: unknown): value is unknown[] =>
	Array.isArray(value) && (value.length === 0 || value.some(isObject));

export interface FoundList {
	items: JsonObject[];
	/** The objects around the list, the outermost first; none when the body is the list. */
	around: JsonObject[];
}

/**
 * Finds the list in a body: the body itself, or the outermost array under a name for lists, in HAL's
 * `_embedded` under any. Of several the one that is called after engagements counts.
 * @throws AuditdexError when there is none, or it isn't clear which it is
 */
export function findList(body: unknown): FoundList {
	let found: Array<{ name: string; list: unknown[]; around: JsonObject[] }> = [];
	if (Array.isArray(body)) found = [{ name: '', list: body, around: [] }];
	let wrappers = isObject(body) ? [{ name: '', object: body, around: [body] }] : [];
	for (let depth = 0; depth <= DEEPEST && found.length === 0; depth++) {
		const members = wrappers.flatMap(({ name: wrapper, object, around }) =>
			Object.entries(object)
				.map(([key, value]) => ({ name: canonical(key), value, around }))
				.filter(({ name }) => wrapper === 'embedded' || LIST_NAME.test(name)),
		);
		found = members.flatMap(({ name, value, around }) =>
			holdsObjects(value) ? [{ name, list: value, around }] : [],
		);
		wrappers = members.flatMap(({ name, value, around }) =>
			isObject(value) ? [{ name, object: value, around: [...around, value] }] : [],
		);
	}
	const named = found.filter(({ name }) => ENGAGEMENTS.test(name));
	const [only, ...others] = named.length === 1 ? named : found;
	if (!only?.list.every(isObject) || others.length > 0) {
		throw AuditdexError.aboutBlank(
			'AUDITDEX sent no list where one was expected',
			'Check Base URL in the Auditdex credential; it should end in /v1 and lead to the AUDITDEX API.',
		);
	}
	return { items: only.list, around: only.around };
}
