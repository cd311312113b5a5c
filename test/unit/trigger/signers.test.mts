/** What widely used libraries sign is accepted by a trigger on which no option was set. */
import { createHmac, randomBytes } from 'node:crypto';
import { sign as signAsGitHub } from '@octokit/webhooks-methods';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import Stripe from 'stripe';
import { Webhook as SvixWebhook } from 'svix';
import { describe, expect, test } from 'vitest';

import { isFlaw, readConfiguration } from '../../../nodes/AuditdexTrigger/configuration.ts';
import { judgeDelivery } from '../../../nodes/AuditdexTrigger/judgement.ts';
import type { DeliveryHeaders } from '../../../nodes/AuditdexTrigger/signature/claim.ts';

const PLAIN_SECRET = 'kE8vQ2nX5tR9wZ3bC6mJ1pL4';
const WHSEC_SECRET = `whsec_${randomBytes(24).toString('base64')}`;

const now = () => Math.floor(Date.now() / 1000);
const newBody = () =>
	JSON.stringify({
		event: 'finding.raised',
		timestamp: new Date().toISOString(),
		data: { title: 'Prüfung № 7 😀', finding_id: randomBytes(6).toString('hex') },
	});
const hmac = (content: string, secret: string) => createHmac('sha256', secret).update(content);

type Signer = (body: string, secret: string) => Promise<DeliveryHeaders> | DeliveryHeaders;

const standard =
	(prefix: string, sign: (secret: string, id: string, at: Date, body: string) => string): Signer =>
	(body, secret) => {
		const at = new Date();
		return {
			[`${prefix}-id`]: 'msg_1',
			[`${prefix}-timestamp`]: String(Math.floor(at.getTime() / 1000)),
			[`${prefix}-signature`]: sign(secret, 'msg_1', at, body),
		};
	};

const SIGNERS: Array<[name: string, secret: string, sign: Signer]> = [
	[
		'stripe',
		WHSEC_SECRET,
		(payload, secret) => ({
			'stripe-signature': Stripe.webhooks.generateTestHeaderString({ payload, secret }),
		}),
	],
	[
		'stripe, under a header of the list',
		PLAIN_SECRET,
		(payload, secret) => ({
			'x-auditdex-signature': Stripe.webhooks.generateTestHeaderString({ payload, secret }),
		}),
	],
	[
		'svix',
		WHSEC_SECRET,
		standard('svix', (secret, id, at, body) => new SvixWebhook(secret).sign(id, at, body)),
	],
	[
		'svix, with the headers of the specification',
		WHSEC_SECRET,
		standard('webhook', (secret, id, at, body) => new SvixWebhook(secret).sign(id, at, body)),
	],
	[
		'standardwebhooks',
		WHSEC_SECRET,
		standard('webhook', (secret, id, at, body) => new StandardWebhook(secret).sign(id, at, body)),
	],
	[
		'standardwebhooks, with a secret that is no base64',
		'kE8vQ2nX5tR9wZ3bC6mJ1pL4!',
		standard('webhook', (secret, id, at, body) =>
			new StandardWebhook(secret, { format: 'raw' }).sign(id, at, body),
		),
	],
	[
		'@octokit/webhooks-methods',
		PLAIN_SECRET,
		async (body, secret) => ({ 'x-hub-signature-256': await signAsGitHub(secret, body) }),
	],
	[
		'Slack',
		PLAIN_SECRET,
		(body, secret) => ({
			'x-slack-request-timestamp': String(now()),
			'x-slack-signature': `v0=${hmac(`v0:${now()}:${body}`, secret).digest('hex')}`,
		}),
	],
	[
		'Shopify',
		PLAIN_SECRET,
		(body, secret) => ({ 'x-shopify-hmac-sha256': hmac(body, secret).digest('base64') }),
	],
	[
		'a service with a timestamp in milliseconds beside the signature',
		PLAIN_SECRET,
		(body, secret) => ({
			'x-acme-timestamp': `${now()}123`,
			'x-acme-sig': hmac(`${now()}123.${body}`, secret).digest('hex'),
		}),
	],
];

async function judge(body: string, headers: DeliveryHeaders, secret: string) {
	const configuration = readConfiguration({
		events: ['*'],
		responseMode: 'onReceived',
		options: {},
	});
	if (isFlaw(configuration)) throw new Error(configuration.message);
	const reading = async () => ({ value: { signingSecret: secret }, isNew: true });
	return await judgeDelivery(
		{ headers, readBody: async () => Buffer.from(body) },
		configuration,
		{ recent: reading, anew: reading },
		Date.now() / 1000,
	);
}

describe.each(SIGNERS)('what %s signs', (_name, secret, sign) => {
	test('is accepted', async () => {
		const body = newBody();
		const headers = await sign(body, secret);
		expect(await judge(body, headers, secret)).toMatchObject({ outcome: 'valid' });
		expect(await judge(body, headers, ` ${secret}\n`)).toMatchObject({ outcome: 'valid' });
	});

	test('is refused with another body, secret, id or time', async () => {
		const body = newBody();
		const headers = await sign(body, secret);
		const other = `whsec_${randomBytes(24).toString('base64')}`;
		expect(await judge(newBody(), headers, secret)).toMatchObject({ status: 401 });
		expect(await judge(body, headers, other)).toMatchObject({ status: 401 });
		for (const [name, value] of Object.entries(headers)) {
			if (/-(?:id|timestamp)$/.test(name)) {
				const changed = { ...headers, [name]: String(value).replace(/.$/, 'x') };
				expect(await judge(body, changed, secret)).toMatchObject({ status: 401 });
			}
		}
	});

	test('is refused when what stands before the body is moved into it, or away', async () => {
		const body = newBody();
		const headers = await sign(body, secret);
		const texts = Object.values(headers).map(String);
		const times = texts.flatMap((text) => text.match(/\d{10,}/g) ?? []);
		const moved = times.flatMap((time) => [
			`${time}.${body}`,
			`v0:${time}:${body}`,
			`msg_1.${time}.${body}`,
		]);
		for (const changed of [...moved, body.slice(1), ` ${body}`]) {
			for (const kept of [headers, withoutTimes(headers)]) {
				const verdict = await judge(changed, kept, secret);
				expect(verdict.outcome).toBe('refused');
			}
		}
	});
});

const withoutTimes = (headers: DeliveryHeaders): DeliveryHeaders =>
	Object.fromEntries(
		Object.entries(headers)
			.filter(([name]) => !/-(?:id|timestamp)$/.test(name))
			.map(([name, value]) => [name, String(value).replace(/^t=\d+,/, '')]),
	);
