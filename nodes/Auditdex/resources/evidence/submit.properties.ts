import type { INodeProperties } from 'n8n-workflow';

import { controlIdField } from '../../parameters/controlId';
import { engagementLocator } from '../../parameters/engagementLocator';
import { inputBinaryField } from '../../parameters/inputBinaryField';
import { withRequestOptions } from '../../parameters/requestOptions';

const displayOptions = { show: { resource: ['evidence'], operation: ['submit'] } };

const showFor = (evidenceSource: 'binary' | 'text') => ({
	show: { ...displayOptions.show, evidenceSource: [evidenceSource] },
});

const submitOptions: INodeProperties[] = [
	{
		displayName: 'Expected SHA-256',
		name: 'expectedSha256',
		type: 'string',
		default: '',
		placeholder: 'e.g. 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
		description:
			'The SHA-256 that the file must have, as 64 hexadecimal digits; a file with another is not sent',
	},
	{
		displayName: 'File Name',
		name: 'fileName',
		type: 'string',
		default: '',
		placeholder: 'e.g. access-review-q1.csv',
		displayOptions: { show: { '/evidenceSource': ['binary'] } },
		description: 'The name to store the file under, instead of its own',
	},
	{
		displayName: 'MIME Type',
		name: 'mimeType',
		type: 'string',
		default: '',
		placeholder: 'e.g. text/csv',
		description: "The file's type, instead of the one that n8n found",
	},
	{
		displayName: 'Skip If Submitted',
		name: 'skipIfSubmitted',
		type: 'boolean',
		default: false,
		description:
			'Whether to ask the control first and send nothing if evidence with the same SHA-256 is already linked to it. The output is then that evidence, with “skipped” set to true.',
	},
];

export const submitProperties: INodeProperties[] = [
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
				name: 'Text',
				value: 'text',
				description: 'Text that is submitted as a file, e.g. a summary written by an AI agent',
			},
		],
		default: 'binary',
		description: 'Where the evidence comes from',
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
		description: 'The text to submit as evidence',
		displayOptions: showFor('text'),
	},
	{
		displayName: 'File Name',
		name: 'fileName',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. access-review-q1.txt',
		description: 'The name to store the text under',
		displayOptions: showFor('text'),
	},
	{
		displayName: 'Description',
		name: 'description',
		type: 'string',
		default: '',
		placeholder: 'e.g. Q1 access review results',
		description: 'What the evidence shows, for the auditor',
		displayOptions,
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		displayOptions,
		options: withRequestOptions(submitOptions),
	},
];
