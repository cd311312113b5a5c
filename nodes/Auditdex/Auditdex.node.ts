import {
	NodeConnectionTypes,
	NodeOperationError,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';

import { runItems } from './items/runItems';
import { searchEngagements } from './listSearch/searchEngagements';
import { controlProperties } from './resources/control';
import { get } from './resources/control/get';
import { engagementProperties } from './resources/engagement';
import { getAll } from './resources/engagement/getAll';
import { evidenceProperties } from './resources/evidence';
import { submit } from './resources/evidence/submit';
import { verify } from './resources/evidence/verify';
import type { Operation } from './resources/operation';

const operations: Readonly<Record<string, Operation>> = {
	'control.get': get,
	'engagement.getAll': getAll,
	'evidence.submit': submit,
	'evidence.verify': verify,
};

export class Auditdex implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Auditdex',
		name: 'auditdex',
		icon: { light: 'file:../../icons/auditdex.svg', dark: 'file:../../icons/auditdex.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: '={{ $parameter["operation"] + ": " + $parameter["resource"] }}',
		description:
			'Submit audit evidence with a verified hash, verify it later, and read engagements and control status in AUDITDEX',
		defaults: { name: 'Auditdex' },
		usableAsTool: true,
		// For n8n's AI workflow builder; n8n versions without one ignore it.
		builderHint: {
			searchHint:
				'Evidence in AUDITDEX can’t be taken back: submit each file once, with Skip If Submitted for files that may have been submitted before. To check files against a control without sending anything, use Evidence → Verify. For tables, messages and AI agents, set the option Output of Control → Get to Simplified.',
			relatedNodes: [
				{
					nodeType: 'n8n-nodes-auditdex.auditdexTrigger',
					relationHint: 'Starts a workflow on findings, conclusions and new evidence',
				},
				{
					nodeType: 'n8n-nodes-base.readWriteFile',
					relationHint: 'Reads the files to submit or verify from disk',
				},
				{
					nodeType: 'n8n-nodes-base.convertToFile',
					relationHint: 'Makes a file of rows or text, to submit it as evidence',
				},
			],
		},
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'auditdexOAuth2Api', required: true }],
		properties: [
			{
				displayName: 'Resource',
				name: 'resource',
				type: 'options',
				noDataExpression: true,
				options: [
					{ name: 'Control', value: 'control' },
					{ name: 'Engagement', value: 'engagement' },
					{ name: 'Evidence', value: 'evidence' },
				],
				default: 'evidence',
			},
			...controlProperties,
			...engagementProperties,
			...evidenceProperties,
		],
	};

	methods = { listSearch: { searchEngagements } };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const resource = this.getNodeParameter('resource', 0);
		const operation = this.getNodeParameter('operation', 0);
		const run = operations[`${resource}.${operation}`];
		if (!run) {
			throw new NodeOperationError(
				this.getNode(),
				`Auditdex has no operation “${operation}” for the resource “${resource}”`,
				{ description: 'Open the node and choose Resource and Operation again.' },
			);
		}
		return [await runItems(this, run)];
	}
}
