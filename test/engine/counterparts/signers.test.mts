/** Libraries that services sign their webhooks with: the trigger takes what they sign, unconfigured. */
import { createHash, randomBytes } from 'node:crypto';

import { sign as signAsGitHub } from '@octokit/webhooks-methods';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import Stripe from 'stripe';
import { Webhook as SvixWebhook } from 'svix';
import { request } from 'undici';
import { afterEach, describe, expect, test } from 'vitest';

import { CredentialsHelper } from '../harness/credentials.mts';
import { WebhookEndpoint } from '../harness/webhook.mts';

type Signer = (secret: string, body: string, at: Date) => Promise<Record<string, string>>;

const idOf = (body: string) =>
	`msg_${createHash('sha256').update(body).digest('hex').slice(0, 20)}`;
const secondsOf = (at: Date) => String(Math.floor(at.getTime() / 1_000));

const SIGNERS: Array<[name: string, sign: Signer, hasTime: boolean]> = [
	[
		'stripe',
		async (secret, payload, at) => ({
			'stripe-signature': Stripe.webhooks.generateTestHeaderString({
				payload,
				secret,
				timestamp: Number(secondsOf(at)),
			}),
		}),
		true,
	],
	[
		'svix',
		async (secret, body, at) => ({
			'svix-id': idOf(body),
			'svix-timestamp': secondsOf(at),
			'svix-signature': new SvixWebhook(secret).sign(idOf(body), at, body),
		}),
		true,
	],
	[
		'standardwebhooks',
		async (secret, body, at) => ({
			'webhook-id': idOf(body),
			'webhook-timestamp': secondsOf(at),
			'webhook-signature': new StandardWebhook(secret).sign(idOf(body), at, body),
		}),
		true,
	],
	[
		'@octokit/webhooks-methods',
		async (secret, body) => ({ 'x-hub-signature-256': await signAsGitHub(secret, body) }),
		false,
	],
];

const newSecret = () => `whsec_${randomBytes(24).toString('base64')}`;

let event = 0;
const bodyAt = (at = new Date()) =>
	JSON.stringify({
		event: 'finding.raised',
		timestamp: at.toISOString(),
		data: { engagement_id: 'eng_xyz789', finding_id: `fnd_${++event}`, title: 'Ünïcode ✓' },
	});

const open: WebhookEndpoint[] = [];
afterEach(async () => {
	for (const endpoint of open.splice(0)) await endpoint.close();
});

async function openEndpoint(signingSecret: string, previousSigningSecret = '') {
	const credentialsHelper = new CredentialsHelper();
	const credentials = await credentialsHelper.save('auditdexWebhookApi', {
		signingSecret,
		previousSigningSecret,
	});
	const endpoint = await WebhookEndpoint.open({ credentials, credentialsHelper });
	open.push(endpoint);
	return endpoint;
}

async function send(
	{ url }: WebhookEndpoint,
	headers: Record<string, string>,
	body: string,
): Promise<number> {
	const { statusCode, body: answer } = await request(url, {
		method: 'POST',
		headers: { 'content-type': 'application/json', ...headers },
		body,
	});
	await answer.dump();
	return statusCode;
}

describe.each(SIGNERS)('%s', (_name, sign, hasTime) => {
	test('what it signs starts the workflow, once', async () => {
		const secret = newSecret();
		const endpoint = await openEndpoint(secret);
		const body = bodyAt();
		const headers = await sign(secret, body, new Date());
		expect(await send(endpoint, headers, body)).toBe(200);
		expect(await send(endpoint, headers, body)).toBe(200);
		expect(endpoint.runs).toEqual([[JSON.parse(body)]]);
	});

	test('the previous secret is good while it is rotated', async () => {
		const previous = newSecret();
		const endpoint = await openEndpoint(newSecret(), previous);
		const body = bodyAt();
		expect(await send(endpoint, await sign(previous, body, new Date()), body)).toBe(200);
		expect(endpoint.runs).toHaveLength(1);
	});

	test('a planted difference is refused', async () => {
		const secret = newSecret();
		const endpoint = await openEndpoint(secret);
		const body = bodyAt();
		const now = new Date();
		const headers = await sign(secret, body, now);
		const refused: Array<[Record<string, string>, string]> = [
			[headers, body.replace('finding.raised', 'finding.closed')],
			[headers, `${body} `],
			[await sign(newSecret(), body, now), body],
			[{}, body],
		];
		if (hasTime) {
			const tenMinutesAgo = new Date(now.getTime() - 600_000);
			refused.push([await sign(secret, body, tenMinutesAgo), body]);
		}
		for (const [given, sent] of refused) expect(await send(endpoint, given, sent)).toBe(401);
		expect(endpoint.runs).toEqual([]);
	});
});
