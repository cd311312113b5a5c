import type { IExecuteFunctions } from 'n8n-workflow';

import { readBinaries, type BinaryFile } from '../../evidence/binaryFields';
import type { EvidenceFile } from '../../evidence/evidenceFile';
import { fallbackFileName, fileNameObjection } from '../../evidence/fileName';
import { textContent } from '../../evidence/inputFile';
import { parseSha256 } from '../../evidence/sha256';
import { isMimeType } from '../../evidence/mimeType';
import { submitFile } from '../../evidence/submission';
import type { ItemParameters } from '../../parameters/itemParameters';
import type { Operation } from '../operation';

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
			: await readFiles(context, parameters);
	if (expectedSha256 !== undefined && files.length > 1) {
		parameters.refuse(
			"'Expected SHA-256' can’t be given for several files",
			"Remove it from 'Options', or submit each file with a node of its own.",
		);
	}
	return files.map((file, index) => async (client, memory) => {
		const { name, mimeType, size } = file;
		const what = [engagementId, controlId, description, name, mimeType, size];
		return [
			await submitFile(
				client,
				{ engagementId, controlId, description, file, expectedSha256, skipIfSubmitted },
				settings,
				memory.recordOf(parameters.itemIndex, index, what),
			),
		];
	});
};

function readExpectedSha256(parameters: ItemParameters): string | undefined {
	const value = parameters.optionText('expectedSha256', 'Expected SHA-256');
	if (value === undefined) return undefined;
	const sha256 = parseSha256(value);
	if (sha256 === null) {
		parameters.refuse(
			"'Expected SHA-256' must be 64 hexadecimal digits",
			"Correct it under 'Options', e.g. with what sha256sum prints in front of the file name, or remove it there.",
		);
	}
	return sha256;
}

function readText(parameters: ItemParameters): EvidenceFile {
	const text = parameters.text('text', 'Text');
	if (text === '') parameters.refuse("'Text' is empty", 'Enter the text to submit as evidence.');
	const name = checkedName(parameters, parameters.text('fileName', 'File Name'), "'File Name'");
	return { name, mimeType: readMimeType(parameters) ?? 'text/plain', ...textContent(text) };
}

async function readFiles(
	context: IExecuteFunctions,
	parameters: ItemParameters,
): Promise<EvidenceFile[]> {
	const files = await readBinaries(context, parameters);
	const given = parameters.optionText('fileName', 'File Name');
	if (given !== undefined && files.length > 1) {
		parameters.refuse(
			"'File Name' can’t be given to several files",
			"Remove 'File Name' from 'Options', so that each file keeps its own name.",
		);
	}
	const mimeType = readMimeType(parameters);
	return files.map((file) => ({
		name:
			given === undefined
				? ownName(parameters, file, mimeType)
				: checkedName(parameters, given, "'File Name'"),
		mimeType: mimeType ?? file.mimeType,
		...file.content,
	}));
}

/** The name that n8n has for the file, else one from its field and its MIME type. */
function ownName(parameters: ItemParameters, file: BinaryFile, mimeType?: string): string {
	const { field, place, binary } = file;
	const label = `The file name in ${place}`;
	const name = parameters.asText(binary.fileName, label);
	if (name.trim() !== '') return checkedName(parameters, name, label);
	return mimeType === undefined
		? fallbackFileName(field, file.mimeType, binary.fileExtension)
		: fallbackFileName(field, mimeType);
}

function checkedName(parameters: ItemParameters, name: string, label: string): string {
	const objection = fileNameObjection(name);
	if (objection) {
		parameters.refuse(`${label} ${objection}`, "Give the file another name with 'File Name'.");
	}
	return name;
}

function readMimeType(parameters: ItemParameters): string | undefined {
	const value = parameters.optionText('mimeType', 'MIME Type');
	if (value === undefined || value === '') return undefined;
	if (!isMimeType(value)) {
		parameters.refuse("'MIME Type' is not a MIME type", 'Enter one such as text/csv.');
	}
	return value;
}
