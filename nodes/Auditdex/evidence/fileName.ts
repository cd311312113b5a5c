import { extensionOf } from './mimeType';

const LONGEST = 255;
/** Leaves room for the longest extension. */
const LONGEST_FIELD = 200;

/**
 * Says why a file can't be submitted under a name, or undefined when it can. Names that could not
 * arrive exactly as they are get refused, as the file name is part of the evidence.
 */
export function fileNameObjection(name: string): string | undefined {
	if (name.trim() === '') return 'is empty';
	if (name.length > LONGEST) return `is longer than ${LONGEST} characters`;
	// eslint's no-control-regex rules out naming them in a pattern.
	if ([...name].some((character) => character < ' ' || character === '\u007f')) {
		return 'holds a line break or another control character';
	}
	if (/[/\\]/.test(name) || name === '.' || name === '..') return 'holds a path, not only a name';
	if (/\p{Surrogate}/u.test(name)) return 'holds half of a character pair';
	// WHATWG form data writes " as %22. Some servers undo that and others don't, so that neither a
	// quotation mark nor a literal %22 is sure to arrive as it is.
	if (name.includes('"')) return 'holds a quotation mark, which could arrive changed';
	if (/%(?:22|0[ad])/i.test(name)) return 'holds %22, %0A or %0D, which could arrive changed';
	return undefined;
}

/**
 * A name for a file without one, e.g. `data.pdf` (contract).
 * @param field the binary field that holds it
 * @param extension n8n's own for the file, where it knows one
 */
export function fallbackFileName(field: string, mimeType: string, extension?: unknown): string {
	const known = typeof extension === 'string' && /^\w{1,20}$/.test(extension);
	const base = field.slice(0, LONGEST_FIELD).replace(/[^\p{L}\p{M}\p{N} ._-]/gu, '_');
	return `${base}.${known ? extension : extensionOf(mimeType)}`;
}
