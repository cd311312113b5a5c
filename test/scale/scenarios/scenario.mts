import type { Fleet } from '../fleet/fleet.mts';

export interface Scenario {
	name: string;
	/**
	 * @returns figures for the summary, a line each
	 * @throws Error where something isn't as it must be
	 */
	run(fleet: Fleet): Promise<string[]>;
}
