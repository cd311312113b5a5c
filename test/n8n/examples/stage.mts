/**
 * One example workflow, imported into a real n8n, with everything it talks to on this machine: a
 * sandbox of its own in place of AUDITDEX, and local services in place of all others. Nothing in the
 * workflow is changed but credentials and addresses.
 */
import { createHmac } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { request } from 'undici';

import { startSandbox, type Sandbox } from '../../../sandbox/server.mts';
import type {
	CredentialReference,
	Execution,
	ExecutionStatus,
	N8nClient,
	Workflow,
	WorkflowFile,
} from '../../../scripts/n8n/rest.mts';
import {
	GRAPH_TOKEN,
	JIRA,
	MATTERMOST_TOKEN,
	OPENAI_KEY,
	startServices,
	type Services,
} from './services.mts';

const SIGNING_SECRET = 'whsec-of-the-examples-0123456789';
const CLIENT = {
	clientId: 'examples',
	clientSecret: 'client-secret-of-the-examples',
	scopes: ['evidence:write', 'controls:read', 'reports:read'],
};
/** More than the nodes' own default limit of 50. */
const ENGAGEMENTS = 60;
export const FOLDER_FILE = { name: 'change-4711.txt', content: 'Change 4711 was approved by Ada.' };

/** How long a run may go on waiting after its form was answered. */
const ANSWER_PATIENCE_MS = 20_000;

const isUnderWay = (status: ExecutionStatus) => ['new', 'running'].includes(status);

/** n8n, or the workflow in it, didn't do what was asked of it. */
export class Refused extends Error {}

export class Stage {
	readonly sandbox: Sandbox;

	readonly services: Services;

	private readonly client: N8nClient;

	private readonly credentials: Record<string, CredentialReference> = {};

	private workflow?: Workflow;

	/** Data tables that were made here, by name. */
	private readonly tables = new Set<string>();

	private filesFolder = '';

	/** Where the sandbox keeps its state. */
	private readonly dataDir: string;

	private constructor(client: N8nClient, sandbox: Sandbox, services: Services, dataDir: string) {
		this.client = client;
		this.sandbox = sandbox;
		this.services = services;
		this.dataDir = dataDir;
	}

	/** @param filesFolder a folder that this n8n's file nodes may read */
	static async open(
		client: N8nClient,
		workflow: WorkflowFile,
		filesFolder: string,
	): Promise<Stage> {
		const dataDir = await mkdtemp(join(tmpdir(), 'auditdex-example-'));
		const sandbox = await startSandbox({ clients: [CLIENT], seed: ENGAGEMENTS, dataDir });
		const stage = new Stage(client, sandbox, await startServices(), dataDir);
		try {
			await stage.setUp(workflow, filesFolder);
			return stage;
		} catch (error) {
			await stage.close();
			throw error;
		}
	}

	private async setUp(workflow: WorkflowFile, filesFolder: string): Promise<void> {
		this.filesFolder = filesFolder;
		await this.writeFiles('evidence', { [FOLDER_FILE.name]: FOLDER_FILE.content });
		const types = new Set(workflow.nodes.flatMap(({ credentials }) => Object.keys(credentials ?? {})));
		for (const type of types) {
			this.credentials[type] = await this.client.createCredential(type, this.credentialData(type));
		}
		const addresses = {
			'https://reports.example.com': this.services.origin,
			'/home/node/.n8n-files': filesFolder,
		};
		const nodes = workflow.nodes.map((node) => ({
			...node,
			parameters: replaceIn(node.parameters, addresses),
		}));
		this.workflow = await this.client.importWorkflow({ ...workflow, nodes }, this.credentials);
	}

	private credentialData(type: string): IDataObject {
		const { origin } = this.services;
		// A signed-in Microsoft account is a token that n8n holds.
		const microsoft = {
			graphApiBaseUrl: origin,
			oauthTokenData: { access_token: GRAPH_TOKEN, token_type: 'Bearer' },
		};
		const data: Record<string, IDataObject> = {
			auditdexOAuth2Api: {
				clientId: CLIENT.clientId,
				clientSecret: CLIENT.clientSecret,
				baseUrl: this.sandbox.baseUrl,
			},
			auditdexWebhookApi: { signingSecret: SIGNING_SECRET },
			jiraSoftwareCloudApi: { ...JIRA, domain: origin },
			mattermostApi: { baseUrl: origin, accessToken: MATTERMOST_TOKEN },
			microsoftExcelOAuth2Api: microsoft,
			microsoftOutlookOAuth2Api: microsoft,
			openAiApi: { apiKey: OPENAI_KEY, url: `${origin}/v1` },
		};
		if (!data[type]) throw new Error(`No stand-in for the service behind ${type}`);
		return data[type];
	}

