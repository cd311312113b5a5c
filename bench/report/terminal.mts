import type { Measurement } from '../measurement.mts';
import { HEADINGS, judgeAll, rowsOf, verdictText } from './rows.mts';

/** The table for a terminal: medians, and ratios of medians with the smallest and largest of a pair. */
export function terminalTable(measurements: Measurement[]): string {
	const lines: string[] = [];
	const rows = measurements.map((measurement) => rowsOf(measurement));
	const widths = HEADINGS.map((heading, column) =>
		Math.max(heading.length, ...rows.flat().map((cells) => cells[column]!.length)),
	);
	const line = (cells: string[]) =>
		`  ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')}`.trimEnd();
	lines.push(line(HEADINGS));
	let work = '';
	for (const [index, { measurement, verdicts }] of judgeAll(measurements).entries()) {
		if (measurement.work !== work) lines.push('', measurement.work);
		work = measurement.work;
		for (const cells of rows[index]!) lines.push(line(cells));
		for (const verdict of verdicts) {
			lines.push(`    ${verdictText(measurement, verdict).replaceAll('**', '')}`);
		}
	}
	return lines.join('\n');
}
