import { describe, expect, test } from 'vitest';

import { selectFields } from '../../../nodes/Auditdex/parameters/outputOption.ts';
import { simplifyControl } from '../../../nodes/Auditdex/resources/control/simplifyControl.ts';
import { simplifyEngagement } from '../../../nodes/Auditdex/resources/engagement/simplifyEngagement.ts';

const HASH = 'a'.repeat(64);

/** As simplified where the service says nothing. */
const UNKNOWN = {
	id: null,
	title: null,
	status: null,
	findingsTotal: null,
	evidenceTotal: null,
	latestEvidenceId: null,
	latestEvidenceFileName: null,
	latestEvidenceSha256: null,
	latestEvidenceSubmittedAt: null,
};

test('a control with all that the API page promises', () => {
	const control = {
		id: 'ctrl_1',
		title: 'Access review',
		testing_status: 'in_testing',
		findings: [
			{ id: 'fnd_1', severity: 'significant' },
			{ id: 'fnd_2', severity: 'minor' },
			{ id: 'fnd_3', severity: 'Significant' },
		],
		evidence: [
			{ id: 'evd_1', sha256: HASH, file_name: 'a.txt', submitted_at: '2026-01-02T00:00:00Z' },
			{ id: 'evd_2', sha256: HASH, file_name: 'b.txt', submitted_at: '2026-03-02T00:00:00Z' },
			{ id: 'evd_3', sha256: HASH, file_name: 'c.txt', submitted_at: '2026-02-02T00:00:00Z' },
		],
	};
	expect(simplifyControl(control)).toEqual({
		id: 'ctrl_1',
		title: 'Access review',
		status: 'in_testing',
		findingsTotal: 3,
		findingsSignificant: 2,
		findingsMinor: 1,
		evidenceTotal: 3,
		latestEvidenceId: 'evd_2',
		latestEvidenceFileName: 'b.txt',
		latestEvidenceSha256: HASH,
		latestEvidenceSubmittedAt: '2026-03-02T00:00:00Z',
	});
});

