import { randomUUID } from 'crypto';
import type { IDataObject } from 'n8n-workflow';
import { DeliveryMemory } from './deliveryMemory';
import { isObject } from '../../Auditdex/api/json';
import { Turns } from '../../Auditdex/items/turns';

/** Where n8n's global static data of a workflow holds the accepted deliveries of its triggers. */
export const STATIC_DATA_NAME = 'auditdexDeliveries';

/** Of these the memories are stored, at most. */
const MAX_NODES = 50;
const MAX_WORKFLOWS = 10_000;
/**
 * How many runs n8n is asked to start at a time. Its process ends without waiting for deliveries: one
 * that has a run by then, but neither static data nor its 200, runs again when it is retried.
 */
const RUNS_STARTED_AT_ONCE = 1;
/** n8n takes about 50 ms to start a run, and much longer where it keeps runs waiting for their turn. */
const LONGEST_WAIT_FOR_HAND_OVER_MS = 5_000;

/** As static data holds them. */
export interface StoredDeliveries extends IDataObject {
	writer: string;
	/** By node id. */
	nodes: Record<string, StoredMemory>;
}

/** What is stored of one node. */
export interface StoredMemory extends IDataObject {
	/** Its last accepted deliveries. */
	deliveries: string;
	/** Epoch seconds after which they are of no use; left out where the age check is off. */
	until?: number;
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
	readonly handOvers = new Turns(RUNS_STARTED_AT_ONCE, LONGEST_WAIT_FOR_HAND_OVER_MS);
	/** The node used last comes last. */
	readonly #nodes = new Map<string, DeliveryMemory>();
	/** Static data of requests that n8n is still at, and stores when it answers them. */
	readonly #toBeStored = new Set<IDataObject>();
	#isAllStored = true;

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
		for (const [nodeId, memory] of Object.entries(stored.nodes).slice(-MAX_NODES)) {
			if (!isObject(memory)) continue;
			const until = typeof memory.until === 'number' ? memory.until : Infinity;
			if (until < now) continue;
			const known = this.#nodes.get(nodeId) ?? new DeliveryMemory();
			known.absorb(memory.deliveries, until, now);
			this.#nodes.set(nodeId, known);
		}
	}

	/** Writes what is known to a request's static data, which n8n stores before it answers. */
	store(staticData: IDataObject, now: number): void {
		staticData[STATIC_DATA_NAME] = this.toStaticData(now);
		this.#isAllStored = true;
	}

	/** The same, where anything has been accepted that no request has stored. */
	storeRest(staticData: IDataObject, now: number): void {
		if (!this.#isAllStored) this.store(staticData, now);
	}

	/**
	 * Has this static data hold what is accepted until n8n comes to store it, which may be long after.
	 *
	 * @returns what ends this
	 */
	keepCurrent(staticData: IDataObject, now: number): () => void {
		this.#toBeStored.add(staticData);
		if (!this.#isAllStored) staticData[STATIC_DATA_NAME] = this.toStaticData(now);
		return () => {
			this.#toBeStored.delete(staticData);
		};
	}

	/**
	 * To be called when a delivery was accepted after n8n had stored its static data: whichever request
	 * is answered next stores it, those included that came before it.
	 */
	acceptedUnstored(now: number): void {
		this.#isAllStored = false;
		for (const staticData of this.#toBeStored) {
			staticData[STATIC_DATA_NAME] = this.toStaticData(now);
		}
	}

	/**
	 * What static data is to hold from now on. Triggers that have had no delivery for longer than their
	 * age limit, those that were deleted among them, have nothing in it that could still be replayed.
	 *
	 * @param now epoch seconds
	 */
	toStaticData(now: number): StoredDeliveries {
		for (const [nodeId, memory] of this.#nodes) {
			if (memory.isIdle && memory.keepUntil < now) this.#nodes.delete(nodeId);
		}
		const latest = [...this.#nodes].slice(-MAX_NODES);
		return {
			writer: this.#writer,
			nodes: Object.fromEntries(latest.map(([nodeId, memory]) => [nodeId, storedOf(memory)])),
		};
	}
}

function storedOf(memory: DeliveryMemory): StoredMemory {
	const deliveries = memory.toText();
	if (memory.keepUntil === Infinity) return { deliveries };
	return { deliveries, until: Math.ceil(memory.keepUntil) };
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
