import type { IExecuteFunctions } from 'n8n-workflow';

import type { EvidenceFile } from '../../evidence/evidenceFile';
import { fileNameObjection } from '../../evidence/fileName';
import { binaryContent, textContent } from '../../evidence/inputFile';
import { submitFile } from '../../evidence/submission';
import type { ItemParameters } from '../../parameters/itemParameters';
import type { Operation } from '../operation';

const MIME_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;[\x20-\x7e]*)?$/;

/** Submits files as evidence: one output item a file, each with the comparison of its hashes. */
export const submit: Operation = async (context, parameters) => {
	const engagementId = parameters.id('engagementId', 'Engagement');
	const controlId = parameters.id('controlId', 'Control ID');
	const description = parameters.text('description', 'Description');
	const expectedSha256 = readExpectedSha256(parameters);
	const skipIfSubmitted = parameters.optionFlag('skipIfSubmitted', 'Skip If Submitted');
	const settings = parameters.requestSettings();
	const files =
		parameters.text('evidenceSource', 'Evidence Source') === 'text'
			? [readText(parameters)]
			: await readBinaries(context, parameters);
	return files.map((file) => async (client) => [
		await submitFile(
			client,
			{ engagementId, controlId, description, file, expectedSha256, skipIfSubmitted },
			settings,
		),
	]);
};

function readExpectedSha256(parameters: ItemParameters): string | undefined {
	const value = parameters.optionText('expectedSha256', 'Expected SHA-256')?.trim();
	if (value === undefined) return undefined;
	if (!/^[0-9a-f]{64}$/i.test(value)) {
		parameters.refuse(
			'Expected SHA-256 must be 64 hexadecimal digits',
			'Correct it under Options, e.g. with the output of sha256sum, or remove it there.',
		);
	}
	return value.toLowerCase();
}

function readText(parameters: ItemParameters): EvidenceFile {
	const text = parameters.text('text', 'Text');
	if (text === '') parameters.refuse('Text is empty', 'Enter the text to submit as evidence.');
	const name = checkedName(parameters, parameters.text('fileName', 'File Name'), 'File Name');
	return { name, mimeType: readMimeType(parameters) ?? 'text/plain', ...textContent(text) };
}

async function readBinaries(
	context: IExecuteFunctions,
	parameters: ItemParameters,
): Promise<EvidenceFile[]> {
	const names = parameters.text('binaryPropertyName', 'Input Binary Field').split(',');
	const fields = [...new Set(names.map((name) => name.trim()).filter(Boolean))];
	if (fields.length === 0) {
		parameters.refuse('Input Binary Field is empty', 'Enter the name of the field, e.g. data.');
	}
	const fileName = parameters.optionText('fileName', 'File Name');
	if (fileName !== undefined && fields.length > 1) {
		parameters.refuse(
			'File Name can’t be given to several files',
			'Remove File Name from Options, so that each file keeps its own name.',
		);
	}
	const mimeType = readMimeType(parameters);
	return await Promise.all(
		fields.map(async (field) => {
			const { binary, content } = await binaryContent(context, parameters.itemIndex, field);
			const name =
				fileName === undefined
					? checkedName(parameters, binary.fileName ?? '', `The file name in field “${field}”`)
					: checkedName(parameters, fileName, 'File Name');
			return { name, mimeType: mimeType ?? binary.mimeType, ...content };
		}),
	);
}

function checkedName(parameters: ItemParameters, name: string, label: string): string {
	const objection = fileNameObjection(name);
	if (objection) {
		parameters.refuse(`${label} ${objection}`, 'Give the file another name with File Name.');
	}
	return name;
}

function readMimeType(parameters: ItemParameters): string | undefined {
	const value = parameters.optionText('mimeType', 'MIME Type');
	if (value === undefined || value === '') return undefined;
	if (!MIME_TYPE.test(value)) {
		parameters.refuse('MIME Type is not a MIME type', 'Enter one such as text/csv.');
	}
	return value;
}