describe('of a control', () => {
	test.each<[what: string, control: object, simplified: object]>([
		['nothing known', {}, {}],
		['null', { findings: null, evidence: null, status: null }, {}],
		['nothing there', { findings: [], evidence: [] }, { findingsTotal: 0, evidenceTotal: 0 }],
		['IDs of findings', { findings: ['fnd_1', 'fnd_2'] }, { findingsTotal: 2 }],
		['a number of findings', { findings: 7 }, { findingsTotal: 7 }],
		['a count of findings', { findings_count: 7 }, { findingsTotal: 7 }],
		[
			'a part of the findings',
			{ findings: [{ severity: 'minor' }], total_findings: 7 },
			{ findingsTotal: 7 },
		],
		[
			'a part of the findings on a page',
			{ findings: { items: [{ severity: 'minor' }], total: 7 } },
			{ findingsTotal: 7 },
		],
		['findings that go on', { findings: { data: [{ severity: 'minor' }], next_cursor: 'x' } }, {}],
		[
			'all findings on a page',
			{ findings: { data: [{ severity: 'minor' }], next_cursor: null, total: 1 } },
			{ findingsTotal: 1, findingsMinor: 1 },
		],
		[
			'findings without a severity',
			{ findings: [{ severity: 'very-high' }, { severity: null }, {}] },
			{ findingsTotal: 3, findingsVeryHigh: 1, findingsWithoutSeverity: 2 },
		],
		[
			'counts by severity',
			{ findings: { significant: 2, minor: 0 } },
			{ findingsTotal: 2, findingsSignificant: 2, findingsMinor: 0 },
		],
		[
			'counts by severity beside the list',
			{ findings_by_severity: { significant: 2, total: 5 } },
			{ findingsTotal: 5, findingsSignificant: 2 },
		],
		[
			'a severity named like the total',
			{ findings: [{ severity: 'total' }] },
			{ findingsTotal: 1 },
		],
		['IDs of evidence', { evidence: ['evd_1'] }, { evidenceTotal: 1, latestEvidenceId: 'evd_1' }],
		['several IDs of evidence', { evidence: ['evd_1', 'evd_2'] }, { evidenceTotal: 2 }],
		['a count of evidence', { evidence_count: 9 }, { evidenceTotal: 9 }],
		[
			'the latest evidence alone',
			{ latest_evidence: { id: 'evd_9', file: { filename: 'z.pdf', hash: HASH } } },
			{ latestEvidenceId: 'evd_9', latestEvidenceFileName: 'z.pdf', latestEvidenceSha256: HASH },
		],
		[
			'evidence without times',
			{
				evidence: [
					{ id: 'evd_1', sha256: HASH },
					{ id: 'evd_2', sha256: HASH },
				],
			},
			{ evidenceTotal: 2 },
		],
		[
			'evidence of the same second, oldest first',
			{
				evidence: [
					{ id: 'evd_1', created_at: '2026-01-01T00:00:00Z' },
					{ id: 'evd_2', created_at: '2026-01-01T00:00:00Z' },
				],
			},
			{
				evidenceTotal: 2,
				latestEvidenceId: 'evd_2',
				latestEvidenceSubmittedAt: '2026-01-01T00:00:00Z',
			},
		],
		[
			'evidence of a day and of a time on it',
			{
				evidence: [
					{ id: 'evd_1', submitted_at: '2026-01-02' },
					{ id: 'evd_2', submitted_at: '2026-01-02T03:00:00Z' },
				],
			},
			{ evidenceTotal: 2 },
		],
		[
			'evidence of several days, newest first',
			{
				evidence: [
					{ id: 'evd_2', submitted_at: '2026-01-03' },
					{ id: 'evd_3', submitted_at: '2026-01-03' },
					{ id: 'evd_1', submitted_at: '2026-01-02' },
				],
			},
			{
				evidenceTotal: 3,
				latestEvidenceId: 'evd_2',
				latestEvidenceSubmittedAt: '2026-01-03',
			},
		],
		[
			'findings that go on elsewhere',
			{ findings: [{ severity: 'minor' }], findings_next: '/2' },
			{},
		],
		['findings by status', { findings: { open: 3, closed: 2 } }, {}],
		[
			'findings by status and severity',
			{ findings: { critical: 2, open: 3 } },
			{ findingsCritical: 2 },
		],
		['open findings in a list', { findings: { open: [{ severity: 'minor' }] } }, {}],
		['open findings', { open_findings: [{ severity: 'minor' }] }, {}],
		[
			'an engagement and a result inside it',
			{
				id: 'ctrl_1',
				status: 'in_testing',
				engagement: { id: 'eng_1', name: 'SOC 2', status: 'open' },
				result: { status: 'passed' },
			},
			{ id: 'ctrl_1', status: 'in_testing' },
		],
		['a wrapper’s status', { status: 'success', data: { id: 'ctrl_1' } }, { id: 'ctrl_1' }],
		[
			'lists beside it',
			{ control: { id: 'ctrl_1', status: 'done' }, findings: [], evidence: [] },
			{ id: 'ctrl_1', status: 'done', findingsTotal: 0, evidenceTotal: 0 },
		],
		[
			'a wrapped control',
			{
				status: 'success',
				data: { control: { id: 'ctrl_1', testing_status: 'done', findings: [] } },
			},
			{ id: 'ctrl_1', status: 'done', findingsTotal: 0 },
		],
		[
			'a control as JSON:API has it',
			{ data: { id: 'ctrl_1', type: 'control', attributes: { testingStatus: 'done' } } },
			{ id: 'ctrl_1', status: 'done' },
		],
	])('%s', (_what, control, simplified) => {
		expect(simplifyControl({ ...control })).toEqual({ ...UNKNOWN, ...simplified });
	});
});

test('an engagement', () => {
	expect(simplifyEngagement({ id: 'eng_1', name: 'SOC 2', status: 'open', more: [1] })).toEqual({
		id: 'eng_1',
		name: 'SOC 2',
		status: 'open',
	});
	expect(simplifyEngagement({ engagement_id: 'eng_1' })).toEqual({
		id: 'eng_1',
		name: null,
		status: null,
	});
});

test('selected fields, by name or by the way to them', () => {
	const received = { id: 1, a: { b: { c: 'deep' } }, 'x.y': 'dotted', no: null, list: [{ z: 1 }] };
	expect(
		selectFields(received, ['id', 'a.b.c', 'x.y', 'no', 'a.q', 'list', 'list.z', 'toString']),
	).toEqual({
		id: 1,
		'a.b.c': 'deep',
		'x.y': 'dotted',
		no: null,
		'a.q': null,
		list: [{ z: 1 }],
		'list.z': null,
		toString: null,
	});
});
