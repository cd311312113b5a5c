import { describe, expect, test } from 'vitest';

import { outcomeOfAnswer, outcomeOfFault } from '../../../nodes/Auditdex/api/request/outcome.ts';

const answered = (status: number, body = '{"title":"T"}') =>
	outcomeOfAnswer({ status, headers: {}, body }, 'controls:read', []);

describe('an answer', () => {
	test.each([200, 201, 202])('%i with JSON is done', (status) => {
		expect(answered(status, '{"id":1}')).toEqual({ kind: 'done', body: { id: 1 } });
		expect(answered(status, '[1]')).toEqual({ kind: 'done', body: [1] });
	});

	test.each(['', ' ', '<html>', '{"id":', 'null', '"text"', '7', 'true'])(
		'200 with %j leaves open what the service did',
		(body) => {
			expect(answered(200, body)).toMatchObject({ kind: 'unavailable', processed: 'maybe' });
		},
	);

	test.each([300, 302, 304, 307, 400, 401, 403, 404, 405, 409, 410, 413, 415, 422])(
		'%i is final',
		(status) => expect(answered(status)).toMatchObject({ kind: 'refused' }),
	);

	test('429 is a matter of waiting', () => {
		expect(answered(429)).toMatchObject({ kind: 'rateLimited' });
	});

	test.each([408, 500, 502, 503, 504, 599])('%i leaves open what the service did', (status) => {
		expect(answered(status)).toMatchObject({ kind: 'unavailable', processed: 'maybe' });
	});
});

describe('no answer', () => {
	test.each(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH'])(
		'%s: the service was not reached',
		(code) => {
			for (const sent of [true, false]) {
				expect(outcomeOfFault({ code, sent })).toMatchObject({
					kind: 'unavailable',
					processed: 'no',
				});
			}
		},
	);

	test.each(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED', 'UND_ERR_SOCKET', 'ANYTHING'])(
		'%s: the service may have acted on what was sent',
		(code) => {
			expect(outcomeOfFault({ code, sent: true })).toMatchObject({ processed: 'maybe' });
			expect(outcomeOfFault({ code, sent: false })).toMatchObject({ processed: 'no' });
		},
	);

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
