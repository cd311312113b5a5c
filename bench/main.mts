/**
 * `npm run bench`: ours and n8n's own nodes side by side, in one run on one real n8n. Prints a table
 * and writes BENCHMARKS.md with its charts, and every figure as JSON.
 *
 *   --quick       few runs of small sizes, to see that everything works; the figures mean nothing
 *   --only=a,b    these rows alone: uploads, memory-uploads, many-files, statuses, engagements,
 *                 parallel, growth, deliveries, signature, loading
 *   --out=folder  where to write; without it a quick or partial run only prints
 *   --render      measures nothing: writes BENCHMARKS.md and charts again from the latest figures,
 *                 for when `findings.mts` or the report has changed
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import * as prettier from 'prettier';

import { interruption } from '../scripts/interruption.mts';
import { judge, type Measurement } from './measurement.mts';
import { summarize, type ProfileSummary } from './profileSummary.mts';
import { drawCharts, type Chart } from './report/charts.mts';
import { describeMachine } from './report/machine.mts';
import { markdown, profilesPage, type Report } from './report/markdown.mts';
import { terminalTable } from './report/terminal.mts';
import { measureDeliveries } from './rows/deliveries.mts';
import { measureEngagements } from './rows/engagements.mts';
import { measureGrowth } from './rows/growth.mts';
import { measureLoading } from './rows/loading.mts';
import { measureManyFiles } from './rows/manyFiles.mts';
import { measureParallelRequests } from './rows/parallelRequests.mts';
import { measureSignatures } from './rows/signature.mts';
import { measureStatuses } from './rows/statuses.mts';
import { measureUploads } from './rows/upload.mts';
import { FULL, QUICK, type Scale } from './scale.mts';
import { withStage, type Stage } from './stage.mts';

/** As shells report a command that Ctrl-C ended. */
const INTERRUPTED = 130;
const HOT_SPOTS = 15;
const ROOT = join(import.meta.dirname, '..');
const CHARTS_FOLDER = join('docs', 'benchmarks');
const FIGURES = 'results.json';
const PROFILES = 'profiles.md';

interface Row {
	/** Heading of the table that its measurements are in. */
	group: string;
	measure(stage: Stage, scale: Scale): Promise<Measurement[]>;
}

const ROWS: Record<string, Row> = {
	uploads: {
		group: 'One file, disk mode',
		measure: async (stage, scale) => await measureUploads(stage, scale, 'filesystem'),
	},
	'memory-uploads': {
		group: 'One file, memory mode',
		measure: async (stage, scale) => await measureUploads(stage, scale, 'default'),
	},
	'many-files': { group: 'Many requests', measure: measureManyFiles },
	statuses: { group: 'Many requests', measure: measureStatuses },
	engagements: { group: 'Many requests', measure: measureEngagements },
	parallel: { group: 'Parallel Requests', measure: measureParallelRequests },
	growth: { group: 'Growth', measure: measureGrowth },
	deliveries: { group: 'Deliveries', measure: measureDeliveries },
	signature: { group: 'Signatures and loading', measure: measureSignatures },
	loading: { group: 'Signatures and loading', measure: measureLoading },
};

interface Choice {
	scale: Scale;
	rows: string[];
	/** Undefined to print only. */
	out: string | undefined;
	render: boolean;
}

/** @throws Error when a row isn't known */
function readChoice(): Choice {
	const { quick, only, out, render } = parseArgs({
		options: {
			quick: { type: 'boolean', default: false },
			only: { type: 'string' },
			out: { type: 'string' },
			render: { type: 'boolean', default: false },
		},
	}).values;
	const rows = only?.split(',') ?? Object.keys(ROWS);
	const unknown = rows.filter((row) => !(row in ROWS));
	if (unknown.length > 0) {
		throw new Error(`Unknown: ${unknown.join(', ')}. Rows are ${Object.keys(ROWS).join(', ')}`);
	}
	const whole = !quick && only === undefined;
	return {
		scale: quick ? QUICK : FULL,
		rows,
		out: out === undefined ? (whole ? ROOT : undefined) : resolve(out),
		render,
	};
}

async function measureAll(stage: Stage, { scale, rows }: Choice): Promise<Report> {
	const started = Date.now();
	const measurements: Report['measurements'] = [];
	const profiles: Record<string, ProfileSummary> = {};
	for (const row of rows) {
		console.log(`Measuring ${row}…`);
		const { group, measure } = ROWS[row]!;
		const measured = (await measure(stage, scale)).map((one) => ({ ...one, group }));
		for (const measurement of measured) {
			const { id, profile, isProfiled } = measurement;
			if (profile && (isProfiled || judge(measurement).some(({ met }) => !met))) {
				profiles[id] = summarize(await profile(), HOT_SPOTS);
			}
		}
		measurements.push(...measured);
		console.log(`  done after ${Math.round((Date.now() - started) / 1_000)} s`);
	}
	return {
		at: new Date().toISOString(),
		minutes: Math.round((Date.now() - started) / 60_000),
		machine: describeMachine(stage.n8nFolder),
		measurements,
		profiles,
	};
}

async function write(report: Report, out: string): Promise<void> {
	const charts = drawCharts(report.measurements);
	const folder = join(out, CHARTS_FOLDER);
	await rm(folder, { recursive: true, force: true });
	await mkdir(folder, { recursive: true });
	for (const { id, svg } of charts) await writeFile(join(folder, `${id}.svg`), svg);
	const chartPath = ({ id }: Chart) => `docs/benchmarks/${id}.svg`;
	const style = await prettier.resolveConfig(join(ROOT, 'BENCHMARKS.md'));
	const formatted = async (text: string, parser: 'markdown' | 'json') =>
		await prettier.format(text, { ...style, parser });
	const text = await formatted(markdown(report, charts, chartPath), 'markdown');
	await writeFile(join(out, 'BENCHMARKS.md'), text);
	await writeFile(join(folder, PROFILES), await formatted(profilesPage(report), 'markdown'));
	const json = JSON.stringify({
		...report,
		measurements: report.measurements.map((measurement) => ({
			...measurement,
			profile: undefined,
			targets: judge(measurement),
		})),
	});
	await writeFile(join(folder, FIGURES), await formatted(json, 'json'));
	console.log(`\nWritten: ${join(out, 'BENCHMARKS.md')} and ${folder}`);
}

const interrupted = interruption();
let exitCode = INTERRUPTED;
try {
	const choice = readChoice();
	if (choice.render) {
		const out = choice.out ?? ROOT;
		const figures = await readFile(join(out, CHARTS_FOLDER, FIGURES), 'utf8');
		await write(JSON.parse(figures) as Report, out);
		process.exit(0);
	}
	await withStage(interrupted, async (stage) => {
		const report = await measureAll(stage, choice);
		console.log(`\n${terminalTable(report.measurements)}`);
		if (choice.out) await write(report, choice.out);
		exitCode = 0;
	});
} catch (error) {
	console.error(`\n${(error as Error).message}`);
	exitCode = 1;
}
process.exit(exitCode);
