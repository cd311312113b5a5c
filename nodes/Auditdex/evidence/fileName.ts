const LONGEST = 255;

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
