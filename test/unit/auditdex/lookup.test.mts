import { createHash } from 'node:crypto';

import { describe, expect, test } from 'vitest';

import { lookUp, readEvidence } from '../../../nodes/Auditdex/evidence/lookup.ts';
import { lookUpOwn, type Submitted } from '../../../nodes/Auditdex/evidence/ownEvidence.ts';

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
const HASH = hashOf('content');
const OTHER = hashOf('another');
const evidence = { id: 'evd_1', sha256: HASH };
const another = { id: 'evd_2', sha256: OTHER };
const endOf = (control: unknown) => lookUp(readEvidence(control), HASH).end;

describe('a file is linked', () => {
	test.each([
		['at the top', { evidence: [another, evidence] }],
		['under any name', { attachments: [evidence] }],
		['one level down', { data: { linked: [evidence] } }],
		['several levels down', { data: { testing: { results: { linked: [evidence] } } } }],
		['in the elements of another list', { tests: [{ id: 1 }, { id: 2, evidence: [evidence] }] }],
		['beside other lists', { findings: [{ id: 1 }, null, 'x'], tags: ['a'], evidence: [evidence] }],
		['in a list with pages', { evidence: { items: [evidence], total: 30 } }],
		['beside evidence without a hash', { evidence: [{ id: 'evd_3' }, evidence] }],
		['as the latest one', { latest_evidence: evidence }],
		['by its ID', { evidence: { evd_1: evidence, evd_2: another } }],
		[
			'with an RFC 9530 digest',
			{
				evidence: [{ id: 1, digest: `sha-256=:${Buffer.from(HASH, 'hex').toString('base64')}:` }],
			},
		],
	])('%s', (_where, control) => expect(endOf(control)).toBe('linked'));
});

describe('a file is not linked', () => {
	test.each([
		['no evidence', { evidence: [] }],
		['another file', { evidence: [another] }],
		['another file, somewhere', { data: { control: { linked: [another] } } }],
		['a list whose count agrees', { evidence: { items: [another], total: 1, next: null } }],
		[
			'beside what isn’t evidence',
			{ evidence: [another], documents: [{ id: 1 }], evidence_count: 1 },
		],
		['the latest one beside the whole list', { evidence: [another], latest_evidence: another }],
	])('%s', (_what, control) => expect(endOf(control)).toBe('notLinked'));
});

describe('it can’t be told', () => {
	test.each([
		['no list', { id: 'ctrl_1', status: 'in_testing' }],
		['no list of evidence', { findings: [] }],
		['null', { evidence: null }],
		['IDs alone', { evidence: ['evd_1'] }],
		['IDs under another name', { linked: ['evd_1'] }],
		['IDs in a list of them', { evidence_ids: [17] }],
		['no hashes', { evidence: [{ id: 'evd_1', file_name: 'a.txt' }] }],
		['no hashes, under another name', { attachments: [{ name: 'a.txt' }] }],
		['one without a hash', { evidence: [another, { id: 'evd_1', sha256: null }] }],
		['another algorithm', { evidence: [{ id: 'evd_1', hash: `md5:${'a'.repeat(32)}` }] }],
		['a part: total', { evidence: { items: [another], total: 30 } }],
		['a part: page', { evidence: { items: [another], pagination: { next: '/x' } } }],
		['a part: count beside it', { evidence: [another], evidence_count: 30 }],
		['a part: more', { evidence: { items: [another], has_more: true } }],
		['the latest one alone', { latest_evidence: another }],
		['a count alone', { evidence: { count: 2 } }],
		['no object', 'text'],
	])('%s', (_what, control) => expect(endOf(control)).toBe('cantTell'));
});

describe('evidence of this submission', () => {
	const BEGAN = Date.parse('2026-02-01T02:00:00Z') + 300;
	const submitted: Submitted = {
		sha256: HASH,
		began: BEGAN,
		before: undefined,
		isAnothers: () => false,
	};
	const endAfter = (linked: object[], more: Partial<Submitted> = {}) =>
		lookUpOwn(readEvidence({ evidence: linked }), { ...submitted, ...more }).end;

	test.each([
		'2026-02-01T02:00:01Z',
		'2026-02-01T02:00:00.250Z',
		'2026-02-01T03:00:00+01:00',
		'2026-02-01 03:00:00 +0100',
		'Sun, 01 Feb 2026 02:00:03 GMT',
		BEGAN / 1_000 + 1,
		String(BEGAN / 1_000 + 1),
		BEGAN + 500,
	])('bears a later time: %j', (time) => {
		for (const name of ['submitted_at', 'createdAt', 'uploaded_on', 'timestamp', 'upload_date']) {
			expect(endAfter([{ ...evidence, [name]: time }])).toBe('linked');
		}
	});

	test.each([
		'2026-01-01T02:00:00Z',
		'2026-01-01',
		'2026-01-01T02:00:00',
		'2026-02-01T01:59:50Z',
		'2026-02-01T01:58Z',
		'Thu, 01 Jan 2026 02:00:00 GMT',
		BEGAN / 1_000 - 60,
		BEGAN - 60_000,
	])('is not what bears an earlier time: %j', (time) => {
		expect(endAfter([{ ...evidence, submitted_at: time }])).toBe('notLinked');
		expect(endAfter([{ id: 'evd_0', created_at: time }])).toBe('notLinked');
	});

	test.each([
		['no time', {}],
		['a time that could be of either', { submitted_at: '2026-02-01T01:59:57Z' }],
		[
			'times that differ',
			{ created_at: '2026-01-01T00:00:00Z', linked_at: '2026-02-01T02:00:01Z' },
		],
		['the time of a change alone', { updated_at: '2026-02-01T02:00:01Z' }],
	])('can’t be told by %s', (_what, times) => {
		expect(endAfter([{ ...evidence, ...times }])).toBe('cantTell');
	});

	test('can’t be told by times where the service’s clock isn’t known', () => {
		const late = { ...evidence, submitted_at: '2026-02-01T02:00:01Z' };
		expect(endAfter([late], { began: undefined })).toBe('cantTell');
	});

	test('is what the control didn’t show before', () => {
		const before = readEvidence({ evidence: [another] });
		expect(endAfter([another, evidence], { before })).toBe('linked');
		expect(endAfter([another], { before })).toBe('notLinked');
		expect(endAfter([evidence], { before: readEvidence({ evidence: [evidence] }) })).toBe(
			'notLinked',
		);
	});

	test('can’t be told by what was only a part before, or no list', () => {
		for (const shown of [{ evidence: { items: [another], total: 2 } }, {}]) {
			expect(endAfter([evidence], { before: readEvidence(shown) })).toBe('cantTell');
		}
	});

	test('is never another submission’s', () => {
		const late = { ...evidence, submitted_at: '2026-02-01T02:00:01Z' };
		expect(endAfter([late], { isAnothers: (id) => id === 'evd_1' })).toBe('notLinked');
	});

	test('without a hash leaves it open', () => {
		expect(endAfter([{ id: 'evd_9', submitted_at: '2026-02-01T02:00:01Z' }])).toBe('cantTell');
	});
});
