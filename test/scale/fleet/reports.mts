import fastify from 'fastify';
import type { IDataObject } from 'n8n-workflow';

/** What a workflow said it has done, counted outside n8n. */
export interface Report {
	/** Of the event or file that the run was about. */
	id: string;
	executionId: string;
	/** `webhook`, or `retry` for a run that was started again. */
	mode: string;
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
	return {
		url,
		all,
		byId: () => Map.groupBy(all, ({ id }) => id),
		close: async () => await app.close(),
	};
}
