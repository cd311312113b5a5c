import type { WorkflowFile } from '../scripts/n8n/rest.mts';
import type { Stage } from './stage.mts';

export interface RunFigures {
	/** Of the node "Work" alone, in milliseconds, as n8n measured it. */
	ms: number;
	/** n8n's highest memory during the run over what it had before it, in bytes. */
	memory: number;
	itemsDone: number;
	itemsFailed: number;
}

/**
 * A workflow that can be run again and again.
 * @param failed tells of an output item whether its work was not done
 */
export async function prepare(
	stage: Stage,
	workflow: WorkflowFile,
	failed: (json: Record<string, unknown>) => boolean = ({ error }) => error !== undefined,
): Promise<() => Promise<RunFigures>> {
	const { client, n8n } = stage;
	const { id } = await client.importWorkflow(workflow);
	return async () => {
		n8n.resetPeak();
		const before = n8n.memory().rss;
		const execution = await client.run(id);
		const { peak } = n8n.memory();
		if (execution.status !== 'success')
			throw new Error(execution.error?.message ?? 'not successful');
		const [run] = execution.data.resultData.runData.Work!;
		const output = execution.output('Work');
		const failures = output.filter(({ json }) => failed(json)).length;
		await client.call('POST', '/executions/delete', { ids: [execution.id] });
		await stage.tidy();
		return {
			ms: run!.executionTime,
			memory: peak - before,
			itemsDone: output.length - failures,
			itemsFailed: failures,
		};
	};
}
