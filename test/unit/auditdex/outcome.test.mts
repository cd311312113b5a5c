import { describe, expect, test } from 'vitest';

import { outcomeOfAnswer, outcomeOfFault } from '../../../nodes/Auditdex/api/request/outcome.ts';

const judge = (status: number, body: string, request: { sent?: boolean; wantsObject?: boolean }) =>
	outcomeOfAnswer(
		{ status, headers: {}, body },
		{ scope: 'evidence:write', sent: true, wantsObject: false, ...request },
		[],
	);
const answered = (status: number, body = '{"title":"T"}') => judge(status, body, {});

describe('an answer', () => {
	test.each([200, 201, 202])('%i with JSON is done', (status) => {
		expect(answered(status, '{"id":1}')).toEqual({ kind: 'done', body: { id: 1 } });
		expect(answered(status, '[1]')).toEqual({ kind: 'done', body: [1] });
	});

	test.each(['', ' ', '<html>', '{"id":', 'null', '"text"', '7', 'true'])(
		'200 with %j leaves open what the service did, and must not be asked for twice',
		(body) => {
			expect(answered(200, body)).toMatchObject({ kind: 'unclear', accepted: true });
		},
	);

	test('of a submission has to be an object', () => {
		expect(judge(201, '[{"id":1}]', { wantsObject: true })).toMatchObject({ accepted: true });
		expect(judge(201, '{"id":1}', { wantsObject: true })).toMatchObject({ kind: 'done' });
	});

	test.each([300, 302, 304, 307, 400, 401, 403, 404, 405, 409, 410, 413, 415, 422])(
		'%i is final',
		(status) => expect(answered(status)).toMatchObject({ kind: 'refused' }),
	);

	test('429 is a matter of waiting', () => {
		expect(answered(429)).toMatchObject({ kind: 'rateLimited' });
	});

	test.each([
		[500, '{"title":"T"}', 1_000],
		[500, '<html>', 5_000],
		[501, '{"title":"T"}', 5_000],
		[502, '{"title":"T"}', 5_000],
		[503, '{"title":"T"}', 5_000],
		[520, '', 5_000],
		[408, '{"title":"T"}', 30_000],
		[504, '<html>', 30_000],
		[524, '', 30_000],
		[598, '', 30_000],
	])('%i with %j leaves open what the service did, for a while', (status, body, settlesInMs) => {
		expect(answered(status, body)).toMatchObject({ kind: 'unclear', accepted: false, settlesInMs });
	});

	test.each([200, 201, 204, 408, 500, 503, 504])(
		'%i before every byte had left is about nothing whole',
		(status) => {
			expect(judge(status, '{"id":1}', { sent: false, wantsObject: true })).toMatchObject({
				kind: 'notSent',
			});
		},
	);

	test.each([400, 401, 403, 413])(
		'%i before every byte had left is final all the same',
		(status) => {
			expect(judge(status, '{}', { sent: false })).toMatchObject({ kind: 'refused' });
		},
	);
});

describe('no answer', () => {
	test.each(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH'])(
		'%s: the service was not reached',
		(code) => {
			for (const sent of [true, false]) {
				expect(outcomeOfFault({ code, sent })).toMatchObject({ kind: 'notSent' });
			}
		},
	);

	test.each([
		['ECONNRESET', 5_000],
		['EPIPE', 5_000],
		['UND_ERR_SOCKET', 5_000],
		['ANYTHING', 5_000],
		['ERR_SSL_SSLV3_ALERT_BAD_RECORD_MAC', 5_000],
		['ETIMEDOUT', 30_000],
		['ECONNABORTED', 30_000],
		['ESOCKETTIMEDOUT', 30_000],
		['UND_ERR_BODY_TIMEOUT', 30_000],
	])('%s: the service may have acted on what was sent', (code, settlesInMs) => {
		expect(outcomeOfFault({ code, sent: true })).toMatchObject({ kind: 'unclear', settlesInMs });
		expect(outcomeOfFault({ code, sent: false })).toMatchObject({ kind: 'notSent' });
	});

	test('the connection broke off in an answer that told of a success', () => {
		expect(outcomeOfFault({ code: 'ECONNRESET', sent: true, accepted: true })).toMatchObject({
			kind: 'unclear',
			accepted: true,
		});
	});

	test.each([
		'DEPTH_ZERO_SELF_SIGNED_CERT',
		'SELF_SIGNED_CERT_IN_CHAIN',
		'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
		'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
		'CERT_HAS_EXPIRED',
		'ERR_TLS_CERT_ALTNAME_INVALID',
		'ERR_SSL_WRONG_VERSION_NUMBER',
		'EPROTO',
	])('%s is final', (code) => {
		const outcome = outcomeOfFault({ code, sent: true });
		expect(outcome).toMatchObject({ kind: 'refused' });
		expect('error' in outcome && outcome.error.message).toMatch(/No secure connection/);
	});

	test('says what happened, what to do, and the code for those who know it', () => {
		expect(outcomeOfFault({ code: 'ENOTFOUND', sent: false })).toMatchObject({
			error: {
				message: 'The host of the base URL could not be found',
				description: expect.stringMatching(/^Check Base URL .* \(ENOTFOUND\)$/),
				problem: { type: 'about:blank', title: 'The host of the base URL could not be found' },
			},
		});
	});
});
