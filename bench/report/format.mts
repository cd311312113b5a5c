/** Figures as people read them. */
import type { Unit } from '../measurement.mts';
import type { Ratio } from '../statistics.mts';

const MIB = 1024 ** 2;

/** The number alone, in the unit that `unitLabel` names. */
export const scaled = (value: number, unit: Unit): number =>
	unit === 'bytes' ? value / MIB : value;

export const unitLabel = (unit: Unit): string => (unit === 'bytes' ? 'MiB' : unit);

export function number(value: number): string {
	const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
	return value.toLocaleString('en-US', {
		minimumFractionDigits: digits,
		maximumFractionDigits: digits,
	});
}

/** e.g. "1,234 ms" */
export const quantity = (value: number, unit: Unit): string =>
	unit === '/s' ? `${number(value)}/s` : `${number(scaled(value, unit))} ${unitLabel(unit)}`;

/** e.g. "0.59 (0.55–0.63)" */
export const ratioText = ({ ofMedians, smallest, largest }: Ratio): string =>
	`${ofMedians.toFixed(2)} (${smallest.toFixed(2)}–${largest.toFixed(2)})`;

export const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
