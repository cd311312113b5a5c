/** Checking a signature, without n8n around it. */
import { createHmac, randomBytes, type KeyObject } from 'node:crypto';
import { createRequire } from 'node:module';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';

import { Webhook } from 'standardwebhooks';

import { alternate } from '../alternate.mts';
import type { CpuProfile } from '../inspector.mts';
import { OURS, type Measurement } from '../measurement.mts';
import type { Scale } from '../scale.mts';
import type { Stage } from '../stage.mts';

type CheckModule = typeof import('../../nodes/AuditdexTrigger/signature/check.ts');
type ClaimModule = typeof import('../../nodes/AuditdexTrigger/signature/claim.ts');
type KeysModule = typeof import('../../nodes/AuditdexTrigger/secrets/keys.ts');

const KIB = 1024;
const SIZES = [
	['1 KiB', KIB],
	['100 KiB', 100 * KIB],
] as const;
const PAIRS = 15;
/** Bytes hashed a run, so that each takes about as long. */
const BYTES_A_RUN = 20 * 1024 * KIB;
const BARE = 'One bare HMAC';

export async function measureSignatures(stage: Stage, scale: Scale): Promise<Measurement[]> {
	const load = createRequire(join(stage.packageFolder, 'package.json'));
	const modules = 'dist/nodes/AuditdexTrigger';
	const { decodeSignature, findValidSignature } = load(
		`./${modules}/signature/check`,
	) as CheckModule;
	const { readSignatureClaim } = load(`./${modules}/signature/claim`) as ClaimModule;
	const { signingKeysOf } = load(`./${modules}/secrets/keys`) as KeysModule;

	const measurements: Measurement[] = [];
	for (const [label, bytes] of SIZES) {
		const repetitions = scale.repetitions(PAIRS, 3);
		const rounds = scale.count(BYTES_A_RUN / bytes);
		const body = Buffer.from(JSON.stringify({ event: 'x', data: 'x'.repeat(bytes - 25) }));

		const plain = signBody(body);
		const keys = signingKeysOf({ signingSecret: plain.secret }, 'body')!;
		const contents = [{ form: 'body' as const, prefix: '' }];
		const checkBody = timed(rounds, () => {
			const signatures = [decodeSignature(plain.signature)!];
			return findValidSignature({ contents, signatures }, keys, body) !== undefined;
		});
		const bodyRuns = await alternate(
			{ ours: checkBody, bare: timed(rounds, () => bareHmac(keys.body[0]!.key, body)) },
			repetitions,
		);

		const standard = signStandardWebhooks(body);
		const { headers, now, signed } = standard;
		const standardKeys = signingKeysOf({ signingSecret: standard.secret }, 'standardWebhooks')!;
		const source = { signedContent: 'standardWebhooks', signatureHeader: '' } as const;
		const library = new Webhook(standard.secret);
		const text = body.toString();
		const standardRuns = await alternate(
			{
				ours: timed(rounds, () => {
					const claim = readSignatureClaim(headers, source, now);
					return claim !== undefined && findValidSignature(claim, standardKeys, body) !== undefined;
				}),
				// It wants the body as text, and parses it too: its answer is the parsed body.
				library: timed(rounds, () => library.verify(text, headers) !== undefined),
				bare: timed(rounds, () => bareHmac(standardKeys.standardWebhooks[0]!.key, signed)),
			},
			repetitions,
		);
		const common = { figure: 'time of a check', unit: 'µs' as const };
		measurements.push(
			{
				...common,
				id: `signature-body-${label.replace(' ', '-')}`,
				work: `Check the signature of ${label}, signed alone`,
				ours: { name: OURS, values: bodyRuns.ours },
				builtIn: [],
				limit: { name: BARE, values: bodyRuns.bare },
				targets: [{ against: BARE, bound: 'at most', value: 1.2 }],
				chart: { id: 'signature', category: label },
				profile: async () => await profileHere(checkBody),
			},
			{
				...common,
				id: `signature-standard-${label.replace(' ', '-')}`,
				work: `Check the signature of ${label}, Standard Webhooks`,
				ours: { name: OURS, values: standardRuns.ours },
				builtIn: [{ name: 'standardwebhooks', values: standardRuns.library }],
				limit: { name: BARE, values: standardRuns.bare },
				targets: [],
				chart: { id: 'signature', category: `${label}, Standard Webhooks` },
			},
		);
	}
	return measurements;
}

function signBody(body: Buffer) {
	const secret = randomBytes(18).toString('base64url');
	return { secret, signature: createHmac('sha256', secret).update(body).digest('hex') };
}

function signStandardWebhooks(body: Buffer) {
	const key = randomBytes(24);
	const now = Math.floor(Date.now() / 1_000);
	const signed = Buffer.concat([Buffer.from(`msg_1.${now}.`), body]);
	const headers = {
		'webhook-id': 'msg_1',
		'webhook-timestamp': String(now),
		'webhook-signature': `v1,${createHmac('sha256', key).update(signed).digest('base64')}`,
	};
	return { secret: `whsec_${key.toString('base64')}`, headers, now, signed };
}

const bareHmac = (key: string | KeyObject, signed: Buffer): boolean =>
	createHmac('sha256', key).update(signed).digest().length === 32;

/** @returns microseconds a round. @throws Error when one doesn't say that the signature is right */
function timed(rounds: number, check: () => boolean): () => Promise<number> {
	return async () => {
		const started = performance.now();
		for (let round = 0; round < rounds; round++) {
			if (!check()) throw new Error('A right signature was not taken for one');
		}
		return ((performance.now() - started) * 1_000) / rounds;
	};
}

async function profileHere(work: () => Promise<unknown>): Promise<CpuProfile> {
	const session = new Session();
	session.connect();
	await session.post('Profiler.enable');
	await session.post('Profiler.start');
	await work();
	const { profile } = await session.post('Profiler.stop');
	session.disconnect();
	return profile as CpuProfile;
}
