import { setTimeout as delay } from 'node:timers/promises';

import fastify from 'fastify';
import type { IDataObject } from 'n8n-workflow';

/** What a workflow said it has done, counted outside n8n. */
export interface Report {
	/** Of the event or file that the run was about. */
	id: string;
	executionId: string;
	at: number;
	/** What the run had to show. */
	result: IDataObject;
}

export interface Reports {
	/** Where workflows send theirs, as JSON. */
	url: string;
	all: Report[];
	/** Reports by the id of what they are about. */
	byId(): Map<string, Report[]>;
	/** @throws Error when not all of them have been reported on in time */
	waitFor(ids: readonly string[], timeoutMs?: number): Promise<void>;
	close(): Promise<void>;
}

/** Starts the server that the last node of every workflow of the tests reports to. */
export async function startReports(): Promise<Reports> {
	const all: Report[] = [];
	const app = fastify({ forceCloseConnections: true });
	app.post<{ Body: Omit<Report, 'at'> }>('/', async ({ body }) => {
		all.push({ ...body, at: Date.now() });
		return {};
	});
	const url = await app.listen({ host: '127.0.0.1', port: 0 });
	const byId = () => Map.groupBy(all, ({ id }) => id);
	return {
		url,
		all,
		byId,
		async waitFor(ids, timeoutMs = 120_000) {
			for (const deadline = Date.now() + timeoutMs; ; await delay(100)) {
				const reported = byId();
				const missing = ids.filter((id) => !reported.has(id));
				if (missing.length === 0) return;
				if (Date.now() > deadline) {
					throw new Error(`${missing.length} of ${ids.length} have not been reported on`);
				}
			}
		},
		close: async () => await app.close(),
	};
}
