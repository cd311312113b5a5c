/**
 * Stand-ins, on loopback, for the company's own systems that the example workflows work with: a
 * server with reports to collect, a ticket tracker (Jira's API) and a chat (Mattermost's API).
 */
import fastify from 'fastify';

/** What the examples call the server with reports. */
export const REPORTS_ORIGIN = 'https://reports.example.com';

const ACCESS_REVIEW = `account,system,role,last_login,reviewed_by,decision
a.okafor,identity-provider,super-admin,2026-04-17,m.lindqvist,keep
b.sorensen,identity-provider,group-admin,2026-04-19,m.lindqvist,keep
c.duarte,production-database,owner,2026-02-02,m.lindqvist,revoke
d.petrov,production-database,read-only,2026-04-20,m.lindqvist,keep
e.yamada,cloud-console,organization-admin,2026-04-18,t.brandt,keep
f.nkosi,cloud-console,billing-admin,2025-12-11,t.brandt,revoke
svc-deploy,cloud-console,deployer,2026-04-20,t.brandt,keep
svc-backup,production-database,backup-operator,2026-04-20,t.brandt,keep
`;

export interface Ticket {
	key: string;
	summary: string;
	description: string;
	labels: string[];
}

export interface CompanySystems {
	origin: string;
	/** Opened so far. */
	tickets: Ticket[];
	/** Chat messages posted so far. */
	messages: string[];
	close(): Promise<void>;
}

export async function startCompanySystems(): Promise<CompanySystems> {
	const tickets: Ticket[] = [];
	const messages: string[] = [];
	const app = fastify({ forceCloseConnections: true });

	app.get('/access-review.csv', async (_request, reply) => {
		return await reply.type('text/csv').send(ACCESS_REVIEW);
	});

	app.get('/rest/api/2/issuetype', async () => [{ id: '10001', name: 'Task', subtask: false }]);
	app.post<{ Body: { jql: string } }>('/rest/api/2/search/jql', async ({ body: { jql } }) => ({
		issues: tickets
			.filter(({ labels }) => labels.some((label) => jql.includes(JSON.stringify(label))))
			.map(({ key }) => ({ key })),
	}));
	app.post<{ Body: { fields: Omit<Ticket, 'key'> } }>(
		'/rest/api/2/issue',
		async ({ body: { fields } }, reply) => {
			const key = `AUDIT-${tickets.length + 1}`;
			const { summary, description, labels } = fields;
			tickets.push({ key, summary, description, labels });
			return await reply.code(201).send({ id: String(10_000 + tickets.length), key });
		},
	);

	app.post<{ Body: { message: string } }>('/api/v4/posts', async ({ body }, reply) => {
		messages.push(body.message);
		return await reply.code(201).send({ id: String(messages.length), message: body.message });
	});

	const origin = await app.listen({ host: '127.0.0.1', port: 0 });
	return { origin, tickets, messages, close: async () => await app.close() };
}
