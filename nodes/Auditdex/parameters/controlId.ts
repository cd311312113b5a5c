import type { INodeProperties } from 'n8n-workflow';

export const controlIdField: INodeProperties = {
	displayName: 'Control ID',
	name: 'controlId',
	type: 'string',
	default: '',
	required: true,
	placeholder: 'e.g. ctrl_abc123',
	description: 'The ID of the control within the engagement, as AUDITDEX shows it',
	builderHint: {
		propertyHint:
			'There is no operation that lists controls: ask the user for the ID, or take control_id from an event of Auditdex Trigger.',
	},
};
