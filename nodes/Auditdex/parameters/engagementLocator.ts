import type { INodeProperties } from 'n8n-workflow';

/** The engagement, picked from a list or given by ID. */
export const engagementLocator: INodeProperties = {
	displayName: 'Engagement',
	name: 'engagementId',
	type: 'resourceLocator',
	default: { mode: 'list', value: '' },
	required: true,
	description: 'The audit engagement to work in',
	modes: [
		{
			displayName: 'From List',
			name: 'list',
			type: 'list',
			placeholder: 'e.g. SOC 2 Type II 2026',
			typeOptions: { searchListMethod: 'searchEngagements', searchable: true },
		},
		{
			displayName: 'By ID',
			name: 'id',
			type: 'string',
			placeholder: 'e.g. eng_xyz789',
		},
	],
};
