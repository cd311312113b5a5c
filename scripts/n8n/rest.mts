/**
 * n8n's own REST API (what its editor calls) as calls of a signed-in owner.
 *
 *   signIn(url)  → N8nClient; sets the owner up first in a new user folder
 *   OWNER        e-mail address and password of that owner, for a browser
 *   N8nClient    createCredential, updateCredential, testCredential, deleteCredential,
 *                importWorkflow, getWorkflow, updateWorkflow, deleteWorkflow,
 *                activate, deactivate, webhookUrl, waitForWebhook,
 *                runManually, run (runManually + waitForExecution),
 *                listExecutions, listAllExecutions, getExecution, waitForExecution,
 *                downloadBinary, editorFile, call (any other endpoint)
 *   Execution    status, error, output(node) → its items
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Readable } from 'node:stream';
import { parse } from 'flatted';
import type {
	IConnections,
	IDataObject,
	INode,
	INodeExecutionData,
	IRunExecutionData,
	IWorkflowSettings,
} from 'n8n-workflow';
import { Agent, request } from 'undici';

/** The owner of the n8n instances that are set up here; they listen on loopback only. */
export const OWNER = {
	email: 'auditor@example.com',
	password: 'Evidence-2026',
	firstName: 'Ada',
	lastName: 'Auditor',
} as const;

const POLL_MS = 100;

/** Well before n8n, however busy, closes a connection after five seconds without a request. */
export const SHORT_KEEP_ALIVE = { keepAliveTimeout: 1_000, keepAliveMaxTimeout: 1_000 };

/** A workflow as n8n exports it. */
export interface WorkflowFile {
	name: string;
	nodes: INode[];
	connections: IConnections;
	settings?: IWorkflowSettings;
	pinData?: IDataObject;
	active?: boolean;
}

export interface Workflow extends WorkflowFile {
	id: string;
	versionId: string;
	activeVersionId: string | null;
}

/** What a node refers to a credential by. */
export interface CredentialReference {
	id: string;
	name: string;
}

export interface CredentialTestResult {
	status: 'OK' | 'Error';
	message: string;
}

export type ExecutionStatus =
	| 'success'
	| 'error'
	| 'crashed'
	| 'canceled'
	| 'running'
	| 'new'
	| 'waiting';

export interface ExecutionSummary {
	id: string;
	workflowId: string;
	status: ExecutionStatus;
	mode: string;
	startedAt: string | null;
	stoppedAt: string | null;
	/** The run that this one repeats. */
	retryOf: string | null;
	/** The run that repeated this one and went well. */
	retrySuccessId: string | null;
}

/** A run with its data. */
export interface Execution extends ExecutionSummary {
	data: IRunExecutionData;
	/** What stopped the run: message and description as the editor shows them. */
	error?: { message: string; description?: string | null; [key: string]: unknown };
	/** All items a node put out on its first output, over all of its runs. */
	output(node: string): INodeExecutionData[];
}

/**
 * @param url of n8n, without a path
 * @throws Error when n8n has another owner
 */
export async function signIn(url: string, owner: typeof OWNER = OWNER): Promise<N8nClient> {
	const client = new N8nClient(url);
	const settings = await client.call<{ userManagement: { showSetupOnFirstLoad: boolean } }>(
		'GET',
		'/settings',
	);
	if (settings.userManagement.showSetupOnFirstLoad) {
		await client.call('POST', '/owner/setup', owner);
	} else {
		await client.call('POST', '/login', {
			emailOrLdapLoginId: owner.email,
			password: owner.password,
		});
	}
	return client;
}

export class N8nClient {
	readonly url: string;

	private cookie = '';

	/** n8n binds the session to it. */
	private readonly browserId = randomUUID();

	private readonly agent = new Agent({ headersTimeout: 0, bodyTimeout: 0, ...SHORT_KEEP_ALIVE });

	constructor(url: string) {
		this.url = url;
	}

	/**
	 * Calls an endpoint under `/rest`.
	 * @returns the answer's `data`
	 * @throws Error with n8n's message when it refuses
	 */
	async call<T = unknown>(method: string, path: string, body?: object): Promise<T> {
		const response = await request(`${this.url}/rest${path}`, {
			method: method as 'GET',
			dispatcher: this.agent,
			headers: {
				'browser-id': this.browserId,
				cookie: this.cookie,
				...(body && { 'content-type': 'application/json' }),
			},
			...(body && { body: JSON.stringify(body) }),
		});
		const setCookie = [response.headers['set-cookie'] ?? []].flat();
		if (setCookie.length) this.cookie = setCookie.map((cookie) => cookie.split(';')[0]).join('; ');
		const text = await response.body.text();
		if (response.statusCode >= 300) {
			throw new Error(`n8n answered ${method} ${path} with ${response.statusCode}: ${text}`);
		}
		return (text ? (JSON.parse(text) as { data: T }).data : undefined) as T;
	}

