/**
 * n8n's rules for what users read in the panel (docs.n8n.io: UX guidelines, verification guidelines),
 * checked on the descriptions as n8n loads them. The lint sees only what stands literally in a node's
 * own file; most of ours is put together from modules.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';

import type { PackageDirectoryLoader } from 'n8n-core';
import type {
	ICredentialType,
	INodeProperties,
	INodePropertyOptions,
	INodeTypeDescription,
} from 'n8n-workflow';
import { beforeAll, describe, expect, test } from 'vitest';

const require = createRequire(import.meta.url);

interface Field {
	path: string;
	property: INodeProperties;
}

let action: INodeTypeDescription;
let trigger: INodeTypeDescription;
let types: Array<INodeTypeDescription | ICredentialType>;
let fields: Field[];

beforeAll(async () => {
	const core = require('n8n-core') as typeof import('n8n-core');
	const loader: PackageDirectoryLoader = new core.PackageDirectoryLoader(
		join(import.meta.dirname, '..', '..'),
	);
	await loader.loadAll();
	const node = (name: string) => loader.getNode(name).type.description as INodeTypeDescription;
	action = node('auditdex');
	trigger = node('auditdexTrigger');
	types = [action, trigger, ...loader.types.credentials];
	fields = types.flatMap(({ name, properties }) => fieldsIn(properties, name));
});

function fieldsIn(properties: INodeProperties[], path: string): Field[] {
	return properties.flatMap((property) => {
		const here = `${path} → ${property.displayName}`;
		const nested = (property.options ?? []).flatMap((option) =>
			'values' in option ? option.values : 'type' in option ? [option] : [],
		) as INodeProperties[];
		return [{ path: here, property }, ...fieldsIn(nested, here)];
	});
}

const visible = () => fields.filter(({ property }) => property.type !== 'hidden');

const choicesOf = ({ type, options = [] }: INodeProperties) =>
	type === 'options' || type === 'multiOptions' ? (options as INodePropertyOptions[]) : [];

/** Each text that a user may read, with where it is. */
function texts(): Array<[where: string, text: string]> {
	const found: Array<[string, string | undefined]> = types.flatMap((type) => [
		[`${type.name}`, type.displayName],
		...('description' in type ? [[type.name, type.description] as [string, string]] : []),
	]);
	for (const { path, property } of visible()) {
		found.push([path, property.displayName], [path, property.description], [path, property.hint]);
		found.push([path, property.placeholder]);
		for (const { name, description, action: does } of choicesOf(property)) {
			found.push([`${path}: ${name}`, name], [`${path}: ${name}`, description], [path, does]);
		}
	}
	return found.filter((entry): entry is [string, string] => Boolean(entry[1]));
}

describe('Words', () => {
	test('no one is told of errors, problems, failures or mistakes', () => {
		expect(texts().length).toBeGreaterThan(60);
		expect(
			texts().filter(([, text]) => /\b(error|problem|failure|mistake)s?\b/i.test(text)),
		).toEqual([]);
	});

	test('one sentence has no full stop, two have two', () => {
		const wrong = texts().filter(([, text]) => {
			const inner = /[.!?] [A-Z0-9]/.test(text.replaceAll('e.g. ', ''));
			return inner ? !/[.!?]$/.test(text) : /[^.]\.$/.test(text);
		});
		expect(wrong).toEqual([]);
	});

	test('labels are in title case', () => {
		const small = /^(a|an|and|as|at|by|for|from|if|in|is|of|on|or|the|to|with)$/;
		const labels = [
			...types.map(({ displayName }) => displayName),
			...visible()
				.filter(({ property }) => property.type !== 'notice')
				.flatMap(({ property }) => [
					property.displayName,
					...choicesOf(property).map(({ name }) => name),
				]),
		];
		const wrong = labels.filter((label) =>
			label
				.replace(/[()]/g, '')
				.split(' ')
				.some((word, index) => !/^[A-Z0-9]/.test(word) && (index === 0 || !small.test(word))),
		);
		expect(wrong).toEqual([]);
	});

	test('a hint has at most 120 characters', () => {
		const hints = fields.flatMap(({ property }) => property.hint ?? []);
		expect(hints.length).toBeGreaterThan(0);
		expect(hints.filter((hint) => hint.length > 120)).toEqual([]);
	});

	test('an example is introduced with "e.g."', () => {
		const examples = visible().flatMap(({ property }) => [
			...(property.type === 'collection' ? [] : [property.placeholder]),
			...(property.modes ?? []).map(({ placeholder }) => placeholder),
		]);
		expect(examples.filter((text) => text && !text.startsWith('e.g. '))).toEqual([]);
		expect(examples.filter(Boolean).length).toBeGreaterThan(8);
	});

	test('booleans say "Whether …"', () => {
		const booleans = visible().filter(({ property }) => property.type === 'boolean');
		expect(booleans.length).toBeGreaterThan(1);
		for (const { property } of booleans) expect(property.description).toMatch(/^Whether /);
	});

	test('files are in an "Input Binary Field"', () => {
		expect(visible().map(({ property }) => property.displayName)).toContain('Input Binary Field');
		expect(texts().filter(([, text]) => /binary property/i.test(text))).toEqual([]);
	});
});

