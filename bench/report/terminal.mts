import type { Measurement } from '../measurement.mts';
import { cellsOf, judgeAll, verdictText } from './rows.mts';

/** The figures for a terminal: medians, and ratios of medians with the smallest and largest of a pair. */
export function terminalTable(measurements: Measurement[]): string {
	const lines: string[] = [];
	let work = '';
	for (const { measurement, verdicts } of judgeAll(measurements)) {
		if (measurement.work !== work) lines.push('', measurement.work);
		work = measurement.work;
		const [figure, ours, others] = cellsOf(measurement);
		const setting = measurement.choice ? `, ${measurement.choice.setting}` : '';
		lines.push(`  ${figure}${setting}: ${ours} · ${others!.replaceAll('<br>', ' · ')}`);
		for (const verdict of verdicts) {
			lines.push(`    ${verdictText(measurement, verdict).replaceAll('**', '')}`);
		}
	}
	return lines.join('\n');
}
