import type { INodeProperties } from 'n8n-workflow';

import { controlIdField } from '../../parameters/controlId';
import { engagementLocator } from '../../parameters/engagementLocator';
import { outputOptions, readOutput } from '../../parameters/outputOption';
import { withRequestOptions } from '../../parameters/requestOptions';
import type { Operation } from '../operation';
import { simplifyControl } from './simplifyControl';

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
		options: withRequestOptions(outputOptions),
	},
];

/** Gets a control's testing status, findings and linked evidence: as they came, unless told. */
export const get: Operation = async (_context, parameters) => {
	const engagementId = parameters.id('engagementId', 'Engagement');
	const controlId = parameters.id('controlId', 'Control ID');
	const output = readOutput(parameters, simplifyControl);
	const settings = parameters.requestSettings();
	return [
		async (client) => {
			const { body } = await client.getControl(engagementId, controlId, settings);
			return [output(body)];
		},
	];
};
