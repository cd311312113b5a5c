import { randomUUID } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import { describe, expect, test } from 'vitest';

import { deliveryIdentity } from '../../../nodes/AuditdexTrigger/admission/deliveryMemory.ts';
import {
	deliveriesOfWorkflow,
	WorkflowDeliveries,
} from '../../../nodes/AuditdexTrigger/admission/workflowDeliveries.ts';

const NOW = 1_776_676_472;
const id = (name: string) => deliveryIdentity(Buffer.from(name));

async function accept(deliveries: WorkflowDeliveries, node: string, name: string) {
	const admission = await deliveries.ofNode(node).admit(id(name), 1000, NOW);
	if (admission.outcome !== 'admitted') return false;
	admission.handOver();
	admission.settle(true);
	return true;
}

async function admitted(deliveries: WorkflowDeliveries) {
	const admission = await deliveries.ofNode('node').admit(id('a'), 1000, NOW);
	if (admission.outcome !== 'admitted') throw new Error(admission.outcome);
	return admission;
}

/** As a database gives it back. */
const stored = (deliveries: WorkflowDeliveries): unknown =>
	JSON.parse(JSON.stringify(deliveries.toStaticData(NOW)));

describe("a workflow's triggers", () => {
	test('remember apart from each other, and are stored together', async () => {
		const before = new WorkflowDeliveries();
		expect(await accept(before, 'one', 'a')).toBe(true);
		expect(await accept(before, 'two', 'a')).toBe(true);
		expect(await accept(before, 'two', 'b')).toBe(true);

		const after = new WorkflowDeliveries();
		after.absorb(stored(before), NOW);
		expect(await accept(after, 'one', 'a')).toBe(false);
		expect(await accept(after, 'one', 'b')).toBe(true);
		expect(await accept(after, 'two', 'b')).toBe(false);
	});

	test('learn from another process what it stored', async () => {
		const [one, other] = [new WorkflowDeliveries(), new WorkflowDeliveries()];
		await accept(one, 'node', 'a');
		other.absorb(stored(one), NOW);
		await accept(other, 'node', 'b');
		one.absorb(stored(other), NOW);
		expect(await accept(one, 'node', 'b')).toBe(false);
		expect(await accept(other, 'node', 'a')).toBe(false);
	});

	test('whose delivery got a 5xx after it was stored do not learn of it from what they stored', async () => {
		const deliveries = new WorkflowDeliveries();
		const admission = await admitted(deliveries);
		admission.handOver();
		const written = stored(deliveries);
		admission.settle(false);
		deliveries.absorb(written, NOW);
		expect(await accept(deliveries, 'node', 'a')).toBe(true);
	});

	test('that are gone make room for those in use', async () => {
		const deliveries = new WorkflowDeliveries();
		await accept(deliveries, 'kept', 'a');
		for (let n = 0; n < 200; n++) {
			await accept(deliveries, `node ${n}`, 'a');
			deliveries.ofNode('kept');
		}
		const { nodes } = deliveries.toStaticData(NOW);
		expect(Object.keys(nodes)).toHaveLength(50);
		expect(nodes.kept).toEqual({ deliveries: id('a'), until: NOW + 1000 });
	});

	test('that have had nothing for longer than their age limit leave nothing behind', async () => {
		const deliveries = new WorkflowDeliveries();
		await accept(deliveries, 'gone', 'a');
		await deliveries.ofNode('unlimited').admit(id('a'), 0, NOW);
		const before = deliveries.toStaticData(NOW + 1000);
		expect(before.nodes.gone).toEqual({ deliveries: id('a'), until: NOW + 1000 });
		expect(Object.keys(deliveries.toStaticData(NOW + 1001).nodes)).toEqual(['unlimited']);
		expect(await accept(deliveries, 'gone', 'a')).toBe(true);

		const after = new WorkflowDeliveries();
		after.absorb(JSON.parse(JSON.stringify(before)), NOW + 1001);
		expect(Object.keys(after.toStaticData(NOW).nodes)).toEqual(['unlimited']);
	});

	test('that acknowledge late are stored by whichever request n8n answers next', async () => {
		const deliveries = new WorkflowDeliveries();
		const [slow, next, later] = [{}, {}, {}] as IDataObject[];
		const end = deliveries.keepCurrent(slow!, NOW);
		expect(slow).toEqual({});
		deliveries.storeRest(next!, NOW);
		expect(next).toEqual({});

		(await admitted(deliveries)).settle(true);
		deliveries.acceptedUnstored(NOW);
		expect(slow).toMatchObject({
			auditdexDeliveries: { nodes: { node: { deliveries: id('a') } } },
		});
		deliveries.storeRest(next!, NOW);
		expect(next).toEqual(slow);
		// Once is enough.
		deliveries.storeRest(later!, NOW);
		expect(later).toEqual({});
		end();
		await accept(deliveries, 'node', 'b');
		deliveries.acceptedUnstored(NOW);
		expect(slow).toEqual(next);
	});

	test.each([
		undefined,
		null,
		'text',
		5,
		[],
		{},
		{ nodes: null },
		{ nodes: 'x' },
		{ writer: 5, nodes: { node: 7, other: null, more: {} } },
		{ nodes: { node: { deliveries: 5, until: NOW + 9 } } },
		{ nodes: { node: { deliveries: id('b'), until: 'tomorrow' } } },
	])('with damaged static data start anew: %o', async (damaged) => {
		const deliveries = new WorkflowDeliveries();
		deliveries.absorb(damaged, NOW);
		expect(await accept(deliveries, 'node', 'a')).toBe(true);
	});
});

describe("the process's workflows", () => {
	test('are remembered for as long as it lives', async () => {
		const workflow = randomUUID();
		await accept(deliveriesOfWorkflow(workflow), 'node', 'a');
		expect(await accept(deliveriesOfWorkflow(workflow), 'node', 'a')).toBe(false);
		expect(await accept(deliveriesOfWorkflow(randomUUID()), 'node', 'a')).toBe(true);
	});

	test('beyond 10,000, the longest unused fall back on what is stored', async () => {
		const [workflow, busy] = [randomUUID(), randomUUID()];
		await accept(deliveriesOfWorkflow(workflow), 'node', 'a');
		const written = stored(deliveriesOfWorkflow(workflow));
		const inFlight = await admitted(deliveriesOfWorkflow(busy));

		for (let n = 0; n < 10_010; n++) deliveriesOfWorkflow(`workflow ${n}`);

		const again = deliveriesOfWorkflow(workflow);
		again.absorb(written, NOW);
		expect(await accept(again, 'node', 'a')).toBe(false);
		// One with a delivery under way is never let go of: its copies must find it.
		const copy = deliveriesOfWorkflow(busy).ofNode('node').admit(id('a'), 1000, NOW);
		inFlight.settle(true);
		expect(await copy).toEqual({ outcome: 'duplicate' });
	});
});
