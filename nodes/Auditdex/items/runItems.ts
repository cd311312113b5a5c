import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { cancellation, cancelSignalOf } from '../api/request/cancellation';
import { AuditdexClient } from '../api/client';
import { untilAborted } from '../api/request/deadline';
import { toNodeError, type NodeError } from '../api/errors/nodeError';
import { sentences } from '../api/errors/problemDetails';
import { ItemParameters } from '../parameters/itemParameters';
import type { Job, Operation } from '../resources/operation';
import { errorItem } from './errorItem';
import { ExecutionMemory } from './executionMemory';
import { inParallel } from './inParallel';
import { triesOf } from './retryOnFail';

/** How much of what was stored the words of a failed run name. */
const IDS_SHOWN = 100;

/** An input item after its parameters were read: what to do, or why it can't be done. */
type Reading = { jobs: Job[]; parallelRequests: number } | { error: NodeError };

/**
 * Runs an operation for every input item. All items are read and checked before the first request;
 * the output keeps the input order, and each output item points at its input item.
 *
 * Without Continue on Fail the first item that can't be done ends the run; uploads under way then
 * are finished first, so that none is cut off half-way.
 * @throws NodeApiError | NodeOperationError
 */
export async function runItems(
	context: IExecuteFunctions,
	operation: Operation,
): Promise<INodeExecutionData[]> {
	const node = context.getNode();
	const continueOnFail = context.continueOnFail();
	const cancelled = cancelSignalOf(context);

	const readings: Reading[] = [];
	for (const itemIndex of context.getInputData().keys()) {
		const reading = await readItem(context, operation, itemIndex);
		if ('error' in reading && !continueOnFail) throw reading.error;
		readings.push(reading);
	}
	const readable = readings.filter((reading) => 'jobs' in reading);
	const client = readable.length > 0 ? AuditdexClient.connect(context) : undefined;
	// A credential that can't be used is each item's to report, and not to be tried again.
	const [connection] = await Promise.allSettled([client]);
	const memory = new ExecutionMemory(context);
	let failed = readable.length < readings.length;

	const tryOnce = async (job: Job): Promise<IDataObject[]> => {
		const work = Promise.resolve(client).then(async (connected) => await job(connected!, memory));
		return await (cancelled ? untilAborted(work, cancelled) : work);
	};
	const run = async (
		job: Job,
		itemIndex: number,
		isFirst: boolean,
	): Promise<INodeExecutionData[]> => {
		// What has begun is finished; nothing more is started once the run is to end.
		if (failed && !continueOnFail) return [];
		const { tries, waitMs } = triesOf(node, continueOnFail, isFirst);
		for (let tried = 1; ; tried++) {
			try {
				const output = await tryOnce(job);
				return output.map((json) => ({ json, pairedItem: { item: itemIndex } }));
			} catch (error) {
				if (cancelled?.aborted) throw cancellation(node);
				if (tried < tries && connection.status === 'fulfilled') {
					await connection.value?.pause(waitMs);
					continue;
				}
				failed = true;
				const nodeError = toNodeError(node, error, itemIndex);
				if (continueOnFail) return [errorItem(node, itemIndex, nodeError)];
				throw nodeError;
			}
		}
	};

	const outputs = await inParallel(
		readings.length,
		readable[0]?.parallelRequests ?? 1,
		async (itemIndex) => {
			const reading = readings[itemIndex]!;
			if ('error' in reading) return [errorItem(node, itemIndex, reading.error)];
			const output: INodeExecutionData[] = [];
			for (const job of reading.jobs) {
				const isFirst = itemIndex === 0 && output.length === 0;
				for (const item of await run(job, itemIndex, isFirst)) output.push(item);
			}
			return output;
		},
	).catch((error) => {
		throw withStored(toNodeError(node, error), memory.stored());
	});
	if (!failed) memory.forgetRound();
	return outputs.flat();
}

/** A failed run says what it had stored all the same, and that it isn't stored twice. */
function withStored(error: NodeError, stored: string[]): NodeError {
	if (stored.length === 0) return error;
	const files = stored.length === 1 ? '1 file was' : `${stored.length} files were`;
	const more = stored.length - IDS_SHOWN;
	const ids = stored.slice(0, IDS_SHOWN).join(', ') + (more > 0 ? ` and ${more} more` : '');
	error.description = sentences([
		error.description ?? '',
		`${files} stored before that: ${ids}`,
		'When n8n runs this execution again, they are output again and not sent',
	]);
	return error;
}

async function readItem(
	context: IExecuteFunctions,
	operation: Operation,
	itemIndex: number,
): Promise<Reading> {
	try {
		const parameters = new ItemParameters(context, itemIndex);
		return {
			parallelRequests: parameters.requestOption('parallelRequests'),
			jobs: await operation(context, parameters),
		};
	} catch (error) {
		return { error: toNodeError(context.getNode(), error, itemIndex) };
	}
}
