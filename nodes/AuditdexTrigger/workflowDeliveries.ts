import { randomUUID } from 'crypto';
import type { IDataObject } from 'n8n-workflow';
import { DeliveryMemory } from './deliveryMemory';
import { Turns } from './turns';

/** Where n8n's global static data of a workflow holds the accepted deliveries of its triggers. */
export const STATIC_DATA_NAME = 'auditdexDeliveries';

/** Of these the memories are stored; deleted nodes leave theirs behind. */
const MAX_NODES = 50;
const MAX_WORKFLOWS = 10_000;
/** n8n takes about 50 ms to start a run, and much longer where it keeps runs waiting for their turn. */
const LONGEST_WAIT_FOR_HAND_OVER_MS = 5_000;

/** As static data holds them. */
export interface StoredDeliveries extends IDataObject {
	writer: string;
	/** Node id to the node's last accepted deliveries. */
	nodes: Record<string, string>;
}

/**
 * The delivery memories of one workflow's Auditdex Triggers.
 *
 * n8n loads a workflow's static data anew for each delivery and then stores it as a whole, so two
 * deliveries at once, also of two triggers, overwrite what the other has just stored. Therefore
 * each stores all that the process knows by then, of all the workflow's triggers. They are told
 * apart by node id, which, unlike the name, stays the same when the user renames the node.
 */
export class WorkflowDeliveries {
	/** Tells what this process has stored, and knows already, from what another one has. */
	readonly #writer = randomUUID();
	/**
	 * n8n is asked to start one run at a time. Its process ends without waiting for deliveries: one that
	 * has a run by then, but neither static data nor its 200, runs again when it is retried.
	 */
	readonly handOvers = new Turns(LONGEST_WAIT_FOR_HAND_OVER_MS);
	/** The node used last comes last. */
	readonly #nodes = new Map<string, DeliveryMemory>();

	get isIdle(): boolean {
		return [...this.#nodes.values()].every((memory) => memory.isIdle);
	}

	ofNode(nodeId: string): DeliveryMemory {
		const memory = this.#nodes.get(nodeId) ?? new DeliveryMemory();
		this.#nodes.delete(nodeId);
		this.#nodes.set(nodeId, memory);
		return memory;
	}

	/**
	 * Takes in what static data holds for each of the workflow's triggers.
	 *
	 * @param now epoch seconds
	 */
	absorb(stored: unknown, now: number): void {
		if (!isObject(stored) || stored.writer === this.#writer || !isObject(stored.nodes)) return;
		for (const [nodeId, text] of Object.entries(stored.nodes).slice(-MAX_NODES)) {
			const memory = this.#nodes.get(nodeId) ?? new DeliveryMemory();
			memory.absorb(text, now);
			this.#nodes.set(nodeId, memory);
		}
	}

	/** What static data is to hold from now on. */
	toStaticData(): StoredDeliveries {
		const latest = [...this.#nodes].slice(-MAX_NODES);
		return {
			writer: this.#writer,
			nodes: Object.fromEntries(latest.map(([nodeId, memory]) => [nodeId, memory.toText()])),
		};
	}
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null;
}

/** The workflow used last comes last. */
const workflows = new Map<string, WorkflowDeliveries>();

/**
 * The deliveries of a workflow, kept for as long as the process lives: deactivating a workflow
 * doesn't make it forget. Beyond 10,000 workflows, what the longest unused ones remember is what
 * n8n's static data holds.
 */
export function deliveriesOfWorkflow(workflowId: string): WorkflowDeliveries {
	const deliveries = workflows.get(workflowId) ?? new WorkflowDeliveries();
	workflows.delete(workflowId);
	workflows.set(workflowId, deliveries);
	if (workflows.size > MAX_WORKFLOWS) {
		const [longestUnused] = workflows;
		if (longestUnused?.[1].isIdle) workflows.delete(longestUnused[0]);
	}
	return deliveries;
}
