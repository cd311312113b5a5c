import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { beforeAll, describe, expect, test } from 'vitest';

import type {
	CredentialReference,
	N8nClient,
	Workflow,
	WorkflowFile,
} from '../../scripts/n8n/rest.mts';
import { catalogOf, type Catalog } from './examples/catalog.mts';
import { deletionsOf } from './examples/deletions.mts';
import { SCENARIOS } from './examples/scenarios.mts';
import { schedulesOf } from './examples/schedule.mts';
import { Refused, Stage } from './examples/stage.mts';
import { objectionsTo } from './examples/validator.mts';
import { connect, n8n } from './fixture.mts';

const folder = join(import.meta.dirname, '..', '..', 'examples');
const files = (await readdir(folder)).filter((file) => file.endsWith('.json'));

const load = async (file: string) =>
	JSON.parse(await readFile(join(folder, file), 'utf8')) as WorkflowFile;

/** Each deletion that leaves a valid workflow is run. */
const DELETIONS = { timeout: 900_000 };

let client: N8nClient;
let catalog: Catalog;

beforeAll(async () => {
	client = await connect();
	catalog = await catalogOf(client);
});

/** @throws AssertionError or Refused when the workflow doesn't do all that the example must do */
async function runExample(file: string, workflow: WorkflowFile): Promise<void> {
	const { schedule, play } = SCENARIOS[file]!;
	expect(await schedulesOf(workflow, catalog)).toEqual(schedule ? [schedule] : []);
	const stage = await Stage.open(client, workflow, n8n.filesFolder);
	try {
		await play(stage);
	} finally {
		await stage.close();
	}
}

/**
 * Imports a workflow two times, publishes both, and removes them again.
 * @returns the production URLs of all their triggers
 * @throws Error when n8n doesn't publish one of them
 */
async function publishTwice(example: WorkflowFile): Promise<string[]> {
	const types = example.nodes.flatMap(({ credentials }) => Object.keys(credentials ?? {}));
	const credentials: Record<string, CredentialReference> = {};
	const workflows: Workflow[] = [];
	try {
		for (const type of types) {
			const data = type === 'auditdexWebhookApi' ? { signingSecret: randomUUID() } : {};
			credentials[type] = await client.createCredential(type, data);
		}
		for (let copy = 0; copy < 2; copy++) {
			workflows.push(await client.importWorkflow(example, credentials));
		}
		for (const { id } of workflows) await client.activate(id);
		return workflows.flatMap(({ nodes }) =>
			nodes.filter(({ webhookId }) => webhookId).map((node) => client.webhookUrl(node)),
		);
	} finally {
		for (const { id } of workflows) await client.deleteWorkflow(id);
		for (const reference of Object.values(credentials)) await client.deleteCredential(reference);
	}
}

/** Both checks of an example, as the tests make them. */
async function flawOf(
	file: string,
	workflow: WorkflowFile,
): Promise<'invalid' | 'does something else' | undefined> {
	if (objectionsTo(workflow, catalog).length > 0) return 'invalid';
	try {
		await runExample(file, workflow);
		return undefined;
	} catch (error) {
		if (error instanceof Refused || (error as Error).name === 'AssertionError') {
			return 'does something else';
		}
		throw error;
	}
}

test('each example has a scenario', () => {
	expect(files.toSorted()).toEqual(Object.keys(SCENARIOS).toSorted());
});

describe.each(files)('%s', (file) => {
	test('is what n8n would save, with no unknown node, parameter or credential', async () => {
		expect(objectionsTo(await load(file), catalog)).toEqual([]);
	});

	test('runs as it is', async () => {
		await runExample(file, await load(file));
	});

	test('can be imported twice into one n8n, and both published', async () => {
		const example = await load(file);
		// By n8n's rules, two nodes with the same one can't both be published.
		expect(example.nodes.filter(({ webhookId }) => webhookId !== undefined)).toEqual([]);
		const urls = await publishTwice(example);
		expect(new Set(urls).size).toBe(urls.length);
	});

	test(
		'needs all that it says: with any one thing deleted, it would not pass',
		DELETIONS,
		async () => {
			const example = await load(file);
			// Were the example itself not to pass, neither would anything less.
			expect(objectionsTo(example, catalog)).toEqual([]);
			await runExample(file, example);
			const flaws = { invalid: 0, 'does something else': 0 };
			const needless: string[] = [];
			for (const { what, workflow } of deletionsOf(example)) {
				const flaw = await flawOf(file, workflow);
				if (flaw) flaws[flaw]++;
				else needless.push(what);
			}
			console.log(`${file}, with one thing deleted:`, flaws);
			expect(needless).toEqual([]);
		},
	);
});

