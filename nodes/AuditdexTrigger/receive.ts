import type { IDataObject, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import { admit } from './admission/admit';
import { configurationOf, isFlaw, type TriggerConfiguration } from './configuration';
import { deliveryId } from './admission/deliveryMemory';
import { judgeDelivery, type ValidDelivery } from './judgement';
import { refuse } from './refusal';
import { secretsFor } from './secrets/credential';

type Request = ReturnType<IWebhookFunctions['getRequestObject']>;

const ACCEPTED = { received: true };
const DUPLICATE = { received: true, duplicate: true };
const IGNORED = { received: true, ignored: true };
const REFUSED = { received: false };

/** Takes a delivery; n8n runs the workflow where the answer has data for it. */
export async function receive(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	try {
		return await receiveDelivery(context);
	} catch (error) {
		// n8n would start a run for what is thrown here, whoever sent the delivery.
		const detail = () => (error instanceof Error ? error.message : undefined);
		return refuse(context, { status: 500, reason: "it can't be checked", detail });
	}
}

async function receiveDelivery(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const now = Date.now();
	const configuration = configurationOf(context);
	if (isFlaw(configuration)) return refuse(context, { status: 500, reason: configuration.message });

	const request = context.getRequestObject();
	const delivery = { headers: request.headers, readBody: async () => await readRawBody(request) };
	const secrets = secretsFor(context);
	const verdict = await judgeDelivery(delivery, configuration, secrets, now / 1000);
	if (verdict.outcome === 'refused') return refuse(context, verdict);
	if (verdict.outcome === 'ignored') return { webhookResponse: IGNORED };

	const workflowData = [[{ json: outputOf(verdict, configuration, now) }]];
	// A test event may be sent again and again, and leaves no trace in production's memory.
	const isTest = context.getMode() === 'manual';
	const admission = isTest ? undefined : await admit(context, verdict, configuration, now / 1000);
	if (admission?.outcome === 'duplicate') return { webhookResponse: DUPLICATE };
	if (admission?.outcome === 'busy') {
		return refuse(context, { status: 503, reason: 'a copy of it is still being worked on' });
	}
	if (configuration.responseMode === 'lastNode') answerWithoutData(context);
	return {
		workflowData,
		// n8n asks for the answer once it has started the run, and then stores its static data. What
		// is written there any earlier is lost: n8n takes it for unchanged while it starts the run.
		get webhookResponse() {
			admission?.runStarted();
			return ACCEPTED;
		},
	};
}

function outputOf(
	{ event, body, messageId }: ValidDelivery,
	{ includeDelivery }: TriggerConfiguration,
	receivedAtMs: number,
): IDataObject {
	if (!includeDelivery) return event;
	const receivedAt = new Date(receivedAtMs).toISOString();
	return { ...event, delivery: { id: deliveryId(body, messageId), receivedAt } };
}

/** After a run n8n answers with what the last node put out, which is no business of the sender's. */
function answerWithoutData(context: IWebhookFunctions): void {
	const response = context.getResponseObject();
	const answer = response.json.bind(response);
	response.json = () => answer(response.statusCode === 200 ? ACCEPTED : REFUSED);
}

/** n8n leaves the body of `multipart/*` unread, or has already used it up, which can't be undone. */
async function readRawBody(request: Request): Promise<Buffer | undefined> {
	try {
		if (!Buffer.isBuffer(request.rawBody)) await request.readRawBody();
	} catch {
		return undefined;
	}
	return Buffer.isBuffer(request.rawBody) ? request.rawBody : undefined;
}
