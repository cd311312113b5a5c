/**
 * Checks a workflow file against the node and credential types of a real n8n.
 *
 *   objectionsTo(workflow, catalog)  → sentences; none for a file that's exactly what n8n's editor
 *                                      would save after a user had filled in the same values
 */
import { isDeepStrictEqual } from 'node:util';

import {
	type INode,
	type INodeParameters,
	type INodeProperties,
	type INodeTypeDescription,
	type IDataObject,
	NodeHelpers,
	setSafeRegexEngine,
} from 'n8n-workflow';

import type { WorkflowFile } from '../../../scripts/n8n/rest.mts';
import type { Catalog } from './catalog.mts';

// n8n runs the patterns of its nodes against a clock, which a busy machine can miss.
setSafeRegexEngine({
	exec: (pattern, text, flags) => new RegExp(pattern, flags).exec(text),
	test: (pattern, text, flags) => new RegExp(pattern, flags).test(text),
	replace: (pattern, text, flags, by) => text.replace(new RegExp(pattern, flags), by),
	matchAll: (pattern, text, flags) => [...text.matchAll(new RegExp(pattern, `${flags ?? ''}g`))],
	split: (pattern, text, flags) => text.split(new RegExp(pattern, flags)),
});

const STICKY_NOTE = 'n8n-nodes-base.stickyNote';

export function objectionsTo(workflow: WorkflowFile, catalog: Catalog): string[] {
	return [
		...workflow.nodes.flatMap((node) =>
			objectionsToNode(node, catalog).map((objection) => `${node.name}: ${objection}`),
		),
		...objectionsToConnections(workflow, catalog),
		...objectionsToNote(workflow),
	];
}

function objectionsToNode(node: INode, catalog: Catalog): string[] {
	const description = catalog.node(node.type, node.typeVersion);
	if (!description) return [`there is no node ${node.type} version ${node.typeVersion}`];
	// Which parameters are shown depends on the defaults of others, so those are filled in first.
	const all = parametersAs(description, node, { defaults: true });
	const saved = parametersAs(description, node, { defaults: false });
	const complete = { ...node, parameters: all };
	return [
		...(isDeepStrictEqual(saved, node.parameters)
			? []
			: [
					'its parameters are not as n8n saves them (unknown, hidden or left at their default): ' +
						`${JSON.stringify(node.parameters)} instead of ${JSON.stringify(saved)}`,
				]),
		...Object.values(
			NodeHelpers.getNodeParametersIssues(description.properties, complete, description)
				?.parameters ?? {},
		).flat(),
		...shown(description.properties, all, complete, description).flatMap((property) =>
			objectionsToValue(
				property,
				// n8n fills in what conditions lack.
				(property.type === 'filter' ? saved : all)[property.name],
				complete,
				description,
			),
		),
		...objectionsToCredentials(complete, description, catalog),
	];
}

function parametersAs(
	description: INodeTypeDescription,
	node: INode,
	{ defaults }: { defaults: boolean },
): INodeParameters {
	return (
		NodeHelpers.getNodeParameters(
			description.properties,
			node.parameters,
			defaults,
			false,
			node,
			description,
		) ?? {}
	);
}

function shown(
	properties: INodeProperties[],
	values: INodeParameters,
	node: INode,
	description: INodeTypeDescription,
): INodeProperties[] {
	return properties.filter(
		(property) =>
			values[property.name] !== undefined &&
			NodeHelpers.displayParameter(values, property, node, description, node.parameters),
	);
}

const isExpression = (value: unknown) => typeof value === 'string' && value.startsWith('=');
const isObject = (value: unknown): value is IDataObject =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

/** What n8n's own checks let pass: values of the wrong kind, unknown choices, incomplete objects. */
function objectionsToValue(
	property: INodeProperties,
	value: unknown,
	node: INode,
	description: INodeTypeDescription,
): string[] {
	const wrong = (what: string) => [`“${property.displayName}” ${what}: ${JSON.stringify(value)}`];
	if (isExpression(value)) return property.noDataExpression ? wrong('takes no expression') : [];
	switch (property.type) {
		case 'string':
			return typeof value === 'string' ? [] : wrong('is not text');
		case 'boolean':
			return typeof value === 'boolean' || value === property.default ? [] : wrong('is not a boolean');
		case 'number':
			return typeof value === 'number' ? [] : wrong('is not a number');
		case 'options':
			return isChoice(property, value) ? [] : wrong('is not among the choices');
		case 'multiOptions':
			return Array.isArray(value) && value.every((choice) => isChoice(property, choice))
				? []
				: wrong('has a value that is not among the choices');
		case 'resourceLocator':
			return isObject(value) &&
				value.__rl === true &&
				property.modes?.some(({ name }) => name === value.mode) &&
				value.value !== undefined
				? []
				: wrong('is not a whole resource locator');
		case 'resourceMapper':
			return isObject(value) &&
				typeof value.mappingMode === 'string' &&
				(value.value === null || isObject(value.value)) &&
				Array.isArray(value.matchingColumns) &&
				Array.isArray(value.schema) &&
				typeof value.attemptToConvertTypes === 'boolean' &&
				typeof value.convertFieldsToString === 'boolean'
				? []
				: wrong('is not a whole column mapping');
		case 'filter':
			return isWholeFilter(value) ? [] : wrong('is not a whole set of conditions');
		case 'collection':
		case 'fixedCollection':
			return objectionsToCollection(property, value, node, description);
		default:
			return [];
	}
}

