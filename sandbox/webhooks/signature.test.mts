import { createHmac } from 'node:crypto';

import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';

import { isStandardWebhooksSecret, newSecret, signatureHeaders } from './signature.mts';
import { DEFAULT_SIGNATURE, ENCODINGS, PREFIXES } from './webhook.mts';

const message = { id: 'dlv_1', body: '{"event":"finding.raised"}', epochSeconds: 1_776_676_472 };
const OLD = newSecret();
const NEW = newSecret();
const hmac = (secret: string, content: string, encoding: 'hex' | 'base64') =>
	createHmac('sha256', secret).update(content).digest(encoding);

describe.each(ENCODINGS)('the body signed in %s', (encoding) => {
	test.each(PREFIXES)('with the prefix "%s"', (prefix) => {
		const form = { ...DEFAULT_SIGNATURE, header: 'X-Signature', encoding, prefix };
		const ofNew = prefix + hmac(NEW, message.body, encoding);
		const ofOld = prefix + hmac(OLD, message.body, encoding);
		expect(signatureHeaders(form, [NEW], message)).toEqual({ 'X-Signature': ofNew });
		expect(signatureHeaders(form, [NEW, OLD], message)).toEqual({
			'X-Signature': `${ofNew},${ofOld}`,
		});
	});

	test('with a timestamp', () => {
		const form = { ...DEFAULT_SIGNATURE, signedContent: 'timestampBody' as const, encoding };
		const content = `${message.epochSeconds}.${message.body}`;
		expect(signatureHeaders(form, [NEW, OLD], message)).toEqual({
			'X-Auditdex-Signature':
				`t=${message.epochSeconds},v1=${hmac(NEW, content, encoding)},` +
				`v1=${hmac(OLD, content, encoding)}`,
		});
	});
});

test("GitHub's documented example is signed as they do", () => {
	const headers = signatureHeaders(
		{ ...DEFAULT_SIGNATURE, header: 'X-Hub-Signature-256' },
		["It's a Secret to Everybody"],
		{ ...message, body: 'Hello, World!' },
	);
	expect(headers['X-Hub-Signature-256']).toBe(
		'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
	);
});

test("Standard Webhooks are accepted by that specification's own library, by either secret", () => {
	const form = { ...DEFAULT_SIGNATURE, signedContent: 'standardWebhooks' as const };
	const now = { ...message, epochSeconds: Math.floor(Date.now() / 1_000) };
	const headers = signatureHeaders(form, [NEW, OLD], now);
	expect(Object.keys(headers)).toEqual(['webhook-id', 'webhook-timestamp', 'webhook-signature']);
	for (const secret of [NEW, OLD]) {
		expect(new Webhook(secret).verify(message.body, headers)).toEqual(JSON.parse(message.body));
	}
	expect(() => new Webhook(newSecret()).verify(message.body, headers)).toThrow();
});

test('a secret that is drawn is of use in every form, and never the same', () => {
	expect(NEW).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
	expect(NEW).not.toBe(OLD);
	expect(isStandardWebhooksSecret(NEW)).toBe(true);
	expect(['whsec_', 'whsec_%%', NEW.slice(6)].map(isStandardWebhooksSecret)).toEqual([
		false,
		false,
		false,
	]);
});