describe('Structure', () => {
	test('Resource comes first, then an Operation for each; neither takes an expression', () => {
		const [resource, ...others] = action.properties;
		expect(resource).toMatchObject({ name: 'resource', noDataExpression: true });
		const resources = choicesOf(resource!).map(({ value }) => value);
		const operations = others.filter(({ name }) => name === 'operation');
		expect(operations.flatMap(({ displayOptions }) => displayOptions?.show?.resource)).toEqual(
			resources,
		);
		for (const operation of operations) {
			expect(operation.noDataExpression).toBe(true);
			for (const choice of choicesOf(operation)) {
				expect(choice.action).toMatch(/^[A-Z][a-z]+ /);
				expect(choice.description).toBeTruthy();
			}
		}
	});

	test('five or more choices or options are in alphabetical order', () => {
		const lists = fields
			.map(({ property }) =>
				property.type === 'collection'
					? (property.options as INodeProperties[]).map(({ displayName }) => displayName)
					: choicesOf(property).map(({ name }) => name),
			)
			.filter((names) => names.length >= 5);
		expect(lists.length).toBeGreaterThan(1);
		for (const names of lists) {
			expect(names).toEqual(names.toSorted((a, b) => a.localeCompare(b)));
		}
	});

	test('Return All and Limit are as in every other node', () => {
		const property = (name: string) => action.properties.find((field) => field.name === name);
		expect(property('returnAll')).toMatchObject({
			default: false,
			description: 'Whether to return all results or only up to a given limit',
		});
		expect(property('limit')).toMatchObject({
			default: 50,
			typeOptions: { minValue: 1 },
			description: 'Max number of results to return',
			displayOptions: { show: { returnAll: [false] } },
		});
	});

	test('an ID can be picked from a list first, or typed', () => {
		const locators = fields.filter(({ property }) => property.type === 'resourceLocator');
		expect(locators.length).toBeGreaterThan(0);
		for (const { property } of locators) {
			expect(property.modes?.map(({ name }) => name)).toEqual(['list', 'id']);
		}
	});

	test('what holds a secret is masked', () => {
		const secrets = fields.filter(
			({ property }) => property.type === 'string' && /secret|password|key$/i.test(property.name),
		);
		expect(secrets.map(({ property }) => property.name)).toEqual([
			'clientSecret',
			'signingSecret',
			'previousSigningSecret',
		]);
		for (const { property } of secrets) expect(property.typeOptions?.password).toBe(true);
		expect(action.properties.concat(trigger.properties).map(({ name }) => name)).not.toEqual(
			expect.arrayContaining([expect.stringMatching(/secret|token|password/i)]),
		);
	});

	test('each node uses one credential', () => {
		for (const { credentials } of [action, trigger]) expect(credentials).toHaveLength(1);
	});

	test('the action is a tool for AI agents, the trigger is not', () => {
		expect(action.usableAsTool).toBe(true);
		expect(trigger).not.toHaveProperty('usableAsTool');
		expect(trigger).toMatchObject({ inputs: [], outputs: ['main'], group: ['trigger'] });
		expect(trigger.displayName).toMatch(/ Trigger$/);
		expect(trigger.name).toMatch(/Trigger$/);
	});
});

/** Saved workflows depend on these names. */
test.each([
	['control', 'get', ['engagementId', 'controlId', 'options']],
	['engagement', 'getAll', ['returnAll', 'limit', 'options']],
	[
		'evidence',
		'submit',
		[
			'engagementId',
			'controlId',
			'evidenceSource',
			'binaryPropertyName',
			'text',
			'fileName',
			'description',
			'options',
		],
	],
	[
		'evidence',
		'verify',
		[
			'engagementId',
			'controlId',
			'evidenceSource',
			'binaryPropertyName',
			'text',
			'sha256',
			'options',
		],
	],
])('%s → %s has its fields', (resource, operation, names) => {
	const own = action.properties.filter(
		({ displayOptions }) =>
			displayOptions?.show?.resource?.includes(resource) &&
			displayOptions.show.operation?.includes(operation),
	);
	expect(own.map(({ name }) => name)).toEqual(names);
	expect(own.find(({ name }) => name === 'evidenceSource')?.default ?? 'binary').toBe('binary');
	expect(own.find(({ name }) => name === 'binaryPropertyName')?.default ?? 'data').toBe('data');
});

/** n8n's AI workflow builder searches nodes with this, and shows its model what it returns. */
describe('n8n’s AI workflow builder', () => {
	const requireOfCore = createRequire(require.resolve('n8n-core'));
	const { NodeTypeParser, formatNodeResult } = requireOfCore('@n8n/ai-utilities/node-catalog') as {
		NodeTypeParser: new (types: INodeTypeDescription[]) => {
			searchNodeTypes(query: string): Array<{ id: string }>;
		};
		formatNodeResult(parser: object, id: string): string;
	};
	const catalog = () => new NodeTypeParser([action, trigger]);

	test.each(['evidence', 'compliance', 'verify', 'SHA-256', 'SOC 2', 'auditor', 'augixsys'])(
		'finds the node by “%s”',
		(query) => {
			const found = catalog().searchNodeTypes(query);
			expect(found.map(({ id }) => id)).toContain('auditdex');
		},
	);

	test('is told how the nodes are meant to be used, and of each other', () => {
		const node = formatNodeResult(catalog(), 'auditdex');
		expect(node).toMatch(/@builderHint .*Skip If Submitted.*Verify/);
		expect(node).toContain('n8n-nodes-auditdex.auditdexTrigger');
		expect(node).toMatch(/- evidence:[^]*- submit[^]*- verify/);
		const starter = formatNodeResult(catalog(), 'auditdexTrigger');
		expect(starter).toMatch(/@builderHint .*data/);
		expect(starter).toContain('n8n-nodes-auditdex.auditdex');
	});

	test('no one’s hints hold more than a model needs', () => {
		for (const { builderHint } of [action, trigger]) {
			expect(builderHint?.searchHint?.length).toBeLessThan(500);
		}
	});
});
