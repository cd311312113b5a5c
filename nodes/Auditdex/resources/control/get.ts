import type { IDataObject, INodeProperties } from 'n8n-workflow';

import { controlIdField } from '../../parameters/controlId';
import { engagementLocator } from '../../parameters/engagementLocator';
import { requestOptions } from '../../parameters/requestOptions';
import type { Operation } from '../operation';

const displayOptions = { show: { resource: ['control'], operation: ['get'] } };

export const getProperties: INodeProperties[] = [
	{ ...engagementLocator, displayOptions },
	{ ...controlIdField, displayOptions },
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		displayOptions,
		options: requestOptions,
	},
];

/** Gets a control's testing status, findings and linked evidence: the API's object as it came. */
export const get: Operation = async (_context, parameters) => {
	const engagementId = parameters.id('engagementId', 'Engagement');
	const controlId = parameters.id('controlId', 'Control ID');
	const settings = parameters.requestSettings();
	return [
		async (client) => [(await client.getControl(engagementId, controlId, settings)) as IDataObject],
	];
};
