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

export const HEADINGS = ['Figure', 'Ours', 'Built-in', 'Ours / built-in', 'Limit', 'Ours / limit'];

/** One row for each built-in way, as text; columns as in `HEADINGS`. */
export function rowsOf(measurement: Measurement): string[][] {
	const { figure, unit, ours, builtIn, limit } = measurement;
	const cell = (one: Contestant) => `${quantity(median(one.values), unit)}${failures(one)}`;
	const named = (one: Contestant) => `${one.name}: ${cell(one)}`;
	const first = [figure, cell(ours)];
	const limits = limit ? [named(limit), ratioText(ratioTo(measurement, limit.name))] : ['', ''];
	if (builtIn.length === 0) return [[...first, '', '', ...limits]];
	return builtIn.map((other, index) => [
		...(index === 0 ? first : ['', '']),
		named(other),
		ratioText(ratioTo(measurement, other.name)),
		...(index === 0 ? limits : ['', '']),
	]);
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
