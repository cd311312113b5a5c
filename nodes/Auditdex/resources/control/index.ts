import type { INodeProperties } from 'n8n-workflow';

import { getProperties } from './get';

export const controlProperties: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['control'] } },
		options: [
			{
				name: 'Get',
				value: 'get',
				action: 'Get the status of a control',
				description: 'Get the testing status, findings and linked evidence of a control',
			},
		],
		default: 'get',
	},
	...getProperties,
];
