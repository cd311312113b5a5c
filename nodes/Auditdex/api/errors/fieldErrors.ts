import type { ProblemDetails } from './auditdexError';
import { isObject, type JsonObject } from '../json';

/** Where problems and other errors keep what is wrong with single fields, the first of which counts. */
const LISTS = [
	'errors',
	'invalid-params',
	'invalid_params',
	'invalidParams',
	'violations',
	'validation_errors',
	'validationErrors',
	'field_errors',
	'fieldErrors',
	'details',
	'detail',
	'error',
	'message',
];

/** Members that name the field of an entry, and those that say what is wrong with it. */
const FIELDS = [
	'field',
	'name',
	'param',
	'parameter',
	'pointer',
	'propertyPath',
	'property',
	'path',
	'loc',
	'source',
	'instancePath',
];
/** Those that may hold a field's path in parts; a list in another is a field's messages. */
const PATHS = new Set(['path', 'loc', 'source', 'instancePath']);
const MESSAGES = [
	'message',
	'msg',
	'reason',
	'detail',
	'description',
	'defaultMessage',
	'title',
	'errors',
	'messages',
	'constraints',
];
/** Deeper than any form is nested. */
const DEEPEST = 6;
/** As much as a user reads. */
const MOST_ENTRIES = 20;

/**
 * What a validation problem says about single fields, e.g. "control_id: is unknown; file: is missing".
 * It understands lists of texts and of objects (RFC 7807 §3 and 9457, JSON:API, FastAPI, Symfony, Spring)
 * and maps from field to text, list or further map (Rails, Laravel, ASP.NET, Django).
 */
export function fieldErrors(problem: ProblemDetails | JsonObject): string {
	const inner = isObject(problem.error) ? fieldErrors(problem.error) : '';
	if (inner !== '') return inner;
	for (const name of LISTS) {
		const list = problem[name];
		const entries = typeof list === 'object' && list !== null ? entriesOf(list, '', 0) : [];
		if (entries.length > 0) {
			const more =
				entries.length > MOST_ENTRIES ? [`and ${entries.length - MOST_ENTRIES} more`] : [];
			return [...new Set(entries.slice(0, MOST_ENTRIES)), ...more].join('; ');
		}
	}
	return '';
}

/** The sentences in a value, each behind its field. */
function entriesOf(value: unknown, field: string, depth: number): string[] {
	if (depth > DEEPEST) return [];
	if (typeof value === 'string') {
		const text = value.trim();
		return text === '' ? [] : [named(field, text)];
	}
	if (Array.isArray(value)) {
		if (value.length > 0 && value.every((part) => typeof part === 'string')) {
			const texts = value.map((text) => text.trim()).filter(Boolean);
			// Of one field it is one sentence; of none they are as many.
			return field === '' ? texts : texts.length > 0 ? [named(field, texts.join(', '))] : [];
		}
		return value.flatMap((part) => entriesOf(part, field, depth + 1));
	}
	if (!isObject(value)) return [];
	const entry = entryOf(value, field, depth);
	if (entry) return entry;
	return Object.entries(value).flatMap(([name, part]) =>
		entriesOf(part, isMessage(name) ? field : within(field, name), depth + 1),
	);
}

/** An object that stands for one entry: it names its field, or says what is wrong in words. */
function entryOf(value: JsonObject, field: string, depth: number): string[] | undefined {
	const names = FIELDS.filter((name) => !Array.isArray(value[name]) || PATHS.has(name));
	const name = names.map((member) => fieldName(value[member])).find((text) => text !== '') ?? '';
	const message = MESSAGES.find((member) => isFilled(value[member]));
	if (message === undefined) return undefined;
	// In a map from fields to messages a field may be called as these members are.
	const isEntry = name !== '' || typeof value[message] === 'string';
	return isEntry ? entriesOf(value[message], within(field, name), depth + 1) : undefined;
}

const isMessage = (name: string) =>
	MESSAGES.includes(name) || /^\d+$/.test(name) || name === '_errors';

function isFilled(value: unknown): boolean {
	return typeof value === 'string'
		? value.trim() !== ''
		: typeof value === 'object' && value !== null;
}

/** A field's name, as text, as a path in parts, or as a JSON:API source. */
function fieldName(member: unknown): string {
	if (typeof member === 'string') return member.trim();
	if (Array.isArray(member)) {
		return member.filter((part) => ['string', 'number'].includes(typeof part)).join('.');
	}
	if (!isObject(member)) return '';
	return fieldName(member.pointer ?? member.parameter ?? member.header);
}

const within = (outer: string, name: string) => [outer, name].filter(Boolean).join('.');
const named = (field: string, text: string) => (field === '' ? text : `${field}: ${text}`);