/** Conditions as the editor saves them, each with an id and an operation of a type. */
function isWholeFilter(value: unknown): boolean {
	if (!isObject(value) || !isObject(value.options) || !Array.isArray(value.conditions)) return false;
	const { version, leftValue, caseSensitive, typeValidation } = value.options;
	return (
		typeof version === 'number' &&
		leftValue === '' &&
		typeof caseSensitive === 'boolean' &&
		['strict', 'loose'].includes(typeValidation as string) &&
		['and', 'or'].includes(value.combinator as string) &&
		value.conditions.length > 0 &&
		value.conditions.every(
			(condition) =>
				isObject(condition) &&
				typeof condition.id === 'string' &&
				isExpression(condition.leftValue) &&
				'rightValue' in condition &&
				isObject(condition.operator) &&
				typeof condition.operator.type === 'string' &&
				typeof condition.operator.operation === 'string' &&
				(condition.operator.singleValue === true) === ONE_SIDED.has(condition.operator.operation),
		)
	);
}

/** Operations that compare with nothing. */
const ONE_SIDED = new Set(['exists', 'notExists', 'empty', 'notEmpty', 'true', 'false']);

/** Choices that n8n loads from the service (a channel, a label) can't be known here. */
function isChoice({ options = [], typeOptions }: INodeProperties, value: unknown): boolean {
	if (typeOptions?.loadOptionsMethod || typeOptions?.loadOptions) return true;
	return options.some((option) => 'value' in option && option.value === value);
}

function objectionsToCollection(
	property: INodeProperties,
	value: unknown,
	node: INode,
	description: INodeTypeDescription,
): string[] {
	const groups = Array.isArray(value) ? value : [value];
	return groups.filter(isObject).flatMap((group) =>
		(property.options ?? []).flatMap((option) => {
			if (!(option.name in group)) return [];
			if ('values' in option) {
				return [group[option.name]].flat().flatMap((entry) =>
					option.values
						.filter(({ name }) => isObject(entry) && name in entry)
						.flatMap((field) =>
							objectionsToValue(field, (entry as IDataObject)[field.name], node, description),
						),
				);
			}
			return 'type' in option
				? objectionsToValue(option, group[option.name], node, description)
				: [];
		}),
	);
}

function objectionsToCredentials(
	node: INode,
	description: INodeTypeDescription,
	catalog: Catalog,
): string[] {
	const wanted = (description.credentials ?? []).filter((credential) =>
		NodeHelpers.displayParameter(node.parameters, credential, node, description),
	);
	const given = Object.entries(node.credentials ?? {});
	return [
		...given
			.filter(([type]) => !wanted.some(({ name }) => name === type) || !catalog.credential(type))
			.map(([type]) => `it takes no credential ${type}`),
		...given
			.filter(([, { name }]) => !name)
			.map(([type]) => `the credential ${type} has no name for the user to look for`),
		...given
			.filter(([, { id }]) => id)
			.map(([type]) => `the credential ${type} has the id of somebody's own n8n`),
		...wanted
			.filter(({ name, required }) => required && !node.credentials?.[name])
			.map(({ name }) => `the credential ${name} is missing`),
	];
}

/** Inputs and outputs that n8n computes with an expression are left to the run. */
function objectionsToConnections(
	{ nodes, connections }: WorkflowFile,
	catalog: Catalog,
): string[] {
	const objections: string[] = [];
	const connected = new Set<string>();
	const byName = new Map(nodes.map((node) => [node.name, node]));
	if (byName.size !== nodes.length) objections.push('two nodes have the same name');
	if (new Set(nodes.map(({ id }) => id)).size !== nodes.length) {
		objections.push('two nodes have the same id');
	}
	const has = (node: INode | undefined, side: 'inputs' | 'outputs', type: string) => {
		const ends = node && catalog.node(node.type, node.typeVersion)?.[side];
		if (!ends || typeof ends === 'string') return ends !== undefined;
		return ends.some((end) => (typeof end === 'string' ? end : end.type) === type);
	};
	for (const [from, outputs] of Object.entries(connections)) {
		for (const [type, links] of Object.entries(outputs)) {
			if (!has(byName.get(from), 'outputs', type)) objections.push(`${from} has no ${type} output`);
			for (const link of links.flatMap((ends) => ends ?? [])) {
				connected.add(from).add(link.node);
				if (!has(byName.get(link.node), 'inputs', link.type)) {
					objections.push(`${link.node} has no ${link.type} input`);
				}
			}
		}
	}
	for (const { name, type } of nodes) {
		if (type !== STICKY_NOTE && !connected.has(name)) objections.push(`${name} is not connected`);
	}
	return objections;
}

/** A note tells what to set: each node with a credential is named, and the text fits its box. */
function objectionsToNote({ nodes }: WorkflowFile): string[] {
	const [note, ...others] = nodes.filter(({ type }) => type === STICKY_NOTE);
	if (!note || others.length > 0) return ['there must be one sticky note'];
	const { content = '', width = 240, height = 160 } = note.parameters as Record<string, never>;
	const unnamed = nodes.filter(
		({ name, credentials }) => credentials && !String(content).includes(`*${name}*`),
	);
	return [
		...unnamed.map(({ name }) => `the note doesn't say what to set in ${name}`),
		...(heightOf(String(content), width) > height ? ["the note's text doesn't fit its box"] : []),
	];
}

const CHARACTER_WIDTH = 7.2;
const LINE_HEIGHT = 19;
const PADDING = 24;

/** About what n8n's editor needs for a note's text, in its pixels. */
function heightOf(content: string, width: number): number {
	const charactersALine = Math.floor((width - 2 * PADDING) / CHARACTER_WIDTH);
	const lines = content
		.split('\n')
		.map((line) => Math.max(1, Math.ceil(line.length / charactersALine)));
	return 2 * PADDING + LINE_HEIGHT * lines.reduce((sum, count) => sum + count, 0);
}
