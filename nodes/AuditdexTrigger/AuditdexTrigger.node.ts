import {
	type ICredentialsDecrypted,
	type ICredentialTestFunctions,
	type IDataObject,
	type IHookFunctions,
	type INodeCredentialTestResult,
	type INodeType,
	type INodeTypeDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
	NodeConnectionTypes,
	NodeOperationError,
	sleep,
} from 'n8n-workflow';
import {
	DEFAULT_MAX_EVENT_AGE_SECONDS,
	isFlaw,
	readConfiguration,
	rememberSeconds,
} from './configuration';
import { judgeDelivery, type Refusal, type ValidDelivery } from './delivery';
import { type Admission, deliveryIdentity } from './deliveryMemory';
import { RefusalLog } from './refusalLog';
import { adviseOnSecrets } from './secretAdvice';
import { SharedReading } from './sharedReading';
import { isSet, signingKeysOf } from './signingKeys';
import { deliveriesOfWorkflow, STATIC_DATA_NAME } from './workflowDeliveries';

const CREDENTIAL_TYPE = 'auditdexWebhookApi';

const refusals = new RefusalLog();

type Request = ReturnType<IWebhookFunctions['getRequestObject']>;

export class AuditdexTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Auditdex Trigger',
		name: 'auditdexTrigger',
		icon: {
			light: 'file:../../icons/auditdex.svg',
			dark: 'file:../../icons/auditdex.dark.svg',
		},
		group: ['trigger'],
		version: 1,
		subtitle: '={{ $parameter["events"].join(", ") }}',
		description: 'Starts the workflow when AUDITDEX sends a signed audit event',
		defaults: { name: 'Auditdex Trigger' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [
			{ name: 'auditdexWebhookApi', required: true, testedBy: 'auditdexWebhookSecretTest' },
		],
		webhooks: [
			{
				name: 'default',
				httpMethod: 'POST',
				// n8n sends our answer only after it has handed the run over, so that a run that
				// couldn't be started isn't reported as received.
				responseMode: 'onReceived',
				// Left out, it would send the text "firstEntryJson" instead of our answer.
				responseData: '',
				path: 'webhook',
			},
		],
		triggerPanel: {
			header: 'Receive audit events from AUDITDEX',
			executionsHelp: {
				inactive:
					'Webhooks have two URLs: test and production. <b>While building</b>, click "Listen for test event" and have AUDITDEX send a delivery to the test URL. <b>When the workflow is ready</b>, publish it and enter the production URL in AUDITDEX.',
				active:
					'This workflow runs for each event that AUDITDEX sends to the production URL. To try a change first, click "Listen for test event" and have a delivery sent to the test URL.',
			},
			activationHint:
				'Once the workflow is published, enter the production URL in AUDITDEX: Settings → Integrations → Webhooks',
		},
		properties: [
			{
				displayName:
					"In AUDITDEX, open <b>Settings → Integrations → Webhooks</b> and add a webhook with the <b>production URL</b> above. Enter the secret shown there in this node's credential.",
				name: 'setupNotice',
				type: 'notice',
				default: '',
			},
			{
				displayName: 'Trigger On',
				name: 'events',
				type: 'multiOptions',
				required: true,
				default: [],
				description: 'The events that start this workflow',
				options: [
					{
						name: 'All Events',
						value: '*',
						description: 'Every event, those that AUDITDEX adds in future included',
					},
					{
						name: 'Control Concluded',
						value: 'control.concluded',
						description: 'A control testing conclusion was recorded',
					},
					{
						name: 'Engagement Completed',
						value: 'engagement.completed',
						description: 'An engagement was closed',
					},
					{
						name: 'Evidence Submitted',
						value: 'evidence.submitted',
						description: 'New evidence was uploaded to an engagement',
					},
					{
						name: 'Finding Raised',
						value: 'finding.raised',
						description: 'A new audit finding was created',
					},
				],
			},
			{
				displayName: 'Options',
				name: 'options',
				type: 'collection',
				placeholder: 'Add option',
				default: {},
				options: [
					{
						displayName: 'Engagement IDs',
						name: 'engagementIds',
						type: 'string',
						default: '',
						placeholder: 'e.g. eng_xyz789, eng_abc123',
						description:
							'Comma-separated. Only events of these engagements start the workflow; leave it empty for all.',
					},
					{
						displayName: 'Max Event Age',
						name: 'maxEventAgeSeconds',
						type: 'number',
						typeOptions: { minValue: 0 },
						default: DEFAULT_MAX_EVENT_AGE_SECONDS,
						description:
							'How old an event may be, in seconds. Older ones are refused, as they may be recorded deliveries sent again. 0 turns the check off.',
					},
					{
						displayName: 'Severities',
						name: 'severities',
						type: 'string',
						default: '',
						placeholder: 'e.g. significant, critical',
						description:
							'Comma-separated. Only findings of these severities start the workflow; leave it empty for all.',
					},
					{
						displayName: 'Signature Header',
						name: 'signatureHeader',
						type: 'string',
						default: '',
						placeholder: 'e.g. X-Auditdex-Signature',
						description:
							'The header that holds the signature. Leave it empty to look in the usual ones.',
					},
					{
						displayName: 'Signed Content',
						name: 'signedContent',
						type: 'options',
						default: 'body',
						description: 'What the service signs',
						options: [
							{
								name: 'Body',
								value: 'body',
								description: 'The body alone',
							},
							{
								name: 'Standard Webhooks',
								value: 'standardWebhooks',
								description:
									'Message ID, timestamp and body, in the headers of the Standard Webhooks specification, with a "whsec_" secret',
							},
							{
								name: 'Timestamp and Body',
								value: 'timestampBody',
								description: 'A timestamp and the body, with "t=" inside the signature header',
							},
						],
					},
				],
			},
		],
	};

	methods = {
		credentialTest: {
			async auditdexWebhookSecretTest(
				this: ICredentialTestFunctions,
				credential: ICredentialsDecrypted,
			): Promise<INodeCredentialTestResult> {
				const advice = adviseOnSecrets(credential.data ?? {});
				return advice === undefined
					? {
							status: 'OK',
							message:
								'The secret looks complete. AUDITDEX offers no way to check it: the first delivery will show',
						}
					: { status: 'Error', message: advice };
			},
		},
	};

	// AUDITDEX documents no endpoint to list, add or remove webhooks, so none is called: the user
	// enters the URL there. What can be checked is whether deliveries could be accepted at all.
	webhookMethods = {
		default: {
			async checkExists(this: IHookFunctions): Promise<boolean> {
				return false;
			},
			async create(this: IHookFunctions): Promise<boolean> {
				await assertUsable(this);
				return true;
			},
			async delete(this: IHookFunctions): Promise<boolean> {
				return true;
			},
		},
	};

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		try {
			return await receive(this);
		} catch (error) {
			// n8n would start a run for what is thrown here, whoever sent the delivery.
			const detail = error instanceof Error ? error.message : undefined;
			return refuse(this, { status: 500, reason: "it can't be checked", detail });
		}
	}
}

