import type { IDataObject } from 'n8n-workflow';

import { isObject, type JsonObject } from '../../api/json';
import { identityOf, readEvidence } from '../../evidence/lookup';
import { reportedSha256 } from '../../evidence/sha256';
import { firstText, placesIn } from '../simplified';
import { countFindings } from './findings';
import { latestEvidence } from './latestEvidence';

const EVIDENCE_COUNT_NAMES = [
	'evidence_count',
	'evidenceCount',
	'evidence_total',
	'evidenceTotal',
	'linked_evidence_count',
	'linkedEvidenceCount',
	'total_evidence',
	'totalEvidence',
];
const FILE_NAMES = ['file_name', 'fileName', 'filename', 'name', 'title'];
const SUBMITTED_NAMES = [
	'submitted_at',
	'submittedAt',
	'uploaded_at',
	'uploadedAt',
	'created_at',
	'createdAt',
	'stored_at',
	'linked_at',
	'timestamp',
	'date',
];

/**
 * What Simplified puts out for a control: what the API page promises ("Get Control Status") as flat
 * fields. What the service doesn't say is null, never 0; for each severity that its findings have
 * there's a field, e.g. `findingsSignificant`.
 */
export function simplifyControl(control: JsonObject): IDataObject {
	const { own, all } = placesIn(control, 'control');
	const { total, bySeverity } = countFindings(all);
	const view = readEvidence(control);
	const latest = latestEvidence(all, view);
	const latestPlaces = isObject(latest) ? placesOfEvidence(latest) : [];
	return {
		id: firstText(own, ['id', 'control_id', 'controlId']),
		title: firstText(own, ['title', 'name']),
		status: firstText(own, ['testing_status', 'testingStatus', 'status', 'state']),
		...severityFields(bySeverity),
		findingsTotal: total,
		evidenceTotal:
			view.list === 'whole'
				? new Set(view.evidence.map(identityOf)).size
				: firstText(all, EVIDENCE_COUNT_NAMES),
		latestEvidenceId: latest === undefined ? null : identityOf(latest),
		latestEvidenceFileName: firstText(latestPlaces, FILE_NAMES),
		latestEvidenceSha256: reportedSha256(latest),
		latestEvidenceSubmittedAt: firstText(latestPlaces, SUBMITTED_NAMES),
	};
}

const placesOfEvidence = (evidence: JsonObject) => [
	evidence,
	...['data', 'evidence', 'file', 'attributes'].map((name) => evidence[name]).filter(isObject),
];

function severityFields(bySeverity: ReadonlyMap<string, number> = new Map()): IDataObject {
	const fields: Record<string, number> = {};
	for (const [severity, count] of bySeverity) {
		const words = severity.match(/[\p{L}\p{M}\p{N}]+/gu) ?? ['without', 'severity'];
		const name = `findings${words.map(capitalized).join('')}`;
		fields[name] = (fields[name] ?? 0) + count;
	}
	return fields;
}

const capitalized = (word: string) => word[0]!.toUpperCase() + word.slice(1).toLowerCase();