	/** A file that n8n keeps for its editor, e.g. `/types/nodes.json`. */
	async editorFile<T>(path: string): Promise<T> {
		const response = await request(`${this.url}${path}`, {
			dispatcher: this.agent,
			headers: { 'browser-id': this.browserId, cookie: this.cookie },
		});
		if (response.statusCode !== 200) {
			throw new Error(`n8n answered GET ${path} with ${response.statusCode}`);
		}
		return (await response.body.json()) as T;
	}

	// Credentials

	async createCredential(
		type: string,
		data: IDataObject,
		name = `${type} ${randomUUID().slice(0, 8)}`,
	): Promise<CredentialReference> {
		return await this.call('POST', '/credentials', { name, type, data });
	}

	/** Saves changed data, as the editor does: fields that are left out become empty. */
	async updateCredential(
		{ id, name }: CredentialReference,
		type: string,
		data: IDataObject,
	): Promise<void> {
		await this.call('PATCH', `/credentials/${id}`, { name, type, data });
	}

	/** What the editor does after saving, with the data in its form. */
	async testCredential(
		{ id, name }: CredentialReference,
		type: string,
		data: IDataObject,
	): Promise<CredentialTestResult> {
		return await this.call('POST', '/credentials/test', { credentials: { id, name, type, data } });
	}

	async deleteCredential({ id }: CredentialReference): Promise<void> {
		await this.call('DELETE', `/credentials/${id}`);
	}

	// Workflows

	/**
	 * Creates a workflow from an export.
	 * @param credentials by type; nodes that use a credential of that type get it
	 */
	async importWorkflow(
		file: WorkflowFile,
		credentials: Record<string, CredentialReference> = {},
	): Promise<Workflow> {
		const nodes = file.nodes.map((node) => ({
			...node,
			id: node.id ?? randomUUID(),
			...(node.credentials && {
				credentials: Object.fromEntries(
					Object.entries(node.credentials).map(([type, reference]) => {
						const { id, name } = credentials[type] ?? reference;
						return [type, { id, name }];
					}),
				),
			}),
		}));
		const { name, connections, settings = {}, pinData } = file;
		return await this.call('POST', '/workflows', {
			...{ name, nodes, connections, settings, pinData },
			// 1.x wants to be told.
			active: false,
		});
	}

	async getWorkflow(id: string): Promise<Workflow> {
		return await this.call('GET', `/workflows/${id}`);
	}

	async updateWorkflow(id: string, changes: Partial<WorkflowFile>): Promise<Workflow> {
		const { versionId } = await this.getWorkflow(id);
		return await this.call('PATCH', `/workflows/${id}`, { ...changes, versionId });
	}

	async deleteWorkflow(id: string): Promise<void> {
		await this.call('POST', `/workflows/${id}/archive`, {});
		// An active one is unpublished in the background; until then n8n refuses to delete it.
		await this.untilPublication(id, 'not_published');
		await this.call('DELETE', `/workflows/${id}`);
	}

	/**
	 * Publishes the workflow as it's saved and waits until its triggers are live.
	 * @throws Error when a trigger could not be activated
	 */
	async activate(id: string): Promise<void> {
		const { versionId } = await this.getWorkflow(id);
		await this.call('POST', `/workflows/${id}/activate`, { versionId });
		await this.untilPublication(id, 'published');
	}

	/** Takes the workflow back and waits until its triggers are off. */
	async deactivate(id: string): Promise<void> {
		await this.call('POST', `/workflows/${id}/deactivate`, {});
		await this.untilPublication(id, 'not_published');
	}

	/**
	 * n8n publishes in the background, and tells here how far it is. Older ones are done when they
	 * answer the request to publish: 2.38 has nothing to tell, and before it there's nobody to ask.
	 */
	private async untilPublication(id: string, wanted: 'published' | 'not_published'): Promise<void> {
		for (;;) {
			const publication = await this.call<{
				status: 'in_progress' | 'not_published' | 'published' | 'partial' | 'failed';
				triggers: Array<{ errorMessage: string | null }>;
			}>('GET', `/workflows/${id}/publication-status`).catch((error: Error) => {
				if (/publication status is not available|-status with 404/.test(error.message)) {
					return undefined;
				}
				throw error;
			});
			if (!publication) return;
			const { status, triggers } = publication;
			if (status === wanted) return;
			if (wanted === 'published' && (status === 'failed' || status === 'partial')) {
				const reasons = triggers.map(({ errorMessage }) => errorMessage ?? '').join(' ');
				throw new Error(`The workflow could not be activated: ${reasons}`);
			}
			await delay(POLL_MS);
		}
	}

	/**
	 * The webhook's production URL.
	 * @param node the trigger that has it
	 */
	webhookUrl(node: Pick<INode, 'webhookId'>, path = 'webhook'): string {
		return `${this.url}/webhook/${node.webhookId}/${path}`;
	}

