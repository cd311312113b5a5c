/**
 * A chat model that always does the same: it lists the engagements, asks for the status of the
 * control in the first one that the question names, and answers with what it was told. It fills a
 * tool's parameters by the names and descriptions in the tool's schema, as a real model does.
 */
export interface ChatRequest {
	model: string;
	messages: Array<{ role: string; content: string | null; tool_calls?: ToolCall[] }>;
	tools?: Array<{ function: { name: string; parameters: { properties?: object } } }>;
}

interface ToolCall {
	id: string;
	type: 'function';
	function: { name: string; arguments: string };
}

/** An answer of the Chat Completions API. */
export function chatCompletion({ model, messages, tools = [] }: ChatRequest) {
	const results = messages.filter(({ role }) => role === 'tool').map(({ content }) => content);
	const question = messages.findLast(({ role }) => role === 'user')?.content ?? '';
	const next = toolCall(tools, results, question);
	const message = next
		? { role: 'assistant', content: null, tool_calls: [next] }
		: { role: 'assistant', content: `The service says: ${results.at(-1)}` };
	return {
		id: 'chatcmpl-1',
		object: 'chat.completion',
		created: 1_790_000_000,
		model,
		choices: [{ index: 0, message, finish_reason: next ? 'tool_calls' : 'stop' }],
		usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
	};
}

function toolCall(
	tools: NonNullable<ChatRequest['tools']>,
	results: Array<string | null>,
	question: string,
): ToolCall | undefined {
	const tool = tools
		.map(({ function: definition }) => definition)
		.find(({ name }) => /engagements/i.test(name) === (results.length === 0));
	if (!tool || results.length > 1) return undefined;
	const engagement = engagementNamedIn(question, results[0] ?? null);
	const control = /\bctrl_\w+/.exec(question)?.[0];
	const values = Object.keys(tool.parameters.properties ?? {}).map((name) => [
		name,
		/engagement/i.test(name) ? engagement : control,
	]);
	return {
		id: `call_${results.length + 1}`,
		type: 'function',
		function: { name: tool.name, arguments: JSON.stringify(Object.fromEntries(values)) },
	};
}

function engagementNamedIn(question: string, list: string | null): string | undefined {
	const engagements = JSON.parse(list ?? '[]') as Array<{ id: string; name: string }>;
	return engagements.find(({ name }) => question.includes(name))?.id;
}
