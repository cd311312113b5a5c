import type { INodeProperties } from 'n8n-workflow';

import { getAllProperties } from './getAll';

export const engagementProperties: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['engagement'] } },
		options: [
			{
				name: 'Get Many',
				value: 'getAll',
				action: 'Get many engagements',
				description: 'List the audit engagements that your API client may see',
			},
		],
		default: 'getAll',
	},
	...getAllProperties,
];
