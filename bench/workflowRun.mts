/** Workflows that are run by hand in n8n, again and again. */
import type { Contestant } from './measurement.mts';
import type { Execution, WorkflowFile } from '../scripts/n8n/rest.mts';
import type { Stage } from './stage.mts';

export interface RunFigures {
	/** The mean time of the measured nodes, in milliseconds, as n8n took it. */
	ms: number;
	/** When the first of them started, in epoch milliseconds. */
	startedAt: number;
	/** n8n's highest memory during the run over what it was at rest, in bytes. */
	memory: number;
	/** Input items whose work was done, and was not. */
	done: number;
	failed: number;
	/** What the first of those says that failed. */
	firstFailure?: string;
}

export type Run = () => Promise<RunFigures>;

interface RunOptions {
	/** Names of the nodes measured: those that start with this. */
	measured?: string;
	/** Tells of an output item whether its work was not done. */
	isFailure?: (json: Record<string, unknown>) => boolean;
	/** Comes before each run and isn't measured. */
	before?: () => Promise<void>;
}

/**
 * Saves a workflow.
 * @returns runs it once: garbage is collected first, so that "at rest" is the same for all, and what
 * the run leaves behind is removed
 */
export async function prepareRun(
	stage: Stage,
	workflow: WorkflowFile,
	{ measured = 'Work', isFailure = ({ error }) => error !== undefined, before }: RunOptions = {},
): Promise<Run> {
	const { id } = await stage.client.importWorkflow(workflow);
	return async () => {
		const { n8n, client } = stage;
		await before?.();
		await stage.inspector.collectGarbage();
		n8n.resetPeak();
		const atRest = n8n.memory().rss;
		const execution = await client.run(id);
		const { peak } = n8n.memory();
		if (execution.status !== 'success') {
			throw new Error(`“${workflow.name}” failed: ${execution.error?.message}`);
		}
		const nodes = workflow.nodes
			.map(({ name }) => name)
			.filter((name) => name.startsWith(measured));
		const output = nodes.flatMap((name) => execution.output(name));
		const failures = output.filter(({ json }) => isFailure(json));
		const failed = failures.length;
		await client.call('POST', '/executions/delete', { ids: [execution.id] });
		await stage.tidy();
		return {
			ms: nodes.reduce((sum, name) => sum + nodeTime(execution, name), 0) / nodes.length,
			startedAt: execution.data.resultData.runData[nodes[0]!]![0]!.startTime,
			memory: peak - atRest,
			done: output.length - failed,
			failed,
			firstFailure: failures[0] && JSON.stringify(failures[0].json).slice(0, 500),
		};
	};
}

/**
 * A run that fails must not count as a quick one.
 * @param count of what it has to put out, where that is known
 * @throws Error when an item failed, or something is missing
 */
export function requireDone(run: Run, count?: number): Run {
	return async () => {
		const figures = await run();
		const { done, failed, firstFailure } = figures;
		if (failed > 0 || done === 0 || done !== (count ?? done)) {
			const wanted = count === undefined ? '' : ` of ${count}`;
			throw new Error(`${done}${wanted} were done, and ${failed} failed: ${firstFailure}`);
		}
		return figures;
	};
}

/** The times that it took, and the items that failed. */
export const contestant = (name: string, runs: RunFigures[]): Contestant => ({
	name,
	values: runs.map(({ ms }) => ms),
	failed: runs.map(({ failed }) => failed),
});

/** How long a node took, in milliseconds. */
export function nodeTime(execution: Execution, name: string): number {
	return execution.data.resultData.runData[name]![0]!.executionTime;
}
