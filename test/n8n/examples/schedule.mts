import { createRequire } from 'node:module';
import { join } from 'node:path';

import { type INodeParameters, NodeHelpers } from 'n8n-workflow';

import { n8nFolder } from '../../../scripts/n8n/install.mts';
import type { WorkflowFile } from '../../../scripts/n8n/rest.mts';
import type { Catalog } from './catalog.mts';

const SCHEDULE_TRIGGER = 'n8n-nodes-base.scheduleTrigger';

/** What n8n's Schedule Trigger makes of its parameters (its own, compiled code). */
interface ScheduleFunctions {
	withIntervalDefaults(interval: object): object;
	toCronExpression(interval: object, seed: string): string;
}

/**
 * The cron expressions, without seconds, that n8n will register for a workflow. They can't be seen
 * in a run by hand.
 */
export async function schedulesOf(workflow: WorkflowFile, catalog: Catalog): Promise<string[]> {
	const require = createRequire(join(await n8nFolder(), 'node_modules', 'n8n', 'package.json'));
	const { toCronExpression, withIntervalDefaults } = require(
		'n8n-nodes-base/dist/nodes/Schedule/GenericFunctions',
	) as ScheduleFunctions;
	return workflow.nodes
		.filter(({ type }) => type === SCHEDULE_TRIGGER)
		.flatMap((node) => {
			const description = catalog.node(node.type, node.typeVersion)!;
			const parameters = NodeHelpers.getNodeParameters(
				description.properties,
				node.parameters,
				true,
				false,
				node,
				description,
			)!;
			const { interval } = parameters.rule as { interval: INodeParameters[] };
			return interval.map((rule) =>
				toCronExpression(withIntervalDefaults(rule), node.id).split(' ').slice(1).join(' '),
			);
		});
}
