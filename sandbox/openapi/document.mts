/** The service's description, `docs/openapi.yaml`, and what was assumed in it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse } from 'yaml';

export const DOCUMENT_FILE = join(import.meta.dirname, '..', '..', 'docs', 'openapi.yaml');

/** What stands under `x-assumption`; see the document's own introduction. */
export interface Assumption {
	id: string;
	open: string;
	assumes: string;
	accepts: string;
	also?: object;
}

export type OpenApiDocument = {
	paths: Record<string, object>;
	webhooks: Record<string, object>;
} & {
	[member: string]: unknown;
};

export function readDocument(): OpenApiDocument {
	return parse(readFileSync(DOCUMENT_FILE, 'utf8')) as OpenApiDocument;
}

const assumptionAt = (value: unknown): Assumption | undefined =>
	(value as { 'x-assumption'?: Assumption } | null)?.['x-assumption'];

/** All that is assumed, in the document's order. */
export function assumptionsIn(document: OpenApiDocument): Assumption[] {
	const found: Assumption[] = [];
	JSON.stringify(document, (_name, value: unknown) => {
		const assumption = assumptionAt(value);
		if (assumption) found.push(assumption);
		return value;
	});
	return found;
}

/** The document as it's for a service that does what `accepts` says of these assumptions. */
export function withAccepted(document: OpenApiDocument, ids: ReadonlySet<string>): OpenApiDocument {
	const text = JSON.stringify(document, (_name, value: unknown) => {
		const assumption = assumptionAt(value);
		return assumption && ids.has(assumption.id)
			? { ...(value as object), ...assumption.also }
			: value;
	});
	return JSON.parse(text) as OpenApiDocument;
}
