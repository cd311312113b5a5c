import type { IExecuteFunctions } from 'n8n-workflow';

import { isObject, type JsonObject } from '../api/json';
import type { ItemParameters } from '../parameters/itemParameters';
import { parseEncoded } from './base64';
import { isMimeType, UNKNOWN_TYPE } from './mimeType';
import { base64Content, storedContent, type FileContent } from './inputFile';

const PARAMETER = 'binaryPropertyName';
const LABEL = 'Input Binary Field';
const DEFAULT_FIELD = 'data';
/** Characters; more are a file's content put into the wrong field. */
const LONGEST_NAMES = 10_000;
const HOW_TO_MAKE =
	'A file is what nodes such as HTTP Request, Read/Write Files from Disk and Convert to File put out. In a Code node, make it with this.helpers.prepareBinaryData().';

/** What n8n writes as the data of a file that it keeps elsewhere; its id says where. */
const STORES = /^(?:filesystem|filesystem-v2|database|s3|azure)$/;
/** The last field named behind `binary` in an expression, e.g. `$binary.report`. */
const FIELD_IN_EXPRESSION =
	/^.*\bbinary\s*(?:\??\.\s*([\p{L}_$][\p{L}\p{N}_$]*)|\[\s*(["'`])(.+?)\2)/su;

/** A file of an input item, as n8n describes it. */
export interface BinaryFile {
	field: string;
	/** How the user knows where the file is, for messages. */
	place: string;
	/** n8n's description of the file: its name, MIME type and so on, none of which is certain. */
	binary: JsonObject;
	mimeType: string;
	content: FileContent;
}

/**
 * The files that Input Binary Field leads to: names of fields separated by commas, or the binary
 * itself by expression, as with n8n's own nodes (contract).
 * @throws NodeOperationError when there is no such file, or what is there is not one of n8n's
 * @throws AuditdexError when n8n can't read it from where it keeps files
 */
export async function readBinaries(
	context: IExecuteFunctions,
	parameters: ItemParameters,
): Promise<BinaryFile[]> {
	const value = parameters.value(PARAMETER);
	if (isObject(value) && 'mimeType' in value) {
		return [await fileByExpression(context, parameters, value)];
	}
	return await Promise.all(
		fieldNames(parameters, value).map(async (field) => {
			const all: unknown = context.getInputData()[parameters.itemIndex]?.binary;
			const place = `field “${field}”`;
			if (all !== undefined && !isObject(all)) refuseAsNoFile(parameters, place);
			const binary: unknown = context.helpers.assertBinaryData(parameters.itemIndex, field);
			return await fileOf(context, parameters, { field, place, binary });
		}),
	);
}

function fieldNames(parameters: ItemParameters, value: unknown): string[] {
	if (typeof value === 'object' && value !== null && !(value instanceof Date)) {
		parameters.refuse(
			`'${LABEL}' must be the name of a field, or one file`,
			'Enter a name, e.g. data, or an expression that yields one file, e.g. {{ $binary.data }}.',
		);
	}
	const names = parameters.asText(value, LABEL);
	if (names.includes('[object Object]')) {
		parameters.refuse(
			`'${LABEL}' holds text around a file`,
			'Leave only the expression in it, without blanks or other text before and behind.',
		);
	}
	if (/^data:/i.test(names) || names.length > LONGEST_NAMES) {
		parameters.refuse(
			`'${LABEL}' holds a file’s content instead of the name of a field`,
			'Make the content a file with Convert to File first, and enter the name of its field here.',
		);
	}
	const fields = new Set(names.split(',').map((name) => name.trim()));
	fields.delete('');
	if (fields.size === 0) {
		parameters.refuse(`'${LABEL}' is empty`, 'Enter the name of the field, e.g. data.');
	}
	return [...fields];
}

async function fileByExpression(
	context: IExecuteFunctions,
	parameters: ItemParameters,
	value: JsonObject,
): Promise<BinaryFile> {
	const expression = String(context.getNode().parameters[PARAMETER]);
	const [, dotted, , quoted] = FIELD_IN_EXPRESSION.exec(expression) ?? [];
	const named = dotted ?? quoted ?? DEFAULT_FIELD;
	if ('data' in value || 'id' in value) {
		return await fileOf(context, parameters, { field: named, place: LABEL, binary: value });
	}
	// n8n leaves the content out of `$binary` where it keeps files in memory.
	const own = context.getInputData()[parameters.itemIndex]?.binary ?? {};
	const alike = Object.keys(own).filter((field) => isDescribedAs(own[field], value));
	const field = alike.includes(named) ? named : alike[0];
	if (!field || (alike.length > 1 && field !== named) || !/\$binary\b/.test(expression)) {
		parameters.refuse(
			`'${LABEL}' yields a file without its content`,
			"n8n leaves the content out here. Enter the name of the field instead, e.g. data, or an expression such as {{ $('Get file').item.binary.data }}.",
		);
	}
	return await fileOf(context, parameters, { field, place: LABEL, binary: own[field] });
}

/** Whether a binary is the one whose description, without the content, is given. */
function isDescribedAs(binary: unknown, description: JsonObject): boolean {
	if (!isObject(binary)) return false;
	return Object.keys({ ...binary, ...description }).every(
		(name) => name === 'data' || binary[name] === description[name],
	);
}

async function fileOf(
	context: IExecuteFunctions,
	parameters: ItemParameters,
	{ field, place, binary }: { field: string; place: string; binary: unknown },
): Promise<BinaryFile> {
	if (!isObject(binary)) refuseAsNoFile(parameters, place);
	const { id, data } = binary;
	if (typeof id === 'string' && id !== '') {
		const content = await storedContent(context, id, { place, itemIndex: parameters.itemIndex });
		return { field, place, binary, mimeType: typeOf(binary), content };
	}
	if (typeof data !== 'string') refuseAsNoFile(parameters, place);
	if (STORES.test(data) || (data === '' && saysItHasContent(binary))) {
		parameters.refuse(
			`The file in ${place} has lost its content`,
			'Run the workflow again from the node that made the file, and pass its binary on whole.',
		);
	}
	const encoded = parseEncoded(data);
	if (!encoded) {
		parameters.refuse(
			`The file in ${place} is not valid base64`,
			`n8n keeps a file's bytes as base64. ${HOW_TO_MAKE}`,
		);
	}
	const { base64, mimeType } = encoded;
	return {
		field,
		place,
		binary,
		mimeType: typeOf(binary, mimeType),
		content: base64Content(base64),
	};
}

/** @param inContent the type that the content itself names */
function typeOf({ mimeType }: JsonObject, inContent?: string): string {
	return [mimeType, inContent].find(isMimeType) ?? UNKNOWN_TYPE;
}

/** Whether n8n counted bytes, in its members `bytes` or `fileSize` (e.g. "5 B"). */
function saysItHasContent({ bytes, fileSize }: JsonObject): boolean {
	return bytes === undefined ? /^[1-9]|^0\./.test(String(fileSize)) : Number(bytes) > 0;
}

function refuseAsNoFile(parameters: ItemParameters, place: string): never {
	parameters.refuse(`What is in ${place} is not a file`, HOW_TO_MAKE);
}
