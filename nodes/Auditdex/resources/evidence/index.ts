import type { INodeProperties } from 'n8n-workflow';

import { submitProperties } from './submit.properties';
import { verifyProperties } from './verify.properties';

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
			{
				name: 'Verify',
				value: 'verify',
				action: 'Verify evidence',
				description:
					'Check by its hash whether a file is linked to a control as evidence; nothing is sent',
			},
		],
		default: 'submit',
	},
	...submitProperties,
	...verifyProperties,
];
