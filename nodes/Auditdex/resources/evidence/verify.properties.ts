import type { INodeProperties } from 'n8n-workflow';

import { controlIdField } from '../../parameters/controlId';
import { engagementLocator } from '../../parameters/engagementLocator';
import { inputBinaryField } from '../../parameters/inputBinaryField';
import { requestOptions } from '../../parameters/requestOptions';

const displayOptions = { show: { resource: ['evidence'], operation: ['verify'] } };

const showFor = (evidenceSource: 'binary' | 'text' | 'sha256') => ({
	show: { ...displayOptions.show, evidenceSource: [evidenceSource] },
});

export const verifyProperties: INodeProperties[] = [
	{ ...engagementLocator, displayOptions },
	{ ...controlIdField, displayOptions },
	{
		displayName: 'Evidence Source',
		name: 'evidenceSource',
		type: 'options',
		noDataExpression: true,
		displayOptions,
		options: [
			{
				name: 'Binary File',
				value: 'binary',
				description: 'A file that a previous node put out',
			},
			{
				name: 'SHA-256',
				value: 'sha256',
				description: 'The hash alone, e.g. of a receipt or from a SHA256SUMS file',
			},
			{
				name: 'Text',
				value: 'text',
				description: 'Text as it was submitted, e.g. by an AI agent',
			},
		],
		default: 'binary',
		description: 'What to look for among the evidence that is linked to the control',
	},
	{ ...inputBinaryField, displayOptions: showFor('binary') },
	{
		displayName: 'Text',
		name: 'text',
		type: 'string',
		typeOptions: { rows: 4 },
		default: '',
		required: true,
		placeholder: 'e.g. All 214 accounts were reviewed on 2026-03-31. No exceptions.',
		description: 'The text, exactly as it was submitted',
		displayOptions: showFor('text'),
	},
	{
		displayName: 'SHA-256',
		name: 'sha256',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
		description: 'The hash of the file, as 64 hexadecimal digits',
		displayOptions: showFor('sha256'),
	},
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