	/** Puts files where n8n's file nodes may read them. */
	async writeFiles(folder: string, files: Record<string, string>): Promise<void> {
		await mkdir(join(this.filesFolder, folder), { recursive: true });
		for (const [name, content] of Object.entries(files)) {
			await writeFile(join(this.filesFolder, folder, name), content);
		}
	}

	/** Submits evidence past n8n. */
	async submit(engagementId: string, controlId: string, name: string, content: string) {
		const { origin } = new URL(this.sandbox.baseUrl);
		const { clientId, clientSecret, scopes } = CLIENT;
		const token = await fetch(`${origin}/oauth/token`, {
			method: 'POST',
			body: new URLSearchParams({
				grant_type: 'client_credentials',
				client_id: clientId,
				client_secret: clientSecret,
				scope: scopes.join(' '),
			}),
		});
		const { access_token } = (await token.json()) as { access_token: string };
		const form = new FormData();
		form.append('control_id', controlId);
		form.append('file', new File([content], name));
		const { status } = await fetch(
			`${this.sandbox.baseUrl}/engagements/${engagementId}/evidence`,
			{ method: 'POST', headers: { authorization: `Bearer ${access_token}` }, body: form },
		);
		if (status !== 201) throw new Error(`The sandbox answered ${status} to a submission`);
	}

	/** Runs the workflow by hand from its trigger, which puts out `json` where given. */
	async run(trigger: string, json?: IDataObject): Promise<Execution> {
		return await this.finished(await this.start(trigger, json));
	}

	/**
	 * Runs the workflow by hand until it waits for the answer to a form.
	 * @returns the execution's id
	 */
	async runUntilItWaits(trigger: string): Promise<string> {
		const executionId = await this.start(trigger);
		const status = await this.untilStatus(executionId, ({ status }) => !isUnderWay(status));
		if (status !== 'waiting') throw new Refused(`The run doesn't wait: ${status}`);
		return executionId;
	}

	/** The web page of a form. */
	async form(url: string): Promise<string> {
		const response = await fetch(url);
		const text = await response.text();
		if (!response.ok) throw new Refused(`There is no form at ${url}: ${response.status} ${text}`);
		return text;
	}

	/** Answers the form that a run waits for, as the form's page does, and waits for its end. */
	async answer(executionId: string, url: string, fields: Record<string, string>) {
		const body = new FormData();
		for (const [name, value] of Object.entries(fields)) body.append(name, value);
		const response = await fetch(url, { method: 'POST', body });
		const text = await response.text();
		if (!response.ok) throw new Refused(`The form was not taken: ${response.status} ${text}`);
		const started = Date.now();
		await this.untilStatus(
			executionId,
			({ status }) => status !== 'waiting' || Date.now() - started > ANSWER_PATIENCE_MS,
		);
		return await this.finished(executionId);
	}