async function receive(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const now = Date.now() / 1000;
	const configuration = configurationOf(context);
	if (isFlaw(configuration)) {
		return refuse(context, { status: 500, reason: configuration.message });
	}
	const secrets = await secretsOf(context);
	if (secrets === undefined) {
		return refuse(context, { status: 500, reason: 'its credential is missing, or unavailable' });
	}
	const keys = signingKeysOf(secrets, configuration.signature.signedContent);
	if (keys === undefined) {
		return refuse(context, { status: 500, reason: 'signing secret not set, or not usable' });
	}

	const request = context.getRequestObject();
	const delivery = { headers: request.headers, readBody: () => readRawBody(request) };
	const verdict = await judgeDelivery(delivery, configuration, keys, now);
	if (verdict.outcome === 'refused') return refuse(context, verdict);
	if (verdict.outcome === 'ignored') {
		return { webhookResponse: { received: true, ignored: true } };
	}

	const workflowData = [[{ json: verdict.event }]];
	const webhookResponse = { received: true };
	// A test event may be sent again and again, and leaves no trace in production's memory.
	if (context.getMode() === 'manual') return { workflowData, webhookResponse };

	const admitted = await admit(context, verdict, rememberSeconds(configuration), now);
	if (admitted === undefined) return { webhookResponse: { received: true, duplicate: true } };
	return {
		workflowData,
		// n8n asks for the answer once it has started the run, and then stores its static data. What
		// is written there any earlier is lost: n8n takes it for unchanged while it starts the run.
		get webhookResponse() {
			admitted.runStarted();
			return webhookResponse;
		},
	};
}

function configurationOf(context: IHookFunctions | IWebhookFunctions) {
	return readConfiguration(context.getNodeParameter('events'), context.getNodeParameter('options'));
}

/** n8n takes several milliseconds of work to decrypt a credential, which deliveries at once share. */
const readings = new SharedReading<IDataObject>();

