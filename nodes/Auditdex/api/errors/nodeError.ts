import { NodeApiError, NodeOperationError, type INode, type JsonObject } from 'n8n-workflow';

import { AuditdexError } from './auditdexError';

export type NodeError = NodeApiError | NodeOperationError;

/**
 * What went wrong as n8n's own class: `NodeApiError` with the problem details kept whole where the
 * service (or the way to it) is the cause, else `NodeOperationError`.
 */
export function toNodeError(node: INode, error: unknown, itemIndex?: number): NodeError {
	if (error instanceof NodeApiError || error instanceof NodeOperationError) return error;
	if (!(error instanceof AuditdexError)) {
		return new NodeOperationError(node, error as Error, { itemIndex });
	}
	const { message, description, problem, httpStatus } = error;
	if (!problem) return new NodeOperationError(node, message, { description, itemIndex });
	const httpCode = httpStatus === undefined ? undefined : String(httpStatus);
	const apiError = new NodeApiError(node, problem as JsonObject, {
		message,
		description,
		httpCode,
		itemIndex,
	});
	apiError.context.data = problem as JsonObject;
	return apiError;
}
