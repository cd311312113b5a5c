import type { IDataObject, INode, INodeExecutionData } from 'n8n-workflow';

import type { NodeError } from '../api/errors/nodeError';

/**
 * What "Continue on Fail" puts out for an item: `{ error, problem }` (contract). The problem is the
 * service's RFC 7807 object, or `about:blank` with the node's own words where none came.
 */
export function errorItem(node: INode, itemIndex: number, error: NodeError): INodeExecutionData {
	const { message, description, context } = error;
	const problem = (context.data as IDataObject | undefined) ?? {
		type: 'about:blank',
		title: message,
		detail: description ?? undefined,
	};
	const item: INodeExecutionData = {
		json: { error: message, problem },
		pairedItem: { item: itemIndex },
	};
	if (node.onError === 'continueErrorOutput') {
		// n8n sends items with an `error` to the error output, and then reduces those that still have
		// it to their message. One that its copying leaves behind gets there with `problem`.
		Object.defineProperty(item, 'error', { value: error, enumerable: false });
	}
	return item;
}
