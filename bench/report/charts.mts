/** The charts of BENCHMARKS.md, as SVG. */
import * as echarts from 'echarts';

import { OURS, type Contestant, type Measurement } from '../measurement.mts';
import { median } from '../statistics.mts';
import { number, scaled, unitLabel } from './format.mts';

const WIDTH = 860;
const HEIGHT = 380;
const OURS_COLOUR = '#0f766e';
const OTHER_COLOURS = ['#f59e0b', '#c2410c', '#94a3b8', '#475569', '#cbd5e1'];
/** From this ratio of the largest to the smallest bar on, the scale is logarithmic. */
const LOGARITHMIC_FROM = 50;

const TITLES: Record<string, string> = {
	'upload-time-filesystem': 'Submitting one file, disk mode: time of the node (less is better)',
	'upload-memory-filesystem':
		"Submitting one file, disk mode: n8n's peak memory over idle (less is better)",
	'upload-time-default': 'Submitting one file, memory mode: time of the node (less is better)',
	'upload-memory-default':
		"Submitting one file, memory mode: n8n's peak memory over idle (less is better)",
	requests: 'Many requests: time of the node (less is better; failures are in the table)',
	deliveries: 'Deliveries a second (more is better)',
	'growth-items': 'Reading control statuses: time an item, by number of items (less is better)',
	'growth-bytes': 'Submitting one file: time a MiB, by size (less is better)',
	signature: 'Checking a signature (less is better)',
};

export interface Chart {
	id: string;
	title: string;
	svg: string;
}

/** One chart for each group of measurements that names it. */
export function drawCharts(measurements: Measurement[]): Chart[] {
	const ids = new Set(measurements.flatMap(({ chart }) => chart?.id ?? []));
	return [...ids].map((id) => {
		const title = TITLES[id] ?? id;
		return {
			id,
			title,
			svg: draw(
				title,
				measurements.filter(({ chart }) => chart?.id === id),
			),
		};
	});
}

const contestantsOf = ({ ours, builtIn, limit }: Measurement): Contestant[] => [
	ours,
	...builtIn,
	...(limit ? [limit] : []),
];

const seriesOf = ({ name, series = name }: Contestant): string => series;

function draw(title: string, measurements: Measurement[]): string {
	const { unit } = measurements[0]!;
	const names = [...new Set(measurements.flatMap(contestantsOf).map(seriesOf))];
	const values = new Map(
		names.map((name) => [
			name,
			measurements.map((measurement) => {
				const one = contestantsOf(measurement).find((contestant) => seriesOf(contestant) === name);
				return one ? scaled(median(one.values), unit) : null;
			}),
		]),
	);
	const all = [...values.values()]
		.flat()
		.filter((value) => value !== null && value > 0) as number[];
	const logarithmic = Math.max(...all) / Math.min(...all) > LOGARITHMIC_FROM;
	const chart = echarts.init(null, null, {
		renderer: 'svg',
		ssr: true,
		width: WIDTH,
		height: HEIGHT,
	});
	chart.setOption({
		animation: false,
		backgroundColor: '#ffffff',
		color: [...(names.includes(OURS) ? [OURS_COLOUR] : []), ...OTHER_COLOURS],
		title: { text: title, left: 'center', textStyle: { fontSize: 15 } },
		legend: { bottom: 0 },
		grid: { left: 70, right: 20, top: 50, bottom: 70 },
		xAxis: { type: 'category', data: measurements.map(({ chart: place }) => place!.category) },
		yAxis: {
			type: logarithmic ? 'log' : 'value',
			name: logarithmic ? `${unitLabel(unit)}, log scale` : unitLabel(unit),
		},
		series: names.map((name) => ({
			name,
			type: 'bar',
			data: values.get(name)!,
			label: {
				show: true,
				position: 'top',
				fontSize: 10,
				formatter: ({ value }: { value: unknown }) =>
					typeof value === 'number' ? number(value) : '',
			},
		})),
	});
	const svg = chart.renderToSVGString();
	chart.dispose();
	return `${svg}\n`;
}
