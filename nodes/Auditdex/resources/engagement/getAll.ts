import type { IDataObject, INodeProperties } from 'n8n-workflow';

import { outputOptions, readOutput } from '../../parameters/outputOption';
import { withRequestOptions } from '../../parameters/requestOptions';
import type { Operation } from '../operation';
import { simplifyEngagement } from './simplifyEngagement';

const displayOptions = { show: { resource: ['engagement'], operation: ['getAll'] } };

export const getAllProperties: INodeProperties[] = [
	{
		displayName: 'Return All',
		name: 'returnAll',
		type: 'boolean',
		default: false,
		displayOptions,
		description: 'Whether to return all results or only up to a given limit',
	},
	{
		displayName: 'Limit',
		name: 'limit',
		type: 'number',
		default: 50,
		typeOptions: { minValue: 1 },
		displayOptions: { show: { ...displayOptions.show, returnAll: [false] } },
		description: 'Max number of results to return',
	},
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

/** Lists the engagements that the API client may see: one output item each. */
export const getAll: Operation = async (context, parameters) => {
	const returnAll = parameters.flag(
		context.getNodeParameter('returnAll', parameters.itemIndex, false),
		'Return All',
	);
	const limit = returnAll
		? undefined
		: parameters.whole(context.getNodeParameter('limit', parameters.itemIndex, 50), 'Limit', 1);
	const output = readOutput(parameters, simplifyEngagement);
	const settings = parameters.requestSettings();
	return [
		async (client) => {
			const engagements: IDataObject[] = [];
			for await (const page of client.getEngagements(settings, limit)) {
				for (const engagement of page) engagements.push(output(engagement));
			}
			return engagements;
		},
	];
};
