import { describe, expect, test } from 'vitest';

import { assertGranted } from '../../../nodes/Auditdex/api/token/grantedToken.ts';
import { outcomeOfTokenRefusal } from '../../../nodes/Auditdex/api/token/tokenOutcome.ts';

const ALL = 'evidence:write controls:read reports:read';

describe('a token that was granted', () => {
	test.each([
		['every scope, in another order', 'reports:read evidence:write controls:read'],
		['more than was asked for', `${ALL} audits:admin`],
		['no scope named, which means all', undefined],
	])('with %s is fine', (_what, scope) => {
		expect(() => assertGranted({ access_token: 'x', scope }, ALL)).not.toThrow();
	});

	test.each([
		['evidence:write controls:read', 'reports:read'],
		['reports:read', 'evidence:write controls:read'],
		['', ALL],
		['reports:readonly', ALL],
	])('with “%s” lacks %s', (scope, missing) => {
		expect(() => assertGranted({ access_token: 'x', scope }, ALL)).toThrow(
			`AUDITDEX did not grant the scope ${missing}; ask your AUDITDEX administrator`,
		);
	});

	test.each([{}, { access_token: '' }, { access_token: null }, { token_type: 'Bearer' }])(
		'%j is none',
		(token) => {
			expect(() => assertGranted(token, ALL)).toThrow(/without an access token/);
		},
	);
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

	test.each([429, 500, 502, 503, 200])(
		'%i may be otherwise next time; nothing was sent',
		(status) => {
			expect(refused('<html>', status)).toMatchObject({ kind: 'unavailable', processed: 'no' });
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
