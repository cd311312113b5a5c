import { type IWebhookFunctions, sleep } from 'n8n-workflow';
import { answerWithinSeconds, rememberSeconds, type TriggerConfiguration } from '../configuration';
import type { ValidDelivery } from '../judgement';
import { type Admission, deliveryIdentity } from './deliveryMemory';
import {
	deliveriesOfWorkflow,
	STATIC_DATA_NAME,
	type WorkflowDeliveries,
} from './workflowDeliveries';

type Response = ReturnType<IWebhookFunctions['getResponseObject']>;

/** `admitted`: run the workflow for it, and call `runStarted` when n8n has started the run. */
export type AdmittedDelivery =
	| { outcome: 'admitted'; runStarted(): void }
	| { outcome: 'duplicate' }
	| { outcome: 'busy' };

/**
 * Asks to run the workflow for a delivery, and sees to it that the delivery is remembered once n8n has
 * sent its 200.
 *
 * @param now epoch seconds
 */
export async function admit(
	context: IWebhookFunctions,
	{ body, messageId }: ValidDelivery,
	configuration: TriggerConfiguration,
	now: number,
): Promise<AdmittedDelivery> {
	const deliveries = deliveriesOfWorkflow(context.getWorkflow().id ?? '');
	const staticData = context.getWorkflowStaticData('global');
	deliveries.absorb(staticData[STATIC_DATA_NAME], now);

	const memory = deliveries.ofNode(context.getNode().id);
	const identity = deliveryIdentity(body, messageId);
	const admission = await memory.admit(identity, rememberSeconds(configuration), now);
	if (admission.outcome !== 'admitted') {
		deliveries.storeRest(staticData, now);
		return admission;
	}
	const response = context.getResponseObject();
	const answered = settleWhenAnswered(admission, response, answerWithinSeconds(configuration));
	return configuration.responseMode === 'onReceived'
		? await handOverInTurn(deliveries, admission, staticData, answered)
		: runAtOnce(deliveries, staticData, answered);
}

/** n8n answers when it has started the run, and stores static data in between. */
async function handOverInTurn(
	deliveries: WorkflowDeliveries,
	admission: Admission,
	staticData: ReturnType<IWebhookFunctions['getWorkflowStaticData']>,
	answered: Promise<boolean>,
): Promise<AdmittedDelivery> {
	const endTurn = await deliveries.handOvers.take();
	void answered.finally(endTurn);
	let isStarted = false;
	return {
		outcome: 'admitted',
		runStarted: () => {
			// n8n asks for its answer twice.
			if (isStarted) return;
			isStarted = true;
			admission.handOver();
			deliveries.store(staticData, Date.now() / 1000);
			endTurn();
		},
	};
}

/**
 * n8n answers when the run is over, and stores static data before anyone can tell which answer it will
 * be: what is accepted after that is stored by the next one.
 */
function runAtOnce(
	deliveries: WorkflowDeliveries,
	staticData: ReturnType<IWebhookFunctions['getWorkflowStaticData']>,
	answered: Promise<boolean>,
): AdmittedDelivery {
	// n8n takes static data for unchanged when it starts the run, which it does before any timer.
	const begun = sleep(0).then(() => deliveries.keepCurrent(staticData, Date.now() / 1000));
	void answered.then(async (isAccepted) => {
		(await begun)();
		if (isAccepted) deliveries.acceptedUnstored(Date.now() / 1000);
	});
	return { outcome: 'admitted', runStarted: () => {} };
}

const FIRST_ANSWER_POLL_MS = 50;
const LAST_ANSWER_POLL_MS = 1_000;

/**
 * Settles a delivery by n8n's answer. A sender may hang up first; n8n goes on all the same and its
 * answer, though it reaches nobody, tells whether the run was started, or has succeeded. That may take
 * as long as n8n keeps it waiting for its turn (N8N_CONCURRENCY_PRODUCTION_LIMIT). It never comes where
 * someone stops an execution that waits for its turn.
 *
 * @param withinSeconds an answer that comes later, from when the sender hung up, is not waited for
 * @returns whether the answer was the 200
 */
async function settleWhenAnswered(
	admission: Admission,
	response: Response,
	withinSeconds: number,
): Promise<boolean> {
	if (!response.closed) await new Promise((resolve) => response.once('close', resolve));
	let waitedMs = 0;
	for (let pollMs = FIRST_ANSWER_POLL_MS; !response.writableEnded; ) {
		if (waitedMs > withinSeconds * 1_000) break;
		await sleep(pollMs);
		waitedMs += pollMs;
		pollMs = Math.min(pollMs * 2, LAST_ANSWER_POLL_MS);
	}
	const isAccepted = response.writableEnded && response.statusCode === 200;
	admission.settle(isAccepted);
	return isAccepted;
}
