import { NodeOperationError, type INode } from 'n8n-workflow';

import type { ApiContext } from '../credential';

/** The execution's cancel signal; a list search in the editor has none. */
export function cancelSignalOf(context: ApiContext): AbortSignal | undefined {
	return 'getExecutionCancelSignal' in context ? context.getExecutionCancelSignal() : undefined;
}

/** By the word "canceled" n8n tells an execution that was stopped from one that failed. */
export function cancellation(node: INode): NodeOperationError {
	return new NodeOperationError(node, 'The execution was canceled');
}
