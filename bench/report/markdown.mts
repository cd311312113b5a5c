import type { Measurement } from '../measurement.mts';
import type { ProfileSummary } from '../profileSummary.mts';
import { removedCosts, whyMissed } from '../findings.mts';
import type { Chart } from './charts.mts';
import { percent } from './format.mts';
import type { Machine } from './machine.mts';
import { HEADINGS, judgeAll, rowsOf, verdictText, type Judged } from './rows.mts';

export interface Report {
	/** ISO 8601, of the run's end. */
	at: string;
	minutes: number;
	machine: Machine;
	measurements: Measurement[];
	/** Of ours, for the measurements with a missed target; by the measurement's id. */
	profiles: Record<string, ProfileSummary>;
}

/** BENCHMARKS.md. @param chartPath where a chart's file is, from there */
export function markdown(
	{ at, minutes, machine, measurements, profiles }: Report,
	charts: Chart[],
	chartPath: (chart: Chart) => string,
): string {
	const judged = judgeAll(measurements);
	const verdicts = judged.flatMap((one) => one.verdicts);
	const missed = verdicts.filter(({ met }) => !met).length;
	const { cpu, cores, memoryGiB, system, node, n8n, package: version } = machine;
	return [
		'# Benchmarks',
		`Auditdex ${version} against what you would use instead: n8n's **HTTP Request** node, and **Webhook + Crypto + If**. Written by \`npm run bench\` on ${at.slice(0, 10)}; the run took ${minutes} minutes. ${verdicts.length - missed} of ${verdicts.length} targets are met.`,
		`**Machine**: ${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}; Node.js ${node}, n8n ${n8n}. All files, n8n's database and the sandbox's lie in memory where the system offers that, so that no disk is measured. Every figure of every run is in [docs/benchmarks/results.json](docs/benchmarks/results.json).`,
		'## Results',
		'Medians. A ratio is that of the medians; in parentheses the smallest and the largest of a pair of runs.',
		...works(judged).flatMap(([work, ofWork]) => [
			`### ${work}`,
			table(
				HEADINGS,
				ofWork.flatMap(({ measurement }) => rowsOf(measurement)),
			),
			...targets(ofWork),
		]),
		'## Charts',
		...charts.map((chart) => `![${chart.title}](${chartPath(chart)})`),
		'## Missed targets',
		...(missed === 0 ? ['None.'] : []),
		...judged
			.filter((one) => one.verdicts.some(({ met }) => !met))
			.flatMap(({ measurement, verdicts: all }) => [
				`### ${measurement.work}: ${measurement.figure}`,
				`${all
					.filter(({ met }) => !met)
					.map((verdict) => verdictText(measurement, verdict))
					.join('; ')}. ${whyMissed(measurement.id)}`,
				...profileText(profiles[measurement.id]),
			]),
		'## What was slow, and no longer is',
		...removedCosts.map((cost) => `- ${cost}`),
		'## How it is measured',
		...METHOD.map((line) => `- ${line}`),
	].join('\n\n');
}

/** What was measured of the same work, together. */
function works(judged: Judged[]): Array<[work: string, ofWork: Judged[]]> {
	return [...Map.groupBy(judged, ({ measurement }) => measurement.work)];
}

function targets(judged: Judged[]): string[] {
	const lines = judged
		.filter(({ verdicts }) => verdicts.length > 0)
		.map(({ measurement, verdicts }) => {
			const texts = verdicts.map((verdict) => verdictText(measurement, verdict));
			return `- Target, ${measurement.figure}: ${texts.join('; ')}`;
		});
	return lines.length > 0 ? [lines.join('\n')] : [];
}

function profileText(profile: ProfileSummary | undefined): string[] {
	if (!profile) return [];
	const { busyMs, idleMs, hotSpots, packages } = profile;
	return [
		`Profile of one run of ours, main thread: ${Math.round(busyMs)} ms busy, ${Math.round(idleMs)} ms idle. Where the busy time went, by package (with what it called of Node.js and V8) and by function:`,
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
}

function table(headings: string[], rows: string[][]): string {
	const line = (cells: string[]) =>
		`| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
	return [line(headings), line(headings.map(() => '---')), ...rows.map(line)].join('\n');
}

const METHOD = [
	'**Profiles** are of one more run of ours, after those that are measured.',
	'One n8n, started for the run with the packed package as a community package; for memory mode it is started again on the same folder. The sandbox is a process of its own. Nothing else is to run on the machine.',
	'Contestants alternate (A B A B …) after a warm-up, so that what slows the machine down for a while counts for all. Five pairs at least.',
	'**Time of the node** is what n8n itself takes for the node alone: reading the file and storing the run are not in it. n8n takes whole milliseconds, so up to 1 MiB a run has ten such nodes side by side in one workflow, and the figure is their mean.',
	"**Peak memory over idle** is the highest resident memory of n8n's process during the run (Linux's VmHWM, reset before) less that right before it, after a forced garbage collection.",
	'**HTTP Request** is the latest version of the node, set up as its panel suggests: multipart form data, the same predefined credential. It sends the file without hashing it; ours also hashes it on the way and compares the hash with the stored one. Both get the same work done otherwise.',
	'**Bare Node.js** is undici streaming the same multipart body from the same file while hashing it, and comparing the hash.',
	`**Statuses under the Enterprise limit**: each run starts with the rate limit's bucket at the level that the table names. "Batching set" is what the plan allows, ten requests a second. The plan's minimum is the time until the last request's token is there, for the level at which ours started. Failed requests are counted a run.`,
	'**Deliveries**: a load driver in a process of its own sends distinct, signed bodies that were prepared before; a fixed number are under way at once. Executions are not saved. A delivery counts when its run is over as well, so that a backlog of runs does not pass for speed. The Webhook node answers at once; with Crypto + If the check comes after that answer, so a forged delivery gets a 200, too. It checks the signature alone: neither age nor replays.',
	'**Signature check**: in one process without n8n, with prepared keys. Ours is the comparison with what the header holds, in constant time; the bare HMAC is `createHmac` with the same key over the same bytes, and compares nothing. In the Standard Webhooks form ours and `standardwebhooks` also read the headers and check the timestamp, and `standardwebhooks` parses the body.',
	'**Loading**: a new process each time, which has loaded n8n-workflow, as n8n has. Box is a built-in pair of the same kind: uploads, lists, OAuth2, a webhook trigger. Memory is heap and buffers in use after a garbage collection.',
];
