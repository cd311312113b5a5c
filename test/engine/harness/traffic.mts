import type { Sandbox } from '../../../sandbox/server.mts';

/** How many requests the sandbox has received since its counts were reset. */
export interface Traffic {
	total: number;
	token: number;
	listEngagements: number;
	submitEvidence: number;
	getControl: number;
}

export async function requestsSeen(sandbox: Sandbox): Promise<Traffic> {
	const { requests } = await sandbox.admin.stats();
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
