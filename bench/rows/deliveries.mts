/** Receiving webhook deliveries: how many a second, and how soon the sender has its 200. */
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { request } from 'undici';

import { alternate } from '../alternate.mts';
import type { Load, LoadOutcome } from '../loadDriver.mts';
import { OURS, type Contestant, type Measurement } from '../measurement.mts';
import { processorTimeOf } from '../processorTime.mts';
import type { Scale } from '../scale.mts';
import type { Stage } from '../stage.mts';
import { median, percentile } from '../statistics.mts';
import { chain, cryptoHmac, ifEqual, trigger, webhook, type NodeSpec } from '../workflows.mts';

const KIB = 1024;
const SIGNING_SECRET = 'kE8vQ2nX5tR9wZ3bC6mJ1pL4';
const CONCURRENCY = 16;
const PAIRS = 3;
const SMALL = { label: '1 KiB', bytes: KIB, count: 160 };
const LARGE = { label: '100 KiB', bytes: 100 * KIB, count: 160 };

const LAZY = { N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE: 'true' };
const CACHED = { N8N_EXPRESSION_ENGINE_COMPILE_CACHE: 'true' };
interface Setting {
	label: string;
	/** End of the measurements' ids. */
	id: string;
	env: Record<string, string>;
	sizes: Array<typeof SMALL>;
	/** The least that ours is to take of the Webhook node's deliveries, and of those checked. */
	webhook: number;
	checked?: number;
}

/** How n8n sets up isolates for expressions, and how ours is to compare with its own nodes there. */
const SETTINGS: Setting[] = [
	{ label: '', id: '', env: {}, sizes: [SMALL, LARGE], webhook: 0.55 },
	{ label: 'compile cache', id: '-compile-cache', env: CACHED, sizes: [SMALL], webhook: 0.55 },
	{
		label: 'lazy isolates',
		id: '-lazy',
		env: LAZY,
		sizes: [SMALL, LARGE],
		webhook: 0.95,
		checked: 3,
	},
	{
		label: 'lazy isolates and compile cache',
		id: '-lazy-compile-cache',
		env: { ...LAZY, ...CACHED },
		sizes: [SMALL],
		webhook: 0.95,
		checked: 3,
	},
];
const POLL_MS = 20;

type Contestants = Record<'ours' | 'webhook' | 'checked', { url: string }>;

const WEBHOOK = 'Webhook alone';
const CHECKED = 'Webhook + Crypto + If';

interface Figures {
	/** Deliveries a second, answered and with their run over. */
	rate: number;
	/** Milliseconds to the 200. */
	p50: number;
	p99: number;
	/** Processor time of n8n, in milliseconds a delivery. */
	mainThread: number;
	otherThreads: number;
	failed: number;
}

const SIDE_FIGURES = [
	['p50', 'time to the 200, p50'],
	['p99', 'time to the 200, p99'],
	['mainThread', "processor time of n8n's main thread, a delivery"],
	['otherThreads', "processor time of n8n's other threads, a delivery"],
] as const;

export async function measureDeliveries(stage: Stage, scale: Scale): Promise<Measurement[]> {
	await stage.useBinaryMode('filesystem');
	const { client } = stage;
	const ours = await client.createCredential('auditdexWebhookApi', {
		signingSecret: SIGNING_SECRET,
	});
	const crypto = await client.createCredential('crypto', { hmacSecret: SIGNING_SECRET });
	const contestants = {
		ours: await activate(stage, OURS, [trigger(ours, randomUUID())]),
		webhook: await activate(stage, WEBHOOK, [webhook(randomUUID(), {})]),
		checked: await activate(stage, CHECKED, [
			webhook(randomUUID(), { rawBody: true }),
			cryptoHmac(crypto, 'data', 'hmac'),
			ifEqual('={{ $json.hmac }}', '={{ $json.headers["x-auditdex-signature"] }}'),
		]),
	};
	const measurements: Measurement[] = [];
	for (const setting of SETTINGS) {
		await use(stage, setting, contestants);
		measurements.push(...(await measureSetting(stage, scale, contestants, setting)));
	}
	await stage.useBinaryMode('filesystem');
	return measurements;
}

/** Has n8n run with a setting, and listen. */
async function use(stage: Stage, { env }: Setting, contestants: Contestants): Promise<void> {
	await stage.useBinaryMode('filesystem', env);
	for (const { url } of Object.values(contestants)) await untilListening(urlNow(stage, url));
}

/** n8n may have another port since it was started again. */
function urlNow({ client }: Stage, url: string): string {
	return client.url + new URL(url).pathname;
}

