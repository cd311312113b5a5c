import type { IExecuteFunctions } from 'n8n-workflow';

import { readBinaries } from '../../evidence/binaryFields';
import { evidenceInRun } from '../../evidence/evidenceInRun';
import { sha256Of } from '../../evidence/evidenceFile';
import { textContent } from '../../evidence/inputFile';
import { parseSha256 } from '../../evidence/sha256';
import { verify as verifyHash } from '../../evidence/verification';
import type { ItemParameters } from '../../parameters/itemParameters';
import type { Operation } from '../operation';

/** What to look for: its hash is computed when it's its turn, so that a file is read once only. */
interface Sought {
	fileName?: string;
	sha256(): Promise<string>;
}

/** Tells for each file whether it's linked to the control; nothing is sent. One output item a file. */
export const verify: Operation = async (context, parameters) => {
	const engagementId = parameters.id('engagementId', 'Engagement');
	const controlId = parameters.id('controlId', 'Control ID');
	const settings = parameters.requestSettings();
	const sought = await readSought(context, parameters);
	return sought.map(({ fileName, sha256 }) => async (client) => {
		const view = await evidenceInRun(client, engagementId, controlId, settings);
		return [verifyHash(view, await sha256(), fileName)];
	});
};

async function readSought(
	context: IExecuteFunctions,
	parameters: ItemParameters,
): Promise<Sought[]> {
	const source = parameters.text('evidenceSource', 'Evidence Source');
	if (source === 'sha256') {
		const sha256 = readSha256(parameters);
		return [{ sha256: async () => sha256 }];
	}
	if (source === 'text') {
		const text = parameters.text('text', 'Text');
		if (text === '') parameters.refuse("'Text' is empty", 'Enter the text to look for.');
		return [{ sha256: async () => await sha256Of(textContent(text)) }];
	}
	const files = await readBinaries(context, parameters);
	return files.map(({ binary: { fileName }, content }) => ({
		fileName: typeof fileName === 'string' && fileName !== '' ? fileName : undefined,
		sha256: async () => await sha256Of(content),
	}));
}

function readSha256(parameters: ItemParameters): string {
	const value = parameters.text('sha256', 'SHA-256');
	if (value.trim() === '') {
		parameters.refuse(
			"'SHA-256' is empty",
			'Enter the hash to look for, as 64 hexadecimal digits.',
		);
	}
	const sha256 = parseSha256(value);
	if (sha256 === null) {
		parameters.refuse(
			"'SHA-256' must be 64 hexadecimal digits",
			'Correct it, e.g. with what sha256sum prints in front of the file name.',
		);
	}
	return sha256;
}
