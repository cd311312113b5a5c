import { setTimeout as delay } from 'node:timers/promises';

import type { UploadRecord } from '../../sandbox/stats.mts';
import type { Fleet } from './fleet/fleet.mts';

export interface Fault {
	name: string;
	/** @returns the uploads that it cut off */
	inject(fleet: Fleet): Promise<UploadRecord[] | void>;
}

const OUTAGE_MS = 60_000;
/** The sandbox leaves uploads unread for so long, and so notices as late that one was cut off. */
const UNREAD_MS = 8_000;
const UPLOADS_AT_ONCE = 8;

/** What can happen to a fleet under load, each for itself. */
export const FAULTS: Fault[] = [
	{
		name: 'kill -9 a worker',
		async inject({ workers, supervisor, sandbox }) {
			const { admin } = sandbox;
			const cutOff = async () =>
				(await admin.stats()).uploads.filter(({ status }) => status === null);
			const before = await cutOff();
			await admin.addFault({
				kind: 'slow',
				operation: 'submitEvidence',
				times: 20,
				delayMs: UNREAD_MS,
			});
			// Some runs are uploading, unless they do something else.
			const begun = Date.now();
			while ((await admin.stats()).inFlight < UPLOADS_AT_ONCE && Date.now() < begun + UNREAD_MS) {
				await delay(100);
			}
			await workers[0]!.kill();
			await delay(UNREAD_MS + 500);
			await admin.clearFaults();
			await supervisor.settled();
			return (await cutOff()).slice(before.length);
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
