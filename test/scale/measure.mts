/** Throughput for one, two and four processes, and what bounds it. */
import { readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';

import { format, resolveConfig } from 'prettier';

import { CORES, cpuSeconds, keepTo, PARTS, type CpuSeconds } from './cpu.mts';
import { writeFiles } from './files.mts';
import { withFleet, type Fleet } from './fleet/fleet.mts';
import { deliver, inParallel } from './sender.mts';
import {
	findingThatAsksFor,
	newCredential,
	newFinding,
	onFinding,
	onFindingSubmit,
} from './workflows.mts';
import { measureGaps, PAIRS, type Gap } from './scenarios/exactlyOnce.mts';
import type { Event } from './scenarios/underFaults.mts';

const SIZES = [1, 2, 4];
const DELIVERIES = 200;
const SUBMISSIONS = 60;
const BYTES = 64 * 1024;
const AT_ONCE = 16;
const ROUNDS = 3;
const PAGE = join(import.meta.dirname, '..', '..', 'docs', 'scaling.md');
/** What's between the marks of this name is written by us. */
const marks = (name: string) => new RegExp(`(<!-- ${name}: .* -->\n)[^]*(<!-- /${name} -->)`);

interface Throughput {
	perSecond: number;
	/** Milliseconds of processor time for one, by part. */
	cpuMs: CpuSeconds;
	/** Of all cores, from 0 to 1. */
	busy: number;
}

type Row = Record<'accepted' | 'run' | 'submitted', Throughput>;

/** Does the work and divides it by the time it took. */
async function timed(fleet: Fleet, count: number, work: () => Promise<void>): Promise<Throughput> {
	const before = cpuSeconds(fleet);
	const started = performance.now();
	await work();
	const seconds = (performance.now() - started) / 1_000;
	const after = cpuSeconds(fleet);
	const parts = Object.keys(after) as Array<keyof CpuSeconds>;
	const used = parts.reduce((sum, part) => sum + after[part] - before[part], 0);
	return {
		perSecond: count / seconds,
		cpuMs: Object.fromEntries(
			parts.map((part) => [part, ((after[part] - before[part]) * 1_000) / count]),
		) as CpuSeconds,
		busy: used / (seconds * CORES),
	};
}

/** The median by throughput of several rounds; the first one warms up. */
async function median(measureOnce: () => Promise<Throughput>): Promise<Throughput> {
	await measureOnce();
	const rounds: Throughput[] = [];
	for (let round = 0; round < ROUNDS; round++) rounds.push(await measureOnce());
	return rounds.sort((a, b) => a.perSecond - b.perSecond)[Math.floor(ROUNDS / 2)]!;
}

const sendAll = async (url: string, events: readonly Event[]): Promise<void> => {
	await inParallel(events, AT_ONCE, async ({ delivery }) => await deliver(url, delivery));
};

/** Deliveries taken in and queued, with no worker there. */
async function accepted(fleet: Fleet, url: string): Promise<Throughput> {
	const events = Array.from({ length: DELIVERIES }, newFinding);
	return await timed(fleet, events.length, async () => await sendAll(url, events));
}

/** The same with each webhook processor on a core of its own: n8n uses more than one where it can. */
async function acceptedOnOneCoreEach(fleet: Fleet, url: string): Promise<Map<number, Throughput>> {
	const { processors, proxy } = fleet;
	const taken = new Map<number, Throughput>();
	for (const size of SIZES.filter((each) => each <= CORES)) {
		const used = processors.slice(0, size);
		used.forEach((processor, core) => keepTo(String(core), processor));
		proxy.processors = used.map((processor) => processor.url);
		taken.set(size, await median(async () => await accepted(fleet, url)));
		console.log(`${size} webhook processors on a core each accept ${show(taken.get(size)!)}`);
	}
	for (const processor of processors) keepTo(`0-${CORES - 1}`, processor);
	return taken;
}

/** Deliveries until the last run has reported. */
async function run(fleet: Fleet, url: string): Promise<Throughput> {
	const events = Array.from({ length: DELIVERIES }, newFinding);
	return await timed(fleet, events.length, async () => {
		await sendAll(url, events);
		await fleet.reports.waitFor(
			events.map(({ id }) => id),
			300_000,
		);
	});
}

async function submitted(fleet: Fleet, url: string, name: string): Promise<Throughput> {
	const files = await writeFiles(fleet.filesFolder, name, SUBMISSIONS, BYTES);
	const events = files.map((file) => ({ id: file, delivery: findingThatAsksFor(file) }));
	return await timed(fleet, events.length, async () => {
		await sendAll(url, events);
		await fleet.reports.waitFor(files, 300_000);
	});
}

export async function measure(interrupted: Promise<void>): Promise<void> {
	await withFleet({ workers: 0, processors: Math.max(...SIZES) }, interrupted, async (fleet) => {
		const urls = fleet.proxy.processors;
		const deliveries = await onFinding(fleet);
		const submissions = await onFindingSubmit(fleet, await newCredential(fleet));
		const rows = new Map<number, Row>();
		const taken = new Map<number, Throughput>();
		for (const size of SIZES) {
			fleet.proxy.processors = urls.slice(0, size);
			taken.set(size, await median(async () => await accepted(fleet, deliveries.url)));
			console.log(`${size} webhook processors accept ${show(taken.get(size)!)}`);
		}
		const onOneCore = await acceptedOnOneCoreEach(fleet, deliveries.url);
		let files = 0;
		for (const size of SIZES) {
			while (fleet.workers.length < size) fleet.workers.push(await fleet.add('worker'));
			fleet.proxy.processors = urls.slice(0, size);
			const row = {
				accepted: taken.get(size)!,
				// The first round works off what is queued.
				run: await median(async () => await run(fleet, deliveries.url)),
				submitted: await median(
					async () => await submitted(fleet, submissions.url, `measure-${files++}`),
				),
			};
			rows.set(size, row);
			console.log(`${size} + ${size} run ${show(row.run)}; submit ${show(row.submitted)}`);
		}
		await writePage(rows, onOneCore, await measureGaps(fleet));
	});
}

const show = ({ perSecond, busy }: Throughput) =>
	`${perSecond.toFixed(1)} a second (${Math.round(busy * 100)} % of all cores)`;

/** API page, "Rate Limits": requests a minute of the Enterprise plan. */
const PLAN_PER_MINUTE = 600;
/** What a trigger keeps in static data: 16 characters for each of 1,024 deliveries (`deliveryMemory.ts`). */
const STATIC_DATA_KIB = (1_024 * 16) / 1024;

/** What each part could do with one core to itself. */
function limits({ run, submitted }: Row, onOneCore: Map<number, Throughput>): string[] {
	const most = (cpuMs: number) => Math.floor(1_000 / cpuMs);
	const inAll = (cpuMs: CpuSeconds) => PARTS.reduce((sum, part) => sum + cpuMs[part], 0);
	const plan = PLAN_PER_MINUTE / 60;
	const accepts = onOneCore.get(1)!.perSecond;
	return [
		`A webhook processor accepts ${accepts.toFixed(0)} deliveries a second with a core of its own, a worker runs ${most(run.cpuMs.workers)} or submits ${most(submitted.cpuMs.workers)} files.`,
		`A core of PostgreSQL is used up by ${most(run.cpuMs.PostgreSQL)} deliveries a second, from their acceptance to the end of their runs.`,
		`100 deliveries a second need ${((inAll(run.cpuMs) * 100) / 1_000).toFixed(1)} cores in all, the sender's not counted, and ${Math.ceil(100 / accepts)} webhook processors: each starts the runs of a workflow one at a time, on one thread, and gets no further than that with more cores. [Without isolates](#isolates) it's several times as many.`,
		`Before any of that, AUDITDEX's Enterprise plan (${PLAN_PER_MINUTE} requests a minute) allows ${plan} submissions a second, ${plan / 2} with Skip If Submitted, which asks first.`,
		`Each delivery stores its workflow's static data anew, ${STATIC_DATA_KIB} KiB in one row of PostgreSQL: 100 a second are ${((STATIC_DATA_KIB * 100) / 1024).toFixed(1)} MiB a second to write, one after the other. Spread more than that over several workflows.`,
	];
}

const gapTable = (gaps: Gap[]): string =>
	[
		`| Second copy after | Of ${PAIRS} deliveries ran twice | An answer took |`,
		'| --- | --- | --- |',
		...gaps.map(({ gapMs, doubles, answerMs }) => `| ${gapMs} ms | ${doubles} | ${answerMs} ms |`),
	].join('\n');

async function writePage(
	rows: Map<number, Row>,
	onOneCore: Map<number, Throughput>,
	gaps: Gap[],
): Promise<void> {
	const one = rows.get(1)!;
	const two = rows.get(2)!;
	const table = [
		'| Webhook processors + workers | Deliveries accepted a second | Deliveries run a second | Submissions a second |',
		'| --- | --- | --- | --- |',
		...[...rows].map(
			([size, { accepted, run, submitted }]) =>
				`| ${size} + ${size} | ${show(accepted)} | ${show(run)} | ${show(submitted)} |`,
		),
	];
	const costs = [
		'| Milliseconds of processor time for one | accepted | run | submitted |',
		'| --- | --- | --- | --- |',
		...[...PARTS, 'test' as const].map((part) => {
			const cells = (['accepted', 'run', 'submitted'] as const).map((column) =>
				two[column].cpuMs[part].toFixed(1),
			);
			const name = part === 'test' ? 'sender, proxy and sandbox' : part;
			return `| ${name} | ${cells.join(' | ')} |`;
		}),
	];
	const ratio = (column: keyof Row) => (two[column].perSecond / one[column].perSecond).toFixed(2);
	const alone = onOneCore.get(1)!;
	const scaling = [
		`With each webhook processor on a core of its own, one accepts ${show(alone)}`,
		...[...onOneCore]
			.filter(([size]) => size > 1)
			.map(
				([size, several]) =>
					`${size} accept ${show(several)}, ${(several.perSecond / alone.perSecond).toFixed(2)} times as many`,
			),
	];
	const text = [
		`On ${CORES} cores (${cpus()[0]!.model.trim()}), n8n 2.41.1, files of ${BYTES / 1024} KiB; the sender, the proxy and the sandbox run on the same cores. Medians of ${ROUNDS} rounds.`,
		'',
		...table,
		'',
		`Two of each against one: ${ratio('accepted')} times the deliveries accepted, ${ratio('run')} times those run, ${ratio('submitted')} times the submissions.`,
		'',
		`${scaling.join('; ')}.`,
		'',
		'What one costs with two of each, by process:',
		'',
		...costs,
		'',
		'### Where the next limits are',
		'',
		'From these costs, with as many cores as wanted:',
		'',
		...limits(two, onOneCore).map((line) => `- ${line}`),
		'',
	].join('\n');
	const page = (await readFile(PAGE, 'utf8'))
		.replace(marks('gap'), `$1\n${gapTable(gaps)}\n\n$2`)
		.replace(marks('measured'), `$1\n${text}\n$2`);
	const options = (await resolveConfig(PAGE)) ?? {};
	await writeFile(PAGE, await format(page, { ...options, filepath: PAGE }));
	console.log(`\n${text}\nWritten to docs/scaling.md`);
}
