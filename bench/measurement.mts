/** What was measured, and what it should have been. */
import type { CpuProfile } from './inspector.mts';
import { median, ratio, type Ratio } from './statistics.mts';

/** How a figure is shown; bytes, milliseconds, microseconds, or a number a second. */
export type Unit = 'bytes' | 'ms' | 'µs' | '/s';

export interface Contestant {
	name: string;
	/** Its name in a chart, where those of other measurements are to look the same. */
	series?: string;
	/** One a run; a single one where it's computed and not measured. */
	values: number[];
	/** Items whose work was not done, one number a run; left out where none can fail. */
	failed?: number[];
}

/** A limit for the ratio of our median to another's, for our median itself, or for our failures. */
export interface Target {
	/** The other's name; left out for our own figure in its unit. */
	against?: string;
	/** For the items of ours that failed in all runs. */
	failures?: boolean;
	bound: 'at most' | 'at least';
	value: number;
}

export interface Measurement {
	/** Names it in the findings, e.g. `upload-512-MiB-disk-time`. */
	id: string;
	/** The row of the table. */
	work: string;
	/** What was taken of it, e.g. "time of the node". */
	figure: string;
	unit: Unit;
	ours: Contestant;
	builtIn: Contestant[];
	limit?: Contestant;
	targets: Target[];
	/** The chart that shows it, and its place there. */
	chart?: { id: string; category: string };
	/** One of several settings for the same work, for a table of their own. */
	choice?: { setting: string; column: string };
	/** In the figures only, as others tell enough. */
	isDetail?: boolean;
	/** Profiles the process that does our part, for a target that is missed. */
	profile?: () => Promise<CpuProfile>;
	/** Also where none is missed. */
	isProfiled?: boolean;
}

export const OURS = 'Auditdex';
/** n8n's own node, as it comes. */
export const HTTP_REQUEST = 'HTTP Request';

export interface Verdict extends Target {
	actual: number;
	met: boolean;
}

export function judge(measurement: Measurement): Verdict[] {
	return measurement.targets.map((target) => {
		const actual = actualOf(measurement, target);
		const met = target.bound === 'at most' ? actual <= target.value : actual >= target.value;
		return { ...target, actual, met };
	});
}

function actualOf(measurement: Measurement, { against, failures }: Target): number {
	const { values, failed = [] } = measurement.ours;
	if (failures) return failed.reduce((sum, count) => sum + count, 0);
	return against === undefined ? median(values) : ratioTo(measurement, against).ofMedians;
}

/** Ours over another's. @throws Error when nobody of that name took part */
export function ratioTo({ ours, builtIn, limit }: Measurement, name: string): Ratio {
	const other = [...builtIn, ...(limit ? [limit] : [])].find((one) => one.name === name);
	if (!other) throw new Error(`“${name}” was not measured`);
	return ratio(ours.values, other.values);
}
