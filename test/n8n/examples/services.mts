/**
 * The outside services of the example workflows on one local HTTP server, spoken as far as n8n's
 * built-in nodes speak them: a file download, Jira Software, Mattermost, Microsoft Graph (Excel,
 * Outlook) and an OpenAI-compatible chat model. Every request is kept, word for word.
 */
import Fastify, { type FastifyRequest } from 'fastify';

import { chatCompletion, type ChatRequest } from './chatModel.mts';

/** A request as it arrived. */
export interface ReceivedRequest {
	request: string;
	authorization: string | undefined;
	body?: unknown;
}

export interface Services {
	origin: string;
	/** In the order in which they arrived. */
	received: ReceivedRequest[];
	/** While true, the file download answers 503. */
	downloadIsDown: boolean;
	close(): Promise<void>;
}

export const ACCESS_REVIEW = 'account,reviewed\nada,2026-03-31\n';
export const JIRA = { email: 'n8n@example.com', apiToken: 'jira-api-token' };
export const MATTERMOST_TOKEN = 'mattermost-access-token';
export const GRAPH_TOKEN = 'graph-access-token';
export const OPENAI_KEY = 'openai-api-key';

const SHEET_COLUMNS = [
	'Concluded at',
	'Engagement',
	'Control',
	'Status',
	'Conclusion',
	'Findings',
	'Evidence',
];

/** Starts the services on loopback. */
export async function startServices(): Promise<Services> {
	const app = Fastify({ forceCloseConnections: true });
	const received: ReceivedRequest[] = [];
	const services = { origin: '', received, downloadIsDown: false, close: () => app.close() };

	app.addHook('preHandler', async (request, reply) => {
		received.push({
			request: `${request.method} ${decodeURIComponent(request.url)}`,
			authorization: request.headers.authorization,
			...(request.body !== undefined && { body: request.body }),
		});
		if (request.headers.authorization !== authorizationFor(request)) {
			return await reply.code(401).send({ message: 'not signed in' });
		}
	});

	app.get('/access-review.csv', async (_request, reply) => {
		if (services.downloadIsDown) return await reply.code(503).send('down for maintenance');
		return await reply.type('text/csv').send(ACCESS_REVIEW);
	});

	app.get('/rest/api/2/issuetype', async () => [
		{ id: '10001', name: 'Task', subtask: false },
		{ id: '10002', name: 'Sub-task', subtask: true },
	]);
	const openTickets: Array<{ id: string; key: string; self: string; labels: string[] }> = [];
	app.post<{ Body: { fields: { labels?: string[] } } }>(
		'/rest/api/2/issue',
		async ({ body: { fields } }, reply) => {
			const id = String(10_100 + openTickets.length);
			const self = `${services.origin}/rest/api/2/issue/${id}`;
			const ticket = { id, key: `AUD-${7 + openTickets.length}`, self };
			openTickets.push({ ...ticket, labels: fields.labels ?? [] });
			return await reply.code(201).send(ticket);
		},
	);
	app.post<{ Body: { jql: string } }>('/rest/api/2/search/jql', async ({ body: { jql } }) => {
		const label = /^labels = ("[^"\\]*") AND statusCategory != Done$/.exec(jql)?.[1];
		const issues = openTickets.filter(
			({ labels }) => label !== undefined && labels.includes(JSON.parse(label) as string),
		);
		return { issues: issues.map(({ id, key, self }) => ({ id, key, self, fields: {} })) };
	});

	app.post('/api/v4/posts', async (request, reply) => {
		return await reply.code(201).send({ ...(request.body as object), id: 'post-1' });
	});

	app.get('/v1.0/me/drive/items/:workbook/workbook/worksheets/:sheet/usedRange', async () => ({
		address: 'Sheet1!A1:G2',
		values: [SHEET_COLUMNS, SHEET_COLUMNS.map(() => 'earlier')],
	}));
	app.patch<{ Body: { values: unknown[][] } }>(
		'/v1.0/me/drive/items/:workbook/workbook/worksheets/:sheet/:range',
		async ({ body }) => ({ values: body.values }),
	);
	app.post('/v1.0/me/sendMail', async (_request, reply) => await reply.code(202).send());

	app.post<{ Body: ChatRequest }>('/v1/chat/completions', async ({ body }) => chatCompletion(body));

	services.origin = await app.listen({ host: '127.0.0.1', port: 0 });
	return services;
}

/** What each service wants to see; the download is public. */
function authorizationFor({ url }: FastifyRequest): string | undefined {
	if (url.startsWith('/rest/')) {
		return `Basic ${Buffer.from(`${JIRA.email}:${JIRA.apiToken}`).toString('base64')}`;
	}
	if (url.startsWith('/api/v4/')) return `Bearer ${MATTERMOST_TOKEN}`;
	if (url.startsWith('/v1.0/')) return `Bearer ${GRAPH_TOKEN}`;
	if (url.startsWith('/v1/')) return `Bearer ${OPENAI_KEY}`;
	return undefined;
}
