import type { WorkflowFile } from '../../../scripts/n8n/rest.mts';

/** A copy of a workflow with one thing less. */
export interface Deletion {
	/** What was deleted, e.g. `Create Ticket: parameters.project.value`. */
	what: string;
	workflow: WorkflowFile;
}

const SETTINGS = ['onError', 'alwaysOutputData', 'executeOnce', 'retryOnFail'];

/**
 * Deletes one thing after the other: each parameter of each node, at every depth (an option of a
 * collection, an element of a list, a part of a resource locator), each credential, and each setting
 * of a node that changes what it does.
 */
export function deletionsOf(workflow: WorkflowFile): Deletion[] {
	return workflow.nodes.flatMap((node, index) =>
		[
			...pathsIn(node.parameters).map((path) => ['parameters', ...path]),
			...Object.keys(node.credentials ?? {}).map((type) => ['credentials', type]),
			...SETTINGS.filter((setting) => setting in node).map((setting) => [setting]),
		].map((path) => ({
			what: `${node.name}: ${path.join('.')}`,
			workflow: {
				...workflow,
				nodes: workflow.nodes.with(index, without(node, path)),
			},
		})),
	);
}

function pathsIn(value: unknown): string[][] {
	if (typeof value !== 'object' || value === null) return [];
	return Object.entries(value).flatMap(([key, child]) => [
		[key],
		...pathsIn(child).map((path) => [key, ...path]),
	]);
}

function without<T extends object>(value: T, path: string[]): T {
	const copy = structuredClone(value);
	const container = path.slice(0, -1).reduce<object>((at, key) => Reflect.get(at, key), copy);
	const last = path.at(-1)!;
	if (Array.isArray(container)) container.splice(Number(last), 1);
	else Reflect.deleteProperty(container, last);
	return copy;
}
