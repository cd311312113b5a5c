import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import type { AuditdexClient } from '../api/client';
import type { ExecutionMemory } from '../items/executionMemory';
import type { ItemParameters } from '../parameters/itemParameters';

/** One piece of an item's work: it sends requests and returns the JSON of its output items. */
export type Job = (client: AuditdexClient, memory: ExecutionMemory) => Promise<IDataObject[]>;

/**
 * An operation reads and checks the parameters of an item, and returns the work to be done. Nothing
 * is sent before every item has been read.
 * @throws NodeOperationError when a parameter can't be used
 */
export type Operation = (context: IExecuteFunctions, parameters: ItemParameters) => Promise<Job[]>;
