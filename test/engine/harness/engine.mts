import type {
	ExecutionStatus,
	IConnections,
	INode,
	INodeExecutionData,
	INodeParameters,
	IRun,
	IWorkflowExecuteAdditionalData,
	NodeOperationError,
	WorkflowExecuteMode,
} from 'n8n-workflow';

import { CredentialsHelper } from './credentials.mts';
import { Container, core, workflow as n8n } from './n8n.mts';
import { AUDITDEX, NodeTypes, START } from './nodeTypes.mts';

export type TestNode = Pick<INode, 'name' | 'type'> & Partial<INode>;

export interface ExecutionOptions {
	credentialsHelper?: CredentialsHelper;
	/** How the execution was started; `trigger` unless told. */
	mode?: WorkflowExecuteMode;
	/** Aborting it is the user's Stop button. */
	signal?: AbortSignal;
}

export interface WorkflowInput extends ExecutionOptions {
	/** The first one gets `items` and starts the workflow. */
	nodes: TestNode[];
	/** Unless given, the nodes form a chain. */
	connections?: IConnections;
	items: INodeExecutionData[];
}

/** What n8n would show of an execution. */
export interface Execution {
	status: ExecutionStatus;
	/** Why it ended early. */
	error?: Partial<NodeOperationError> & { message: string };
	/** Output of a node, its first output unless told; empty when it did not get that far. */
	itemsOf(node: string, output?: number): INodeExecutionData[];
	/** All that n8n keeps of the execution. */
	run: IRun;
}

/** So many items with nothing in them. */
export const emptyItems = (count: number): INodeExecutionData[] =>
	Array.from({ length: count }, () => ({ json: {} }));

let executions = 0;

/** Runs a workflow in n8n's execution engine, to its end. */
export async function runWorkflow(input: WorkflowInput): Promise<Execution> {
	const { items, signal, mode = 'trigger' } = input;
	const executionId = String(++executions);
	const nodes = input.nodes.map(nodeOf);
	const workflow = new n8n.Workflow({
		id: 'workflow',
		name: 'Test',
		nodes,
		connections: input.connections ?? chainOf(nodes),
		active: false,
		nodeTypes: new NodeTypes(),
		settings: { executionOrder: 'v1' },
	});
	const execution = new core.WorkflowExecute(
		additionalDataFor(workflow, executionId, mode, input.credentialsHelper),
		mode,
		n8n.createRunExecutionData({
			executionData: {
				nodeExecutionStack: [{ node: nodes[0]!, data: { main: [items] }, source: null }],
			},
		}),
	);
	const running = execution.processRunExecutionData(workflow);
	const cancel = () => running.cancel();
	if (signal?.aborted) cancel();
	signal?.addEventListener('abort', cancel, { once: true });
	try {
		return executionOf(await running);
	} finally {
		signal?.removeEventListener('abort', cancel);
	}
}

export interface NodeOptions extends ExecutionOptions {
	/** The node's settings: `credentials`, `onError`, `retryOnFail` and so on. */
	node?: Partial<INode>;
}

export interface NodeExecution extends Execution {
	/** The node's output; with the error output, that of `node.onError: continueErrorOutput` is second. */
	output: INodeExecutionData[];
}

/** Runs one node on the given items; the Auditdex node unless `node.type` names another. */
export async function runNode(
	parameters: INodeParameters,
	items: INodeExecutionData[],
	{ node, ...options }: NodeOptions = {},
): Promise<NodeExecution> {
	const tested: TestNode = { name: 'Tested', type: AUDITDEX, parameters, ...node };
	const execution = await runWorkflow({
		...options,
		nodes: [{ name: 'Start', type: START }, tested],
		items,
	});
	return { ...execution, output: execution.itemsOf(tested.name) };
}

function nodeOf(node: TestNode): INode {
	return { id: node.name, typeVersion: 1, position: [0, 0], parameters: {}, ...node };
}

function chainOf(nodes: INode[]): IConnections {
	const links = nodes
		.slice(0, -1)
		.map(({ name }, index) => [
			name,
			{ main: [[{ node: nodes[index + 1]!.name, type: n8n.NodeConnectionTypes.Main, index: 0 }]] },
		]);
	return Object.fromEntries(links) as IConnections;
}

function executionOf(run: IRun): Execution {
	const { runData, error } = run.data.resultData;
	return {
		status: run.status,
		error,
		itemsOf: (node, output = 0) =>
			runData[node]?.flatMap((task) => task.data?.main?.[output] ?? []) ?? [],
		run,
	};
}

export function additionalDataFor(
	workflow: InstanceType<typeof n8n.Workflow>,
	executionId: string,
	mode: WorkflowExecuteMode,
	credentialsHelper = new CredentialsHelper(),
): IWorkflowExecuteAdditionalData {
	const notHere = (what: string) => async () => {
		throw new Error(`${what} is not part of the engine tests`);
	};
	const url = 'http://127.0.0.1:9/';
	return {
		credentialsHelper,
		executionId,
		workflowId: workflow.id,
		hooks: new core.ExecutionLifecycleHooks(mode, executionId, {
			id: workflow.id,
			name: 'Test',
			active: false,
			activeVersionId: null,
			isArchived: false,
			createdAt: new Date(),
			updatedAt: new Date(),
			nodes: Object.values(workflow.nodes),
			connections: workflow.connectionsBySourceNode,
		}),
		currentNodeExecutionIndex: 0,
		variables: {},
		externalSecretsProxy: Container.get(core.ExternalSecretsProxy),
		restApiUrl: url,
		instanceBaseUrl: url,
		formBaseUrl: url,
		formWaitingBaseUrl: url,
		formTestBaseUrl: url,
		webhookBaseUrl: url,
		webhookWaitingBaseUrl: url,
		webhookTestBaseUrl: url,
		mcpBaseUrl: url,
		mcpTestBaseUrl: url,
		logAiEvent: () => {},
		executeWorkflow: notHere('Calling another workflow'),
		getRunExecutionData: notHere('Reading another execution'),
		getRuntimeCredential: notHere('A runtime credential'),
		startRunnerTask: notHere('The task runner'),
	};
}
