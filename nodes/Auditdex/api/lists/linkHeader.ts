/** One parameter of a link: its name, and its value with or without quotes (RFC 8288 §3). */
const PARAMETER = /\s*;\s*([^\s=;,"]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?/;
const LINK = new RegExp(`<([^>]*)>((?:${PARAMETER.source})*)`, 'g');

/** The target of `rel="next"` in a Link header; of several `rel` the first counts (RFC 8288 §3.3). */
export function linkedNext(header: string | undefined): string | undefined {
	for (const [, target, parameters = ''] of (header ?? '').matchAll(LINK)) {
		const [rel] = [...parameters.matchAll(new RegExp(PARAMETER, 'g'))].filter(
			([, name]) => name?.toLowerCase() === 'rel',
		);
		const relations = (rel?.[2] ?? rel?.[3] ?? '').toLowerCase().split(/\s+/);
		if (relations.includes('next')) return target;
	}
	return undefined;
}
