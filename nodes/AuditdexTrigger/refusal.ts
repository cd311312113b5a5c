import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import type { Refusal } from './judgement';
import { RefusalLog } from './refusalLog';

const refusals = new RefusalLog();

/** Answers with the status alone, and has n8n's log say why. */
export function refuse(
	context: IWebhookFunctions,
	{ status, reason, detail }: Refusal,
): IWebhookResponseData {
	const workflowId = context.getWorkflow().id;
	const { id: nodeId, name: nodeName } = context.getNode();
	const unlogged = refusals.unloggedBefore(`${workflowId} ${nodeId} ${reason}`, Date.now() / 1000);
	if (unlogged !== undefined) {
		const parts = [`Auditdex Trigger refused a delivery (${status})`, reason, detail?.() ?? ''];
		if (unlogged > 0) parts.push(`${unlogged} more before`);
		const message = parts.filter((part) => part !== '').join(': ');
		context.logger.warn(message, { workflowId, nodeName });
	}
	context.getResponseObject().status(status).json({ received: false });
	return { noWebhookResponse: true };
}
