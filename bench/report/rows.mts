/** The table, as the terminal and BENCHMARKS.md show it. */
import {
	judge,
	ratioTo,
	type Contestant,
	type Measurement,
	type Verdict,
} from '../measurement.mts';
import { median } from '../statistics.mts';
import { quantity, ratioText } from './format.mts';

export const HEADINGS = ['Work', 'Figure', 'Ours', 'Others, and ours / theirs', 'Targets'];

/** Of the columns above the figure, ours and the others. */
export function cellsOf(measurement: Measurement): string[] {
	const { figure, unit, ours, builtIn, limit } = measurement;
	const cell = (one: Contestant) => `${quantity(median(one.values), unit)}${failures(one)}`;
	const compared = (one: Contestant) =>
		`${one.name}: ${cell(one)}, ${ratioText(ratioTo(measurement, one.name))}`;
	const others = [...builtIn, ...(limit ? [limit] : [])];
	return [figure, cell(ours), others.map(compared).join('<br>')];
}

function failures({ failed = [] }: Contestant): string {
	const most = Math.max(0, ...failed);
	if (most === 0) return '';
	const least = Math.min(...failed);
	return `, ${least === most ? most : `${least}–${most}`} failed`;
}

/** e.g. "≤ 0.65 of HTTP Request: 0.58, met" */
export function verdictText({ unit }: Measurement, verdict: Verdict): string {
	const { against, failures: ofFailures, bound, value, actual, met } = verdict;
	const sign = bound === 'at most' ? '≤' : '≥';
	const outcome = met ? 'met' : '**missed**';
	if (ofFailures) return `${sign} ${value} failed: ${actual}, ${outcome}`;
	if (against === undefined) {
		return `${sign} ${quantity(value, unit)}: ${quantity(actual, unit)}, ${outcome}`;
	}
	return `${sign} ${value} of ${against}: ${actual.toFixed(2)}, ${outcome}`;
}

export interface Judged {
	measurement: Measurement;
	verdicts: Verdict[];
}

export const judgeAll = (measurements: Measurement[]): Judged[] =>
	measurements.map((measurement) => ({ measurement, verdicts: judge(measurement) }));
