import type { INodeProperties } from 'n8n-workflow';

/** Which of the item's files; see `readBinaries`. */
export const inputBinaryField: INodeProperties = {
	displayName: 'Input Binary Field',
	name: 'binaryPropertyName',
	type: 'string',
	default: 'data',
	required: true,
	placeholder: 'e.g. data',
	hint: 'The name of the input field with the file, several separated by commas, or the file itself by expression',
};
