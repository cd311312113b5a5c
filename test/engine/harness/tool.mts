import type {
	IExecuteFunctions,
	INodeParameters,
	INodeProperties,
	INodeType,
	IDataObject,
} from 'n8n-workflow';

import { runWorkflow, type Execution, type ExecutionOptions } from './engine.mts';
import { requireOfCore, workflow as n8n } from './n8n.mts';
import { AUDITDEX, NodeTypes, registerTestNode, START } from './nodeTypes.mts';

/** The name under which n8n offers our node to AI agents. */
export const AUDITDEX_TOOL = `${AUDITDEX}Tool`;
const AGENT = 'test.agent';

/** What a model is told of a tool, in the form that OpenAI's API and most others take. */
export interface ToolDefinition {
	name: string;
	description: string;
	parameters: {
		properties: Record<string, { type: string; description?: string }>;
		required?: string[];
	};
}

/** A call as a model makes it, and what it's told then. */
export interface ToolAnswer {
	/** The tool's result; a failed call's is what the agent passes on to the model. */
	text: string;
	failed: boolean;
}

interface Tool {
	name: string;
	invoke(args: IDataObject): Promise<string>;
}

const { convertToOpenAITool } = requireOfCore('@langchain/core/utils/function_calling') as {
	convertToOpenAITool(tool: Tool): { function: ToolDefinition };
};

/**
 * A node that does with its tools what an agent node does, but is told by its parameter `calls` what
 * a model would decide: one argument object a call.
 */
const agent: INodeType = {
	description: {
		displayName: 'Agent',
		name: 'agent',
		group: ['transform'],
		version: 1,
		description: '',
		defaults: { name: 'Agent' },
		inputs: ['main', n8n.NodeConnectionTypes.AiTool],
		outputs: ['main'],
		properties: [{ displayName: 'Calls', name: 'calls', type: 'json', default: '[]' }],
	},
	async execute(this: IExecuteFunctions) {
		const tools = (await this.getInputConnectionData(n8n.NodeConnectionTypes.AiTool, 0)) as Tool[];
		const calls = JSON.parse(this.getNodeParameter('calls', 0) as string) as IDataObject[];
		const [tool] = tools;
		const answers: ToolAnswer[] = [];
		for (const args of calls) {
			answers.push(
				await tool!.invoke(args).then(
					(text) => ({ text, failed: false }),
					(error: Error) => ({ text: error.message, failed: true }),
				),
			);
		}
		const { function: definition } = convertToOpenAITool(tool!);
		return [[{ json: { definition, answers } as unknown as IDataObject }]];
	},
};
registerTestNode(AGENT, agent);

/** n8n makes a tool of a node that says `usableAsTool` in this way (its own code isn't in n8n-core). */
function asTool(node: INodeType): INodeType {
	const descriptionProperties: INodeProperties[] = [
		{
			displayName: 'Tool Description',
			name: 'descriptionType',
			type: 'options',
			options: [
				{ name: 'Set Automatically', value: 'auto' },
				{ name: 'Set Manually', value: 'manual' },
			],
			default: 'auto',
		},
		{
			displayName: 'Description',
			name: 'toolDescription',
			type: 'string',
			default: node.description.description,
			displayOptions: { show: { descriptionType: ['manual'] } },
		},
	];
	return Object.create(node, {
		description: {
			value: {
				...node.description,
				name: `${node.description.name}Tool`,
				inputs: [],
				outputs: [n8n.NodeConnectionTypes.AiTool],
				properties: [...descriptionProperties, ...node.description.properties],
			},
		},
	}) as INodeType;
}
registerTestNode(AUDITDEX_TOOL, asTool(new NodeTypes().getByNameAndVersion(AUDITDEX)));

export interface ToolRun {
	definition: ToolDefinition;
	answers: ToolAnswer[];
	execution: Execution;
}

/** Runs an agent whose model makes the given calls of one tool: our node with the given parameters. */
export async function callTool(
	name: string,
	parameters: INodeParameters,
	calls: IDataObject[],
	options: ExecutionOptions & { credentials?: object } = {},
): Promise<ToolRun> {
	const { credentials, ...rest } = options;
	const execution = await runWorkflow({
		...rest,
		nodes: [
			{ name: 'Start', type: START },
			{ name: 'Agent', type: AGENT, parameters: { calls: JSON.stringify(calls) } },
			{
				name,
				type: AUDITDEX_TOOL,
				parameters,
				credentials: credentials as Record<string, { id: string; name: string }>,
			},
		],
		connections: {
			Start: { main: [[{ node: 'Agent', type: 'main', index: 0 }]] },
			[name]: { ai_tool: [[{ node: 'Agent', type: 'ai_tool', index: 0 }]] },
		},
		items: [{ json: {} }],
	});
	const [output] = execution.itemsOf('Agent');
	if (!output) throw new Error(`The agent got no tool: ${execution.error?.message}`);
	return { ...(output.json as unknown as Omit<ToolRun, 'execution'>), execution };
}
