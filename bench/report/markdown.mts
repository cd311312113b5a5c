import type { Measurement } from '../measurement.mts';
import type { ProfileSummary } from '../profileSummary.mts';
import { notes, whyMissed } from '../findings.mts';
import { median } from '../statistics.mts';
import type { Chart } from './charts.mts';
import { percent, quantity } from './format.mts';
import type { Machine } from './machine.mts';
import { cellsOf, HEADINGS, judgeAll, verdictText, type Judged } from './rows.mts';

export interface Report {
	/** ISO 8601, of the run's end. */
	at: string;
	minutes: number;
	machine: Machine;
	/** Each with the heading of its table. */
	measurements: Array<Measurement & { group: string }>;
	/** Of ours, by the measurement's id. */
	profiles: Record<string, ProfileSummary>;
}

/** BENCHMARKS.md. @param chartPath where a chart's file is, from there */
export function markdown(
	{ at, minutes, machine, measurements }: Report,
	charts: Chart[],
	chartPath: (chart: Chart) => string,
): string {
	const judged = judgeAll(measurements);
	const verdicts = judged.flatMap((one) => one.verdicts);
	const missed = judged.filter((one) => one.verdicts.some(({ met }) => !met));
	const met = verdicts.filter((verdict) => verdict.met).length;
	const { cpu, cores, memoryGiB, system, node, n8n, package: version } = machine;
	return [
		'# Benchmarks',
		`Auditdex ${version} against what you would use instead: n8n's **HTTP Request** node, and **Webhook + Crypto + If**. One run of \`npm run bench\` on ${at.slice(0, 10)}, in ${minutes} minutes, on ${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, with Node.js ${node} and n8n ${n8n}. ${met} of ${verdicts.length} targets are met.`,
		'[How it is measured](docs/benchmark-method.md) · [every figure of every run](docs/benchmarks/results.json) · [profiles](docs/benchmarks/profiles.md)',
		'## Results',
		'Medians. A ratio is that of the medians; in parentheses the smallest and the largest of a pair of runs.',
		...groups(measurements).flatMap(([group, ofGroup]) => [
			`### ${group}`,
			...(notes[group] ? [notes[group]] : []),
			tableOf(ofGroup),
		]),
		'## Missed targets',
		...(missed.length === 0 ? ['None.'] : []),
		...missed.map(
			({ measurement, verdicts: all }) =>
				`- **${measurement.work}: ${measurement.figure}**: ${all
					.filter((verdict) => !verdict.met)
					.map((verdict) => verdictText(measurement, verdict))
					.join('; ')}. ${whyMissed(measurement.id)}`,
		),
		'## Charts',
		...charts.map((chart) => `![${chart.title}](${chartPath(chart)})`),
	].join('\n\n');
}

/** The profiles: where n8n's main thread spends its time. */
export function profilesPage({ measurements, profiles }: Report): string {
	const profiled = measurements.filter(({ id }) => profiles[id]);
	return [
		'# Profiles',
		"Of one more run of ours: where the time goes that n8n's main thread is busy, by package (with what it called of Node.js and V8) and by function.",
		...profiled.flatMap(({ id, work }) => {
			const { busyMs, idleMs, hotSpots, packages } = profiles[id]!;
			return [
				`## ${work}`,
				`${Math.round(busyMs)} ms busy, ${Math.round(idleMs)} ms idle.`,
				table(
					['Share', 'Package', 'Share', 'Function', 'Of'],
					hotSpots.map((spot, index) => {
						const one = packages[index];
						return [
							one ? percent(one.share) : '',
							one?.name ?? '',
							percent(spot.share),
							`\`${spot.name}\``,
							spot.place,
						];
					}),
				),
			];
		}),
	].join('\n\n');
}

function groups(measurements: Report['measurements']): Array<[string, Measurement[]]> {
	const shown = measurements.filter(({ isDetail }) => !isDetail);
	return [...Map.groupBy(shown, ({ group }) => group)];
}

function tableOf(measurements: Measurement[]): string {
	const choices = measurements.filter(({ choice }) => choice !== undefined);
	if (choices.length > 0) return choiceTable(choices);
	return table(HEADINGS, judgeAll(measurements).map(rowOf));
}

function rowOf({ measurement, verdicts }: Judged): string[] {
	const targets = verdicts.map((verdict) => verdictText(measurement, verdict));
	return [measurement.work, ...cellsOf(measurement), targets.join('<br>')];
}

/** One row a setting, one column a kind of work, and what the built-in node takes for it on top. */
function choiceTable(measurements: Measurement[]): string {
	const columns = [...Map.groupBy(measurements, ({ choice }) => choice!.column)];
	const settings = [...new Set(measurements.map(({ choice }) => choice!.setting))];
	const [first] = measurements;
	const other = first!.builtIn[0]!.name;
	return table(
		['', ...columns.map(([column]) => column)],
		[
			[other, ...columns.map(([, [one]]) => quantity(median(one!.builtIn[0]!.values), one!.unit))],
			...settings.map((setting) => [
				`${first!.ours.name}, ${setting}`,
				...columns.map(([, ofColumn]) => {
					const one = ofColumn.find(({ choice }) => choice!.setting === setting)!;
					const ours = median(one.ours.values);
					const share = ours / median(one.builtIn[0]!.values);
					return `${quantity(ours, one.unit)} (${share.toFixed(2)})`;
				}),
			]),
		],
	);
}

function table(headings: string[], rows: string[][]): string {
	const line = (cells: string[]) =>
		`| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
	return [line(headings), line(headings.map(() => '---')), ...rows.map(line)].join('\n');
}
