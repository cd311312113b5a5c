import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { INode } from 'n8n-workflow';

import type { WorkflowFile } from '../n8n/rest.mts';
import { REPORTS_ORIGIN } from './companySystems.mts';

/** The folder that the examples collect files from: n8n's default for file nodes, in its image. */
const FILES_FOLDER = '/home/node/.n8n-files';

/**
 * An example workflow as a user imports it; only the places it collects from are local ones.
 * @param reportsOrigin of the server with reports
 * @param filesFolder that n8n's file nodes may read
 */
export async function readExample(
	name: string,
	{ reportsOrigin, filesFolder }: { reportsOrigin: string; filesFolder: string },
): Promise<WorkflowFile> {
	const file = join(import.meta.dirname, '..', '..', 'examples', `${name}.json`);
	const text = (await readFile(file, 'utf8'))
		.replaceAll(REPORTS_ORIGIN, reportsOrigin)
		.replaceAll(FILES_FOLDER, filesFolder);
	return JSON.parse(text) as WorkflowFile;
}

/** The node of a workflow that has this type. */
export function nodeOfType(workflow: WorkflowFile, type: string): INode {
	const node = workflow.nodes.find((candidate) => candidate.type === type);
	if (!node) throw new Error(`The workflow "${workflow.name}" has no node of type ${type}`);
	return node;
}