test('n8n refuses to publish two workflows with the same webhook', async () => {
	const example = await load('finding-raised-to-ticket.json');
	const fixed = example.nodes.map((node) =>
		/auditdexTrigger/.test(node.type) ? { ...node, webhookId: randomUUID() } : node,
	);
	await expect(publishTwice({ ...example, nodes: fixed })).rejects.toThrow(/conflict/i);
});

describe('The check of workflow files', async () => {
	const example = await load('finding-raised-to-ticket.json');
	const names = ['Finding Raised', 'Create Ticket'] as const;
	type Change = (node: WorkflowFile['nodes'][number], workflow: WorkflowFile) => void;

	test.each<[what: string, node: (typeof names)[number], change: Change]>([
		['a node that n8n does not have', 'Create Ticket', (node) => (node.type += 'x')],
		['a version that n8n does not have', 'Create Ticket', (node) => (node.typeVersion = 99)],
		['an unknown parameter', 'Create Ticket', ({ parameters }) => (parameters.color = 'red')],
		[
			'an unknown parameter within another',
			'Create Ticket',
			({ parameters }) => ((parameters.additionalFields as { color?: string }).color = 'red'),
		],
		[
			'a parameter of another operation',
			'Create Ticket',
			({ parameters }) => (parameters.issueKey = 'AUD-1'),
		],
		[
			'a parameter at its default',
			'Create Ticket',
			({ parameters }) => (parameters.resource = 'issue'),
		],
		[
			'a value that is no choice',
			'Finding Raised',
			({ parameters }) => (parameters.events = ['x']),
		],
		['a value of another type', 'Create Ticket', ({ parameters }) => (parameters.summary = 7)],
		[
			'an unknown mode',
			'Create Ticket',
			({ parameters }) => ((parameters.project as { mode: string }).mode = 'url'),
		],
		[
			'a value that n8n itself refuses',
			'Create Ticket',
			({ parameters }) => ((parameters.project as { value: string }).value = 'AUD'),
		],
		[
			'an unknown credential',
			'Create Ticket',
			(node) => (node.credentials = { ...node.credentials, jiraApi: { id: null, name: 'Jira' } }),
		],
		[
			'the credential of another choice',
			'Create Ticket',
			(node) => (node.credentials = { jiraSoftwareServerApi: { id: null, name: 'Jira' } }),
		],
		['a missing credential', 'Create Ticket', (node) => delete node.credentials],
		[
			"a credential's id of another n8n",
			'Finding Raised',
			(node) => (node.credentials = { auditdexWebhookApi: { id: 'abc', name: 'Auditdex' } }),
		],
		[
			'a connection to nowhere',
			'Create Ticket',
			(node, { connections }) => (connections[node.name]!.main = [[{ ...LINK, node: 'Nobody' }]]),
		],
		[
			'an input that a node does not have',
			'Create Ticket',
			(node, { connections }) => (connections[node.name]!.main = [[{ ...LINK, type: 'ai_tool' }]]),
		],
		[
			'a node without a connection',
			'Create Ticket',
			(node, { connections }) => delete connections[node.name],
		],
	])('finds %s', (_what, name, change) => {
		const workflow = structuredClone(example);
		change(workflow.nodes.find((node) => node.name === name)!, workflow);
		expect(objectionsTo(workflow, catalog)).not.toEqual([]);
	});
});

const LINK = { node: 'Tell the Team', type: 'main' as const, index: 0 };
