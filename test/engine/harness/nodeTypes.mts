import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type {
	ICredentialType,
	IExecuteFunctions,
	INodeType,
	INodeTypes,
	IVersionedNodeType,
} from 'n8n-workflow';

import { core, workflow } from './n8n.mts';
import { oAuth2Api } from './oAuth2Api.mts';

const PACKAGE_NAME = 'n8n-nodes-auditdex';

export const AUDITDEX = `${PACKAGE_NAME}.auditdex`;
export const AUDITDEX_TRIGGER = `${PACKAGE_NAME}.auditdexTrigger`;
/** Starts a test's workflow with the items it was given, whatever the execution's mode. */
export const START = 'test.start';

/**
 * The folder whose package.json lists the compiled nodes: the repository, or another build of it
 * (an unpacked tarball, say).
 */
export const packageFolder =
	process.env.AUDITDEX_PACKAGE ?? join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

const start: INodeType = {
	description: {
		displayName: 'Start',
		name: 'start',
		group: ['trigger'],
		version: 1,
		description: 'Passes on the items that the test gave',
		defaults: { name: 'Start' },
		inputs: [],
		outputs: [workflow.NodeConnectionTypes.Main],
		properties: [],
	},
	async execute(this: IExecuteFunctions) {
		return [this.getInputData()];
	},
};

/** Loads the package as n8n does at its start: by its package.json, in n8n's own loader. */
export async function loadPackage() {
	const loader = new core.PackageDirectoryLoader(packageFolder);
	await loader.loadAll();
	return loader;
}

const loader = await loadPackage();
const testNodes = new Map<string, INodeType>([[START, start]]);
const testCredentials = new Map<string, ICredentialType>([['oAuth2Api', oAuth2Api]]);

/** Makes a test's own node known; tests of the harness itself need one. */
export function registerTestNode(type: string, node: INodeType): void {
	testNodes.set(type, node);
}

export function registerTestCredential(type: ICredentialType): void {
	testCredentials.set(type.name, type);
}

/** The package's nodes under their full names, and the tests' own. */
export class NodeTypes implements INodeTypes {
	getByName(type: string): INodeType | IVersionedNodeType {
		return testNodes.get(type) ?? loader.getNode(type.replace(`${PACKAGE_NAME}.`, '')).type;
	}

	getByNameAndVersion(type: string, version?: number): INodeType {
		return workflow.NodeHelpers.getVersionedNodeType(this.getByName(type), version);
	}

	getKnownTypes() {
		return loader.known.nodes;
	}
}

export function credentialTypeOf(name: string): ICredentialType {
	return testCredentials.get(name) ?? loader.getCredential(name).type;
}
