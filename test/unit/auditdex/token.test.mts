import { describe, expect, test } from 'vitest';

import { grantedToken } from '../../../nodes/Auditdex/api/token/grantedToken.ts';
import {
	outcomeOfTokenFault,
	outcomeOfTokenRefusal,
	outcomeWithoutToken,
} from '../../../nodes/Auditdex/api/token/tokenOutcome.ts';

const ALL = 'evidence:write controls:read reports:read';

describe('a token that was granted', () => {
	test.each([
		['every scope, in another order', 'reports:read evidence:write controls:read'],
		['more than was asked for', `${ALL} audits:admin`],
		['commas between them', 'evidence:write,controls:read, reports:read'],
		['a list of them', ALL.split(' ')],
		['no scope named, which means all', undefined],
		['null, which names none', null],
	])('with %s is fine', (_what, scope) => {
		const answer = { access_token: 'x', scope };
		expect(grantedToken(answer, ALL)).toEqual(answer);
	});

	test.each([
		['evidence:write controls:read', 'reports:read'],
		['reports:read', 'evidence:write controls:read'],
		['', ALL],
		['reports:readonly', ALL],
		[[], ALL],
	])('with “%s” lacks %s', (scope, missing) => {
		expect(() => grantedToken({ access_token: 'x', scope }, ALL)).toThrow(
			`AUDITDEX did not grant the scope ${missing}; ask your AUDITDEX administrator`,
		);
	});

	test.each([
		{},
		{ access_token: '' },
		{ access_token: null },
		{ access_token: 7 },
		{ access_token: { value: 'x' } },
		{ token_type: 'Bearer' },
		[],
		'x',
		null,
		undefined,
	])('%j is none', (token) => {
		expect(() => grantedToken(token, ALL)).toThrow(/without an access token/);
	});
});

describe('a token that was refused', () => {
	const refused = (body: unknown, status?: number) => outcomeOfTokenRefusal({ body, status }, []);

	test.each([
		[{ error: 'invalid_client' }, /refused the client ID or client secret/, 401],
		[{ error: 'invalid_scope' }, /does not grant the scope/, 400],
		[{ error: 'unauthorized_client' }, /gave no access token/, 400],
		[{ title: 'Nope', status: 403 }, /gave no access token/, 403],
		['{"error":"invalid_client"}', /refused the client ID or client secret/, 401],
		[undefined, /gave no access token/, 401],
	])('%j is final', (body, message, httpStatus) => {
		const outcome = refused(body);
		expect(outcome).toMatchObject({
			kind: 'refused',
			error: { message: expect.stringMatching(message), httpStatus },
		});
	});

	test.each([
		'temporarily_unavailable',
		'server_error',
		'slow_down',
		'rate_limit_exceeded',
		'too_many_requests',
		'quota_exceeded',
	])('“%s” passes by itself', (error) => {
		expect(refused({ error })).toMatchObject({ kind: 'notSent' });
	});

	test.each([408, 429, 500, 502, 503, 200])(
		'%i may be otherwise next time; nothing was sent',
		(status) => {
			expect(refused('<html>', status)).toMatchObject({ kind: 'notSent' });
		},
	);

	test('keeps the service’s description, and no secret', () => {
		const body = { error: 'invalid_client', error_description: 'Bad secret hunter22 given' };
		expect(outcomeOfTokenRefusal({ body }, ['hunter22'])).toMatchObject({
			error: {
				description:
					'Bad secret *** given. Open the Auditdex credential and enter Client ID and Client Secret again.',
				problem: { error: 'invalid_client', error_description: 'Bad secret *** given' },
			},
		});
	});
});

describe('what n8n threw instead of getting a token', () => {
	const caused = (cause: object) => new Error('n8n says', { cause });

	test('a 429 is waited out for longer each time, as n8n keeps Retry-After to itself', () => {
		const busy = { code: 'ESTATUS', status: 429, body: '' };
		const waits = [0, 1, 2, 3, 4, 5, 9].map((faultsBefore) => {
			const { outcome, waitMs } = outcomeOfTokenFault(caused(busy), [], faultsBefore);
			expect(outcome).toMatchObject({ kind: 'notSent' });
			return waitMs;
		});
		expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 32_000]);
	});

	test('a 5xx is waited out for as long as it asks', () => {
		const response = { status: 503, headers: { 'Retry-After': '7' }, data: '' };
		const made = outcomeOfTokenFault({ code: 'ERR_BAD_RESPONSE', config: {}, response }, [], 0);
		expect(made).toMatchObject({ waitMs: 7_000, outcome: { kind: 'notSent' } });
		const untold = outcomeOfTokenFault({ response: { status: 502 } }, [], 0);
		expect(untold.waitMs).toBeUndefined();
	});

	test('a client or secret that is refused is final', () => {
		const made = outcomeOfTokenFault({ code: 'EAUTH', body: { error: 'invalid_client' } }, [], 0);
		expect(made).toMatchObject({ outcome: { kind: 'refused' } });
		expect(made.waitMs).toBeUndefined();
	});

	test.each(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT'])('%s: nothing was sent', (code) => {
		const { outcome } = outcomeOfTokenFault(caused({ code }), [], 0);
		expect(outcome).toMatchObject({ kind: 'notSent' });
	});

	test('something else is told without its secrets, and tried again', () => {
		const thrown = new TypeError('data.token_type?.toLowerCase of hunter22 is not a function');
		expect(outcomeOfTokenFault(thrown, ['hunter22'], 0)).toMatchObject({
			outcome: {
				kind: 'notSent',
				error: {
					message: 'AUDITDEX gave no access token',
					description: expect.stringMatching(/of \*\*\* is not a function\. Open the Auditdex/),
				},
			},
		});
	});
});

describe('an answer without a token', () => {
	test.each([{ token_type: 'Bearer' }, { access_token: 7 }, 'text', undefined])(
		'%j may hold one the next time',
		(answer) => {
			expect(outcomeWithoutToken(answer, [])).toMatchObject({
				kind: 'notSent',
				error: { message: 'AUDITDEX answered without an access token' },
			});
		},
	);

	test('says what a service means that refuses with a success', () => {
		expect(outcomeWithoutToken({ error: 'invalid_client' }, [])).toMatchObject({
			kind: 'refused',
			error: { message: 'AUDITDEX refused the client ID or client secret' },
		});
		expect(outcomeWithoutToken({ error: 'server_error' }, [])).toMatchObject({
			kind: 'notSent',
		});
	});
});