/** The credential's fields; `undefined` where no credential is chosen, or it can't be had. */
async function secretsOf(
	context: IHookFunctions | IWebhookFunctions,
): Promise<IDataObject | undefined> {
	try {
		const { id: nodeId, credentials } = context.getNode();
		// The editor's draft may have another credential than what is published.
		const key = [context.getWorkflow().id, nodeId, credentials?.[CREDENTIAL_TYPE]?.id].join(' ');
		return await readings.read(
			key,
			async () => await context.getCredentials<IDataObject>(CREDENTIAL_TYPE),
		);
	} catch {
		return undefined;
	}
}

/** @throws NodeOperationError that says what to change before the workflow can be activated */
async function assertUsable(context: IHookFunctions): Promise<void> {
	const configuration = configurationOf(context);
	if (isFlaw(configuration)) {
		throw new NodeOperationError(context.getNode(), configuration.message, {
			description: configuration.description,
		});
	}
	const secrets = (await secretsOf(context)) ?? {};
	if (!isSet(secrets.signingSecret)) {
		throw new NodeOperationError(
			context.getNode(),
			"'Signing Secret' isn't set in the Auditdex Webhook API credential",
			{ description: 'Copy the secret from AUDITDEX: Settings → Integrations → Webhooks' },
		);
	}
	if (signingKeysOf(secrets, configuration.signature.signedContent) === undefined) {
		throw new NodeOperationError(
			context.getNode(),
			'A secret in the Auditdex Webhook API credential is not one of Standard Webhooks',
			{
				description:
					"With 'Signed Content' set to Standard Webhooks, 'Signing Secret' and, if set, 'Previous Signing Secret' are 'whsec_' and base64 after it",
			},
		);
	}
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

function refuse(
	context: IWebhookFunctions,
	{ status, reason, detail = '' }: Refusal,
): IWebhookResponseData {
	const workflowId = context.getWorkflow().id;
	const { id: nodeId, name: nodeName } = context.getNode();
	const unlogged = refusals.unloggedBefore(`${workflowId} ${nodeId} ${reason}`, Date.now() / 1000);
	if (unlogged !== undefined) {
		const parts = [`Auditdex Trigger refused a delivery (${status})`, reason];
		if (detail !== '') parts.push(detail);
		if (unlogged > 0) parts.push(`${unlogged} more before`);
		context.logger.warn(parts.join(': '), { workflowId, nodeName });
	}
	context.getResponseObject().status(status).json({ received: false });
	return { noWebhookResponse: true };
}

/**
 * Asks to run the workflow for a delivery, and sees to it that the delivery is remembered. Waits while
 * n8n starts the run of another one.
 *
 * @returns `undefined` where this delivery, or a copy of it, has been accepted before
 */
async function admit(
	context: IWebhookFunctions,
	{ body, messageId }: ValidDelivery,
	keepSeconds: number,
	now: number,
): Promise<{ runStarted(): void } | undefined> {
	const deliveries = deliveriesOfWorkflow(context.getWorkflow().id ?? '');
	const staticData = context.getWorkflowStaticData('global');
	deliveries.absorb(staticData[STATIC_DATA_NAME], now);

	const memory = deliveries.ofNode(context.getNode().id);
	const admission = await memory.admit(deliveryIdentity(body, messageId), keepSeconds, now);
	if (admission === undefined) return undefined;

	const endTurn = await deliveries.handOvers.take();
	void settleWhenAnswered(admission, context.getResponseObject()).finally(endTurn);
	return {
		runStarted: () => {
			admission.handOver();
			staticData[STATIC_DATA_NAME] = deliveries.toStaticData();
			endTurn();
		},
	};
}

const FIRST_ANSWER_POLL_MS = 50;
const LAST_ANSWER_POLL_MS = 1_000;

/**
 * Settles a delivery by n8n's answer. A sender may hang up first; n8n goes on all the same and its
 * answer, though it reaches nobody, tells whether the run was started. That may take as long as n8n
 * keeps it waiting for its turn (N8N_CONCURRENCY_PRODUCTION_LIMIT).
 */
async function settleWhenAnswered(
	admission: Admission,
	response: ReturnType<IWebhookFunctions['getResponseObject']>,
): Promise<void> {
	if (!response.closed) await new Promise((resolve) => response.once('close', resolve));
	for (let pollMs = FIRST_ANSWER_POLL_MS; !response.writableEnded; ) {
		await sleep(pollMs);
		pollMs = Math.min(pollMs * 2, LAST_ANSWER_POLL_MS);
	}
	admission.settle(response.statusCode === 200);
}
