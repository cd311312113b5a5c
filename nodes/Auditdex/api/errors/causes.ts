/** What was thrown, and in turn the causes that it names, as far as n8n has kept them. */
export function causesOf(thrown: unknown): object[] {
	const causes: object[] = [];
	for (let error = thrown; typeof error === 'object' && error !== null; ) {
		if (causes.includes(error)) break;
		causes.push(error);
		error = 'cause' in error ? error.cause : undefined;
	}
	return causes;
}
