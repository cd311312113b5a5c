import {
	fromParameter,
	type INodeProperties,
	type INodeTypeDescription,
	type IWebhookDescription,
	webhookDescriptionFields,
} from 'n8n-workflow';
import { DEFAULT_MAX_EVENT_AGE_SECONDS } from './configuration';

/**
 * An expression here costs an isolate for each delivery. n8n takes the parameter's value without one
 * where the field is described in this way, which older n8n don't know.
 */
const responseMode =
	typeof webhookDescriptionFields === 'function'
		? webhookDescriptionFields({ responseMode: fromParameter('responseMode') })
		: { responseMode: '={{$parameter["responseMode"]}}' };

export const webhooks: IWebhookDescription[] = [
	{
		name: 'default',
		httpMethod: 'POST',
		// n8n sends our answer only after it has handed the run over, or when it is over, so that a
		// run that couldn't be started isn't reported as received.
		...responseMode,
		// Left out, it would send the text "firstEntryJson" instead of our answer.
		responseData: '',
		path: 'webhook',
	},
];

export const triggerPanel: INodeTypeDescription['triggerPanel'] = {
	header: 'Receive audit events from AUDITDEX',
	executionsHelp: {
		inactive:
			'Webhooks have two URLs: test and production. <b>While building</b>, click "Listen for test event" and have AUDITDEX send a delivery to the test URL. <b>When the workflow is ready</b>, publish it and enter the production URL in AUDITDEX.',
		active:
			'This workflow runs for each event that AUDITDEX sends to the production URL. To try a change first, click "Listen for test event" and have a delivery sent to the test URL.',
	},
	activationHint:
		'Once the workflow is published, enter the production URL in AUDITDEX: Settings → Integrations → Webhooks',
};

export const properties: INodeProperties[] = [
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
		displayName: 'Acknowledge',
		name: 'responseMode',
		type: 'options',
		noDataExpression: true,
		default: 'onReceived',
		description: 'When AUDITDEX is told that the event has arrived',
		options: [
			{
				name: 'When Received',
				value: 'onReceived',
				description: 'As soon as n8n has taken the event',
			},
			{
				name: 'When the Workflow Succeeded',
				value: 'lastNode',
				description:
					'When the workflow has succeeded. After a run that failed, AUDITDEX delivers the event again.',
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
				displayName: 'Include Delivery',
				name: 'includeDelivery',
				type: 'boolean',
				default: false,
				description:
					'Whether to add "delivery" to the output: an ID that all copies of a delivery share, so that what follows can recognise them, and when it was received',
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
					'The header that holds the signature. Leave it empty to look in all whose name says so.',
			},
			{
				displayName: 'Signed Content',
				name: 'signedContent',
				type: 'options',
				default: 'auto',
				description: 'What the service signs',
				options: [
					{
						name: 'Automatic',
						value: 'auto',
						description: 'Whichever of these the headers of a delivery speak for',
					},
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
						description:
							'A timestamp and the body, with "t=" inside the signature header, or a header of its own for the timestamp',
					},
				],
			},
		],
	},
];
