import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { adviseOnSecrets, adviseOnUseless } from '../../../nodes/AuditdexTrigger/secrets/advice.ts';

const GOOD = 'kE8vQ2nX5tR9wZ3bC6mJ1pL4';
const advise = (signingSecret?: unknown, previousSigningSecret?: unknown) =>
	adviseOnSecrets({ signingSecret, previousSigningSecret });

describe('nothing speaks against', () => {
	test.each([
		GOOD,
		'a'.repeat(15) + 'b',
		'9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
		`whsec_${Buffer.alloc(24, 'key').toString('base64')}`,
		'correct horse battery staple',
		'Schlüssel-№-😀-für-Prüfung',
		'{opened, but not closed',
		// Blanks around it don't count.
		`${GOOD}\n`,
		` ${GOOD}`,
	])('%s', (secret) => {
		expect(advise(secret)).toBeUndefined();
		expect(advise(GOOD + GOOD, secret)).toBeUndefined();
	});

	test('random secrets', () => {
		fc.assert(
			fc.property(fc.uint8Array({ minLength: 24, maxLength: 48 }), (bytes) => {
				const random = Buffer.from(bytes);
				fc.pre(new Set(bytes).size > 8);
				for (const form of ['hex', 'base64', 'base64url'] as const) {
					expect(advise(random.toString(form))).toBeUndefined();
				}
			}),
		);
	});

	test('a previous secret that is not set', () => {
		for (const previous of [undefined, '', '  ']) expect(advise(GOOD, previous)).toBeUndefined();
	});
});

describe('the user is told when', () => {
	test.each<[string, unknown, RegExp]>([
		['it is missing', undefined, /^'Signing Secret' is empty/],
		['it is blank', '  ', /^'Signing Secret' is empty/],
		['it is no text', 12345678901234567890n, /^'Signing Secret' is empty/],
		['it is short', 'kE8vQ2nX5tR9wZ3', /^'Signing Secret' has 15 characters/],
		['it has a line break within', `${GOOD}\r\n${GOOD}`, /has a line break/],
		['it is short but for the blanks around it', `  ${GOOD.slice(0, 15)}\n`, /has 15 characters/],
		['it is an access token', 'eyJhbGciOiJSUzI1NiIs.eyJzdWIiOiIx.c2lnbmF0dXJl', /access token/],
		['it is cut off', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLs', /looks cut off/],
	])('%s', (_name, secret, advice) => {
		expect(advise(secret)).toMatch(advice);
	});

	test.each([
		'YOUR_CLIENT_SECRET',
		'your-webhook-secret',
		'Your Webhook Signing Secret',
		'my_secret_my_secret',
		'<your webhook secret>',
		'{{ secret goes in here }}',
		'[signing secret here]',
		'xxxxxxxxxxxxxxxxxxxxxxxx',
		'••••••••••••••••••••••••',
		'********************',
		'kE8v****************',
		'kE8vQ2nX5tR9wZ3b...',
		'kE8vQ2nX5tR9wZ3bC6…',
		'000000000000000000000000',
		'change-me-change-me',
		'REPLACE_ME_REPLACE_ME',
		'placeholder-placeholder',
		'secret_123456789012',
		'whsec_your_secret_here_now',
		'whsec_xxxxxxxxxxxxxxxxxxxx',
	])('it is a placeholder: %s', (secret) => {
		expect(advise(secret)).toMatch(/^'Signing Secret' looks like a placeholder/);
		expect(advise(GOOD, secret)).toMatch(/^'Previous Signing Secret' looks like a placeholder/);
	});

	test('both are the same', () => {
		expect(advise(GOOD, ` ${GOOD}\n`)).toMatch(/same as 'Signing Secret'/);
		expect(advise(GOOD, GOOD)).toMatch(/same as 'Signing Secret'/);
	});

	test('the previous one has a flaw', () => {
		expect(advise(GOOD, 'short')).toMatch(/^'Previous Signing Secret' has 5 characters/);
	});
});

test('weak secrets can be used, useless ones cannot', () => {
	const useless = (...[signingSecret, previousSigningSecret]: unknown[]) =>
		adviseOnUseless({ signingSecret, previousSigningSecret });
	for (const secret of [GOOD, 'short', ` ${GOOD}\n`]) expect(useless(secret)).toBeUndefined();
	expect(useless(GOOD, GOOD)).toBeUndefined();
	for (const secret of [
		'',
		'  ',
		'\u200b',
		'••••••••',
		'<your secret>',
		'whsec_abc',
		`${GOOD}\n${GOOD}`,
	]) {
		expect(useless(secret)).toMatch(/^'Signing Secret' /);
	}
	expect(useless(GOOD, 'whsec_abc')).toMatch(/^'Previous Signing Secret' /);
});

test('no advice shows anything of a secret, or takes long', () => {
	const secret = fc.oneof(
		fc.string({ unit: 'grapheme', maxLength: 60 }),
		fc.string({ unit: fc.constantFrom(...'my_secret-your.<>*x '), maxLength: 3_000 }),
	);
	fc.assert(
		fc.property(secret, secret, (current, previous) => {
			const advice = advise(current, previous) ?? '';
			for (const value of [current, previous]) {
				if (value.trim().length > 12) expect(advice).not.toContain(value.trim());
			}
		}),
		{ numRuns: 2_000 },
	);
	// Any of these patterns, tried naively, would take longer than the test may.
	for (const part of ['_', ' -', 'my_', 'your secre', '<', '*', 'eyJa.', 'x', 'whsec_']) {
		advise(`your${part.repeat(20_000)}!`);
		advise(part.repeat(20_000));
	}
});
