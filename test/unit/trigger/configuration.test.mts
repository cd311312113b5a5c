import { describe, expect, test } from 'vitest';

import {
	isFlaw,
	readConfiguration,
	rememberSeconds,
	type TriggerConfiguration,
} from '../../../nodes/AuditdexTrigger/configuration.ts';

const read = (
	options: unknown = {},
	events: unknown = ['*'],
	responseMode: unknown = 'onReceived',
): TriggerConfiguration => {
	const configuration = readConfiguration({ events, responseMode, options });
	if (isFlaw(configuration)) throw new Error(configuration.message);
	return configuration;
};

const flawOf = (options: unknown, events: unknown, responseMode: unknown = 'onReceived') => {
	const configuration = readConfiguration({ events, responseMode, options });
	if (!isFlaw(configuration)) throw new Error('no flaw was found');
	return configuration;
};

describe('options', () => {
	test('that are left out have their defaults', () => {
		expect(read({})).toEqual({
			responseMode: 'onReceived',
			includeDelivery: false,
			signature: { signatureHeader: '', signedContent: 'auto' },
			maxEventAgeSeconds: 259_200,
			subscription: { events: new Set(['*']), engagementIds: undefined, severities: undefined },
		});
	});

	test('are taken as the user means them', () => {
		expect(
			read(
				{
					signatureHeader: ' X-Acme-Proof ',
					signedContent: 'standardWebhooks',
					maxEventAgeSeconds: 0,
					engagementIds: ' eng_1,eng_2 ,, ',
					severities: 'Significant, CRITICAL',
					includeDelivery: true,
				},
				['finding.raised', 'control.concluded'],
				'lastNode',
			),
		).toEqual({
			responseMode: 'lastNode',
			includeDelivery: true,
			signature: { signatureHeader: 'X-Acme-Proof', signedContent: 'standardWebhooks' },
			maxEventAgeSeconds: 0,
			subscription: {
				events: new Set(['finding.raised', 'control.concluded']),
				engagementIds: new Set(['eng_1', 'eng_2']),
				severities: new Set(['significant', 'critical']),
			},
		});
	});

	test('an empty list narrows nothing', () => {
		expect(read({ engagementIds: ' ', severities: '' }).subscription).toMatchObject({
			engagementIds: undefined,
			severities: undefined,
		});
	});
});

const FIELDS: Record<string, string> = {
	signatureHeader: "'Signature Header'",
	signedContent: "'Signed Content'",
	maxEventAgeSeconds: "'Max Event Age'",
	engagementIds: "'Engagement IDs'",
	severities: "'Severities'",
	includeDelivery: "'Include Delivery'",
};

describe('a flaw is named, with what to do', () => {
	test.each<[field: string, options: unknown, events?: unknown]>([
		['Trigger On', {}, []],
		['Trigger On', {}, null],
		['Trigger On', {}, 'finding.raised'],
		['Trigger On', {}, ['']],
		['Trigger On', {}, [null]],
		['Trigger On', {}, { 0: '*', length: 1 }],
		['Signature Header', { signatureHeader: 'X Signature' }],
		['Signature Header', { signatureHeader: 'X-Signature: abc' }],
		['Signature Header', { signatureHeader: 'X-Signature\r\nX-Other' }],
		['Signature Header', { signatureHeader: 'x'.repeat(129) }],
		['Signature Header', { signatureHeader: ['X-Signature'] }],
		['Signature Header', { signatureHeader: null }],
		['Signed Content', { signedContent: 'nothing' }],
		['Signed Content', { signedContent: '' }],
		['Signed Content', { signedContent: null }],
		['Max Event Age', { maxEventAgeSeconds: -1 }],
		['Max Event Age', { maxEventAgeSeconds: Number.NaN }],
		['Max Event Age', { maxEventAgeSeconds: Number.POSITIVE_INFINITY }],
		['Max Event Age', { maxEventAgeSeconds: '60' }],
		['Max Event Age', { maxEventAgeSeconds: null }],
		// An emptied list must not let everything through.
		['Engagement IDs', { engagementIds: ',' }],
		['Engagement IDs', { engagementIds: 'eng_1 eng_2' }],
		['Engagement IDs', { engagementIds: 'eng_1\neng_2' }],
		['Engagement IDs', { engagementIds: ['eng_1'] }],
		['Engagement IDs', { engagementIds: null }],
		['Severities', { severities: ', ,' }],
		['Severities', { severities: 'significant;critical x' }],
		['Severities', { severities: 3 }],
		['Include Delivery', { includeDelivery: 'no' }],
		['Include Delivery', { includeDelivery: null }],
	])('%s: %o %o', (field, options, events = ['*']) => {
		const flaw = flawOf(options, events);
		expect(flaw.message).toContain(`'${field}'`);
		expect(flaw.description).not.toBe('');
	});

	test.each([null, 5, '', 'responseNode', 'lastnode', ['lastNode']])(
		'Acknowledge: %o',
		(responseMode) => {
			expect(flawOf({}, ['*'], responseMode).message).toContain("'Acknowledge'");
		},
	);

	test('none of which is what a failed expression leaves', () => {
		for (const options of [undefined, null, 'x', 5, true, []]) {
			expect(flawOf(options, ['*']).message).toContain("'Options'");
		}
		for (const option of Object.keys(FIELDS)) {
			const flaw = flawOf({ [option]: undefined }, ['*']);
			expect(flaw.message).toContain(FIELDS[option]);
		}
	});
});

describe('how long deliveries are remembered', () => {
	test.each([
		[259_200, 259_500],
		[1, 301],
		[0.5, 300.5],
		[0, 0],
	])('with an age limit of %d s', (maxEventAgeSeconds, seconds) => {
		expect(rememberSeconds(read({ maxEventAgeSeconds }))).toBe(seconds);
	});
});
