import { expect, vi } from 'vitest';

import type { Sandbox } from '../../../sandbox/server.mts';
import type { StatsReport } from '../../../sandbox/stats.mts';

/** How many requests the sandbox has received since its counts were reset. */
export interface Traffic {
	total: number;
	token: number;
	listEngagements: number;
	submitEvidence: number;
	getControl: number;
}

/** Counts them once none is on its way any more: the end of one that was given up comes a little later. */
export async function requestsSeen(sandbox: Sandbox): Promise<Traffic> {
	const { requests } = await vi.waitFor(
		async () => {
			const stats = await sandbox.admin.stats();
			expect(stats.inFlight).toBe(0);
			return stats;
		},
		{ timeout: 10_000 },
	);
	return trafficOf(requests);
}

/** Of requests by operation and status, how many have been answered. */
export function trafficOf(requests: StatsReport['requests']): Traffic {
	const count = (operation: string) =>
		Object.values(requests[operation] ?? {}).reduce((sum, n) => sum + n, 0);
	return {
		total: Object.keys(requests).reduce((sum, operation) => sum + count(operation), 0),
		token: count('token'),
		listEngagements: count('listEngagements'),
		submitEvidence: count('submitEvidence'),
		getControl: count('getControl'),
	};
}