	private async untilStatus(
		executionId: string,
		isIt: (execution: { status: ExecutionStatus }) => boolean,
	): Promise<ExecutionStatus> {
		for (;;) {
			const execution = await this.client.call<{ status: ExecutionStatus }>(
				'GET',
				`/executions/${executionId}`,
			);
			if (isIt(execution)) return execution.status;
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
	}

	private async start(trigger: string, json?: IDataObject): Promise<string> {
		const data = json && {
			startTime: Date.now(),
			executionTime: 0,
			executionIndex: 0,
			source: [],
			data: { main: [[{ json }]] },
		};
		const { executionId } = await refusing(
			this.client.call<{ executionId: string }>('POST', `/workflows/${this.workflow!.id}/run`, {
				triggerToStartFrom: { name: trigger, data },
			}),
		);
		return executionId;
	}

	/** Activates the workflow and delivers an event to it, signed as AUDITDEX does. */
	async deliver(trigger: string, event: object): Promise<Execution> {
		await refusing(this.client.activate(this.workflow!.id));
		const earlier = await this.runs();
		const node = this.workflow!.nodes.find(({ name }) => name === trigger)!;
		const url = await this.client.waitForWebhook(node);
		const body = JSON.stringify(event);
		const signature = createHmac('sha256', SIGNING_SECRET).update(body).digest('hex');
		const answer = await request(url, {
			method: 'POST',
			headers: { 'content-type': 'application/json', 'x-auditdex-signature': `sha256=${signature}` },
			body,
		});
		const text = await answer.body.text();
		if (answer.statusCode !== 200 || text !== '{"received":true}') {
			throw new Refused(`The delivery started no run: ${answer.statusCode} ${text}`);
		}
		for (let tries = 0; tries < 200; tries++) {
			const execution = (await this.runs()).find(({ id }) => !earlier.some((run) => run.id === id));
			if (execution) return await this.finished(execution.id);
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
		throw new Error('The delivery was accepted, but no run is to be seen');
	}

	private async runs() {
		return await this.client.listExecutions({ workflowId: this.workflow!.id });
	}

	private async finished(executionId: string): Promise<Execution> {
		const status = await this.untilStatus(executionId, (run) => !isUnderWay(run.status));
		if (status === 'waiting') throw new Refused('The run waits for an answer');
		const execution = await this.client.getExecution(executionId);
		if (execution.status !== 'success') {
			throw new Refused(`The run ended with ${execution.status}: ${execution.error?.message}`);
		}
		return execution;
	}

	/** The rows of an n8n data table, without n8n's own columns. */
	async rowsOf(table: string): Promise<IDataObject[]> {
		const found = await this.findTable(table);
		if (!found) throw new Refused(`There is no data table ${table}`);
		const { data } = await this.client.call<{ data: IDataObject[] }>('GET', `${found}/rows`);
		return data.map(({ id, createdAt, updatedAt, ...row }) => row);
	}

	/** Makes an n8n data table with these rows; a column's type is that of its values. */
	async makeTable(name: string, rows: IDataObject[]): Promise<void> {
		const { id: project } = await this.client.call<{ id: string }>('GET', '/projects/personal');
		const columns = Object.entries(rows[0]!).map(([column, value]) => ({
			name: column,
			type: /^\d{4}-\d\d-\d\dT/.test(String(value)) ? 'date' : typeof value,
		}));
		this.tables.add(name);
		const tables = `/projects/${project}/data-tables`;
		const { id } = await this.client.call<{ id: string }>('POST', tables, { name, columns });
		await this.client.call('POST', `${tables}/${id}/insert`, { data: rows });
	}

	/** Adds rows to an n8n data table that's there. */
	async addRows(name: string, rows: IDataObject[]): Promise<void> {
		const table = await this.findTable(name);
		if (!table) throw new Refused(`There is no data table ${name}`);
		await refusing(this.client.call('POST', `${table}/insert`, { data: rows }));
	}

	/** The bytes that the sandbox has stored. */
	async contentOf(evidenceId: string): Promise<Buffer> {
		return await readFile(join(this.dataDir, 'evidence', evidenceId));
	}

	private async findTable(name: string): Promise<string | undefined> {
		const { data } = await this.client.call<{
			data: Array<{ id: string; name: string; projectId: string }>;
		}>('GET', '/data-tables-global');
		const table = data.find((candidate) => candidate.name === name);
		return table && `/projects/${table.projectId}/data-tables/${table.id}`;
	}

	/** Leaves n8n as it was found. */
	async close(): Promise<void> {
		const { workflow, client } = this;
		if (workflow) await client.deleteWorkflow(workflow.id);
		for (const reference of Object.values(this.credentials)) {
			await client.deleteCredential(reference);
		}
		for (const { parameters } of workflow?.nodes ?? []) {
			if (typeof parameters.tableName === 'string') this.tables.add(parameters.tableName);
		}
		for (const name of this.tables) {
			const table = await this.findTable(name);
			if (table) await client.call('DELETE', table);
		}
		await Promise.all([this.sandbox.close(), this.services.close()]);
		await rm(this.dataDir, { recursive: true });
		// The folder itself is n8n's, and other tests use it.
		for (const name of await readdir(this.filesFolder)) {
			await rm(join(this.filesFolder, name), { recursive: true });
		}
	}
}

/** Tells n8n's word that it won't from an n8n that can't be reached. */
async function refusing<T>(answer: Promise<T>): Promise<T> {
	return await answer.catch((error: Error) => {
		if (/ with 4\d\d: |could not be activated/.test(error.message)) throw new Refused(error.message);
		throw error;
	});
}

function replaceIn(parameters: INodeParameters, addresses: Record<string, string>): INodeParameters {
	let text = JSON.stringify(parameters);
	for (const [from, to] of Object.entries(addresses)) text = text.replaceAll(from, to);
	return JSON.parse(text) as INodeParameters;
}
