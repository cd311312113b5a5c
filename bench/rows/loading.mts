/** Loading an action and a trigger node: what it adds to the start of n8n. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { alternate } from '../alternate.mts';
import { OURS, type Measurement } from '../measurement.mts';
import type { Scale } from '../scale.mts';
import type { Stage } from '../stage.mts';

const PAIRS = 15;
/** Files to upload, folders to list, OAuth2, and a trigger that services call: the same kind of node. */
const BUILT_IN = 'Box and Box Trigger';

export async function measureLoading(stage: Stage, scale: Scale): Promise<Measurement[]> {
	const modules = join(stage.n8nFolder, 'node_modules');
	const nodes = join(stage.packageFolder, 'dist', 'nodes');
	const box = join(modules, 'n8n-nodes-base', 'dist', 'nodes', 'Box');
	const runs = await alternate(
		{
			ours: loaded(modules, [
				join(nodes, 'Auditdex', 'Auditdex.node.js'),
				join(nodes, 'AuditdexTrigger', 'AuditdexTrigger.node.js'),
			]),
			builtIn: loaded(modules, [join(box, 'Box.node.js'), join(box, 'BoxTrigger.node.js')]),
		},
		scale.repetitions(PAIRS, 2),
	);
	const work = 'Load both nodes, in a new process that has n8n-workflow';
	const of = (figure: 'ms' | 'bytes') => ({
		ours: { name: OURS, values: runs.ours.map((run) => run[figure]) },
		builtIn: [{ name: BUILT_IN, values: runs.builtIn.map((run) => run[figure]) }],
		targets: [],
	});
	return [
		{ id: 'loading-time', work, figure: 'time of `require`', unit: 'ms', ...of('ms') },
		{ id: 'loading-memory', work, figure: 'memory of `require`', unit: 'bytes', ...of('bytes') },
	];
}

interface Loaded {
	ms: number;
	/** Heap and other memory of V8 after a garbage collection, over what it was before. */
	bytes: number;
}

function loaded(modules: string, files: string[]): () => Promise<Loaded> {
	return async () => {
		const { stdout } = await promisify(execFile)(
			process.execPath,
			['--expose-gc', join(import.meta.dirname, 'loadingProcess.cjs'), ...files],
			// Where n8n's own and community nodes alike get n8n-workflow from.
			{ env: { ...process.env, NODE_PATH: modules } },
		);
		return JSON.parse(stdout) as Loaded;
	};
}