async function measureSetting(
	stage: Stage,
	scale: Scale,
	contestants: Contestants,
	setting: Setting,
): Promise<Measurement[]> {
	const measurements: Measurement[] = [];
	for (const { label: size, bytes, count } of setting.sizes) {
		const load = (url: string) => async () =>
			await measureLoad(stage, {
				url: urlNow(stage, url),
				secret: SIGNING_SECRET,
				count: scale.count(count),
				bytes,
				concurrency: CONCURRENCY,
			});
		const loads = {
			ours: load(contestants.ours.url),
			webhook: load(contestants.webhook.url),
			checked: load(contestants.checked.url),
		};
		const runs = await alternate(loads, scale.repetitions(PAIRS));
		const of = (figure: Exclude<keyof Figures, 'failed'>) => {
			const contestant = (name: string, figures: Figures[]): Contestant => ({
				name,
				values: figures.map((run) => run[figure]),
				failed: figures.map(({ failed }) => failed),
			});
			return {
				ours: contestant(OURS, runs.ours),
				builtIn: [contestant(CHECKED, runs.checked)],
				limit: contestant(WEBHOOK, runs.webhook),
			};
		};
		const how = setting.label === '' ? '' : `, ${setting.label}`;
		const work = `Receive deliveries of ${size}, ${CONCURRENCY} at a time${how}`;
		const id = `deliveries-${size.replace(' ', '-')}${setting.id}`;
		measurements.push(
			{
				id: `${id}-rate`,
				work,
				figure: 'deliveries a second',
				unit: '/s',
				...of('rate'),
				targets: [
					{ against: WEBHOOK, bound: 'at least', value: setting.webhook },
					...(setting.checked === undefined
						? []
						: [{ against: CHECKED, bound: 'at least' as const, value: setting.checked }]),
				],
				chart: { id: 'deliveries', category: size + how },
				profile: async () => {
					await use(stage, setting, contestants);
					await loads.ours();
					return await stage.inspector.profile(loads.ours);
				},
			},
			...SIDE_FIGURES.map(([figure, label]) => ({
				id: `${id}-${figure}`,
				work,
				figure: label,
				unit: 'ms' as const,
				...of(figure),
				targets: [],
				isDetail: true,
			})),
		);
	}
	return measurements;
}

/** Saves a workflow and makes it active. */
async function activate(
	{ client }: Stage,
	name: string,
	nodes: NodeSpec[],
): Promise<{ url: string }> {
	const { id } = await client.importWorkflow(chain(name, nodes));
	await client.activate(id);
	const [{ webhookId, parameters }] = nodes as [NodeSpec];
	const path = typeof parameters.path === 'string' ? parameters.path : `${webhookId}/webhook`;
	const url = `${client.url}/webhook/${path}`;
	await untilListening(url);
	return { url };
}

/** n8n publishes in the background; until it's done a delivery finds nothing. A GET runs nothing. */
async function untilListening(url: string): Promise<void> {
	for (let waited = 0; waited < 60_000; waited += POLL_MS) {
		const { body } = await request(url);
		if ((await body.text()).includes('not registered for GET')) return;
		await delay(POLL_MS);
	}
	throw new Error(`n8n doesn't listen at ${url}`);
}

async function measureLoad(stage: Stage, load: Load): Promise<Figures> {
	await stage.inspector.collectGarbage();
	const driver = fork(join(import.meta.dirname, '..', 'loadDriver.mts'), [], {
		serialization: 'advanced',
	});
	const ended = once(driver, 'exit').then(() => {
		throw new Error('The load driver ended before it was done; what it said is above');
	});
	// When all of it is stopped by Ctrl-C, nobody waits for this one any more.
	ended.catch(() => {});
	const answer = async <T,>(message: Load | 'go'): Promise<T> => {
		// A driver that has just ended is told by `ended`.
		driver.send(message, () => {});
		const [answered] = (await Promise.race([once(driver, 'message'), ended])) as [T];
		return answered;
	};
	try {
		await answer(load);
		const before = processorTimeOf(stage.n8n.pid!);
		const outcome = await answer<LoadOutcome>('go');
		await untilIdle(stage);
		if (outcome.failed === load.count) throw new Error(`No delivery was accepted at ${load.url}`);
		const seconds = (Date.now() - outcome.startedAt) / 1_000;
		const after = processorTimeOf(stage.n8n.pid!);
		return {
			mainThread: (after.mainThread - before.mainThread) / load.count,
			otherThreads: (after.otherThreads - before.otherThreads) / load.count,
			rate: (load.count - outcome.failed) / seconds,
			p50: median(outcome.latenciesMs),
			p99: percentile(outcome.latenciesMs, 0.99),
			failed: outcome.failed,
		};
	} finally {
		driver.kill();
	}
}

/** Waits until every run is over: an answer alone isn't work done. */
async function untilIdle({ client }: Stage): Promise<void> {
	while ((await client.listExecutions({ status: ['new', 'running'] }, 1)).length > 0) {
		await delay(POLL_MS);
	}
}
