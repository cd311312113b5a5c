import type { IDataObject, INodeProperties } from 'n8n-workflow';

import { isObject, type JsonObject } from '../api/json';
import type { ItemParameters } from './itemParameters';

/** How much of what the API answered is put out. */
export const outputOptions: INodeProperties[] = [
	{
		displayName: 'Fields',
		name: 'fields',
		type: 'string',
		default: '',
		placeholder: 'e.g. testing_status, findings',
		displayOptions: { show: { output: ['selectedFields'] } },
		description:
			'The names of the fields to put out, separated by commas. A dot leads into a field, as in engagement.name. A field that AUDITDEX does not show is null.',
	},
	{
		displayName: 'Output',
		name: 'output',
		type: 'options',
		options: [
			{
				name: 'As Received',
				value: 'asReceived',
				description: 'All that AUDITDEX shows, unchanged',
			},
			{
				name: 'Selected Fields',
				value: 'selectedFields',
				description: 'The fields named under Fields',
			},
			{
				name: 'Simplified',
				value: 'simplified',
				description: 'The most important values as flat fields, e.g. for tables and AI agents',
			},
		],
		default: 'asReceived',
		description: 'How much of what AUDITDEX shows is put out',
	},
];

/**
 * Reads the options Output and Fields.
 * @param simplify what Simplified makes of the API's object
 * @returns what becomes of the API's object
 * @throws NodeOperationError naming the option and the item
 */
export function readOutput(
	parameters: ItemParameters,
	simplify: (received: JsonObject) => IDataObject,
): (received: object) => IDataObject {
	const output = parameters.optionText('output', 'Output') ?? 'asReceived';
	switch (output) {
		case 'asReceived':
			return (received) => received as IDataObject;
		case 'simplified':
			return (received) => simplify(received as JsonObject);
		case 'selectedFields': {
			const names = readFields(parameters);
			return (received) => selectFields(received as JsonObject, names);
		}
		default:
			parameters.refuse(
				"'Output' must be asReceived, simplified or selectedFields",
				"Choose one under 'Options', or correct the expression there.",
			);
	}
}

function readFields(parameters: ItemParameters): string[] {
	const names = (parameters.optionText('fields', 'Fields') ?? '').split(',');
	const fields = names.map((name) => name.trim()).filter((name) => name !== '');
	if (fields.length === 0) {
		parameters.refuse(
			"'Fields' is empty",
			"Enter the names of the fields to put out under 'Options', e.g. testing_status, findings.",
		);
	}
	return fields;
}

/** The named fields, each under the name that it was asked for by; null where there is none. */
export function selectFields(received: JsonObject, names: readonly string[]): IDataObject {
	return Object.fromEntries(
		names.map((name) => [name, memberAt(received, name) ?? null]),
	) as IDataObject;
}

function memberAt(value: unknown, path: string): unknown {
	if (!isObject(value)) return undefined;
	if (Object.hasOwn(value, path)) return value[path];
	const dot = path.indexOf('.');
	if (dot < 0 || !Object.hasOwn(value, path.slice(0, dot))) return undefined;
	return memberAt(value[path.slice(0, dot)], path.slice(dot + 1));
}
