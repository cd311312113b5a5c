import { setTimeout as delay } from 'node:timers/promises';

import type { Fleet } from './fleet/fleet.mts';

export interface Fault {
	name: string;
	/** @returns more about it, for the summary */
	inject(fleet: Fleet): Promise<string | void>;
}

const OUTAGE_MS = 60_000;

/** What can happen to a fleet under load, each for itself. */
export const FAULTS: Fault[] = [
	{
		name: 'kill -9 a worker',
		async inject({ workers, supervisor, sandbox }) {
			const { admin } = sandbox;
			const cutOff = async () =>
				(await admin.stats()).uploads.filter(({ status }) => status === null).length;
			// Where files are being uploaded, it's killed with some of them half sent.
			const before = await cutOff();
			await admin.addFault({
				kind: 'slow',
				operation: 'submitEvidence',
				times: 20,
				delayMs: 3_000,
			});
			await delay(1_500);
			await workers[0]!.kill();
			await delay(100);
			const uploads = (await cutOff()) - before;
			await admin.clearFaults();
			await supervisor.settled();
			return `with ${uploads} uploads under way`;
		},
	},
	{
		name: 'Redis restarts',
		inject: async ({ redis }) => await redis.restart(),
	},
	{
		name: 'PostgreSQL restarts',
		inject: async ({ postgres }) => await postgres.restart(),
	},
	{
		name: 'kill -9 a webhook processor',
		async inject({ processors, supervisor }) {
			await processors[0]!.kill();
			await supervisor.settled();
		},
	},
	{
		name: 'the sandbox is down for a minute',
		inject: async (fleet) => await fleet.sandboxDownFor(OUTAGE_MS),
	},
];