	/**
	 * Waits until n8n listens at the webhook of an active workflow's trigger. After a start of n8n
	 * that comes a moment later than everything else.
	 * @param node a trigger whose webhook is POST only; a GET tells whether it's there, running nothing
	 * @returns the webhook's production URL
	 */
	async waitForWebhook(node: Pick<INode, 'webhookId'>, path = 'webhook'): Promise<string> {
		const url = this.webhookUrl(node, path);
		for (let waited = 0; waited < 60_000; waited += POLL_MS) {
			const { body } = await request(url, { dispatcher: this.agent });
			if ((await body.text()).includes('not registered for GET')) return url;
			await delay(POLL_MS);
		}
		throw new Error(`n8n doesn't listen at ${url}`);
	}

	// Executions

	/** "Execute workflow" in the editor. @returns the execution's id */
	async runManually(id: string, trigger?: string): Promise<string> {
		// Older ones (2.4) run the workflow that they are sent; newer ones take their own.
		const workflowData = await this.getWorkflow(id);
		const start = trigger ?? workflowData.nodes.find(({ type }) => /trigger/i.test(type))?.name;
		if (!start) throw new Error('The workflow has no trigger to start from');
		const { executionId } = await this.call<{ executionId?: string }>(
			'POST',
			`/workflows/${id}/run`,
			{ workflowData, triggerToStartFrom: { name: start } },
		);
		if (!executionId) throw new Error('n8n waits for a webhook to start this workflow');
		return executionId;
	}

	/** Runs a workflow by hand and waits for its end. */
	async run(id: string, trigger?: string): Promise<Execution> {
		return await this.waitForExecution(await this.runManually(id, trigger));
	}

	/**
	 * "Retry" on a failed execution, with its own workflow or the one that's saved now; waits for the end.
	 * @throws Error when n8n starts none
	 */
	async retryExecution(failed: Execution, loadWorkflow = false): Promise<Execution> {
		const { id, workflowId } = failed;
		await this.call('POST', `/executions/${id}/retry`, { loadWorkflow });
		const runs = await this.listAllExecutions({ workflowId });
		const retry = runs.find(({ retryOf }) => retryOf === id);
		if (!retry) throw new Error(`n8n started no retry of execution ${id}`);
		return await this.waitForExecution(retry.id);
	}

	/** The latest runs, newest first (n8n gives at most 100 a call). */
	async listExecutions(
		filter: { workflowId?: string; status?: ExecutionStatus[] } = {},
		limit = 100,
	): Promise<ExecutionSummary[]> {
		const query = new URLSearchParams({ filter: JSON.stringify(filter), limit: String(limit) });
		return (await this.call<{ results: ExecutionSummary[] }>('GET', `/executions?${query}`))
			.results;
	}

	/** All runs, page by page; one that ends meanwhile may be missing. */
	async listAllExecutions(filter: {
		workflowId?: string;
		status?: ExecutionStatus[];
	}): Promise<ExecutionSummary[]> {
		// It may come on two pages as well.
		const runs = new Map<string, ExecutionSummary>();
		let cursor: string | null | undefined;
		do {
			const query = new URLSearchParams({
				filter: JSON.stringify(filter),
				limit: '100',
				...(cursor && { cursor }),
			});
			const page = await this.call<{
				results: ExecutionSummary[];
				nextCursor?: string | null;
			}>('GET', `/executions?${query}`);
			for (const run of page.results) runs.set(run.id, run);
			cursor = page.nextCursor;
		} while (cursor);
		return [...runs.values()];
	}

	/** A run that's over, with its data. */
	async getExecution(id: string): Promise<Execution> {
		const raw = await this.rawExecution(id);
		const data = parse(raw.data) as IRunExecutionData;
		return {
			...raw,
			data,
			error: data.resultData.error as Execution['error'],
			output: (node) =>
				(data.resultData.runData[node] ?? []).flatMap((run) => run.data?.main?.[0] ?? []),
		};
	}

	/** @throws Error when it isn't over in time */
	async waitForExecution(id: string, timeoutMs = 600_000): Promise<Execution> {
		const deadline = Date.now() + timeoutMs;
		while (Date.now() < deadline) {
			const { status } = await this.rawExecution(id).catch((error: Error) => {
				// 2.20's answer as long as there's nothing of it yet.
				if (error.message.includes("reading 'resultData'")) return { status: 'new' };
				throw error;
			});
			if (!['new', 'running', 'waiting'].includes(status)) return await this.getExecution(id);
			await delay(POLL_MS);
		}
		throw new Error(`Execution ${id} isn't over after ${timeoutMs / 1000} s`);
	}

	/** As n8n has it: the data is a string in flatted's form. */
	private async rawExecution(id: string): Promise<ExecutionSummary & { data: string }> {
		return await this.call('GET', `/executions/${id}`);
	}

	/** The bytes of a binary field in an execution's output. */
	async downloadBinary(binaryId: string): Promise<Readable> {
		const query = new URLSearchParams({ id: binaryId, action: 'download' });
		const response = await request(`${this.url}/rest/binary-data?${query}`, {
			dispatcher: this.agent,
			headers: { 'browser-id': this.browserId, cookie: this.cookie },
		});
		if (response.statusCode !== 200) {
			throw new Error(`n8n answered the download with ${response.statusCode}`);
		}
		return response.body;
	}
}
