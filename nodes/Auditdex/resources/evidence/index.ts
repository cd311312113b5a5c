import type { INodeProperties } from 'n8n-workflow';

import { submitProperties } from './submit.properties';

export const evidenceProperties: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['evidence'] } },
		options: [
			{
				name: 'Submit',
				value: 'submit',
				action: 'Submit evidence',
				description: 'Upload a file as evidence for a control and verify its hash',
			},
		],
		default: 'submit',
	},
	...submitProperties,
];
