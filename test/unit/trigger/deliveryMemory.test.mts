import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';

import {
	deliveryId,
	deliveryIdentity,
	DeliveryMemory,
	MAX_DELIVERIES_WITHOUT_AGE_LIMIT,
	PERSISTED_DELIVERIES,
} from '../../../nodes/AuditdexTrigger/admission/deliveryMemory.ts';

vi.setConfig({ testTimeout: 120_000 });

const NOW = 1_776_676_472;
/** Three days and five minutes, as with the default age limit. */
const REMEMBER = 259_500;

const id = (name: string | number) => deliveryIdentity(Buffer.from(String(name)));

async function admit(memory: DeliveryMemory, name: string | number, now = NOW, keep = REMEMBER) {
	return await memory.admit(id(name), keep, now);
}

async function admitted(memory: DeliveryMemory, name: string) {
	const admission = await admit(memory, name);
	if (admission.outcome !== 'admitted') throw new Error(admission.outcome);
	return admission;
}

/** What a delivery that goes well does. */
async function accept(memory: DeliveryMemory, name: string | number, now = NOW, keep = REMEMBER) {
	const admission = await admit(memory, name, now, keep);
	if (admission.outcome !== 'admitted') return false;
	admission.handOver();
	admission.settle(true);
	return true;
}

const knows = async (memory: DeliveryMemory, name: string | number, now = NOW, keep = REMEMBER) => {
	const admission = await admit(memory, name, now, keep);
	if (admission.outcome === 'admitted') admission.settle(false);
	return admission.outcome === 'duplicate';
};

describe('what makes deliveries the same', () => {
	const body = Buffer.from('{"event":"x"}');

	test("the body's bytes", () => {
		expect(deliveryIdentity(Buffer.from(body))).toBe(deliveryIdentity(body));
		expect(deliveryIdentity(Buffer.from('{"event": "x"}'))).not.toBe(deliveryIdentity(body));
	});

	test('the message id alone, where there is one', () => {
		const other = Buffer.from('other');
		expect(deliveryIdentity(other, 'msg_1')).toBe(deliveryIdentity(body, 'msg_1'));
		expect(deliveryIdentity(body, 'msg_2')).not.toBe(deliveryIdentity(body, 'msg_1'));
		expect(deliveryIdentity(Buffer.from('msg_1'))).not.toBe(deliveryIdentity(body, 'msg_1'));
	});

	test('which users see as the message id, or the hash of the body', () => {
		expect(deliveryId(body, 'msg_1')).toBe('msg_1');
		expect(deliveryId(body)).toMatch(/^[0-9a-f]{64}$/);
		expect(deliveryId(Buffer.from(body))).toBe(deliveryId(body));
		expect(deliveryId(Buffer.from('other'))).not.toBe(deliveryId(body));
	});

	test('no two of 100,000 bodies are taken for the same', () => {
		const identities = new Set<string>();
		for (let n = 0; n < 100_000; n++) identities.add(id(n));
		expect(identities.size).toBe(100_000);
		for (const identity of [...identities].slice(0, 1000)) {
			expect(identity).toMatch(/^[A-Za-z0-9+/]{16}$/);
		}
	});
});

describe('a delivery', () => {
	test('is admitted once, and never again after its 200', async () => {
		const memory = new DeliveryMemory();
		expect(await accept(memory, 'a')).toBe(true);
		expect(await accept(memory, 'a')).toBe(false);
		expect(await accept(memory, 'b')).toBe(true);
		expect(memory.size).toBe(2);
	});

	test('whose run could not be started is forgotten: its retry runs', async () => {
		const memory = new DeliveryMemory();
		for (const handedOver of [false, true]) {
			const admission = await admitted(memory, 'a');
			if (handedOver) admission.handOver();
			admission.settle(false);
			expect(memory.toText()).toBe('');
		}
		expect(await accept(memory, 'a')).toBe(true);
		expect(memory.size).toBe(1);
	});

	test('goes to static data as soon as its run has started, before its 200', async () => {
		const memory = new DeliveryMemory();
		const admission = await admitted(memory, 'a');
		expect(memory.toText()).toBe('');
		admission.handOver();
		expect(memory.toText()).toBe(id('a'));
		admission.settle(true);
		expect(memory.toText()).toBe(id('a'));
	});

	test('makes its copies wait for what becomes of it', async () => {
		const memory = new DeliveryMemory();
		const first = await admitted(memory, 'a');
		const order: string[] = [];
		const copies = ['second', 'third', 'fourth'].map(async (name) => {
			const admission = await admit(memory, 'a');
			order.push(`${name}: ${admission.outcome}`);
			if (admission.outcome === 'admitted') admission.settle(name === 'third');
		});
		await new Promise((resolve) => setImmediate(resolve));
		expect(order).toEqual([]);
		expect(memory.isIdle).toBe(false);
		// Another delivery doesn't wait.
		expect(await accept(memory, 'b')).toBe(true);

		first.settle(false);
		await Promise.all(copies);
		expect(order).toEqual(['second: admitted', 'third: admitted', 'fourth: duplicate']);
		expect(memory.isIdle).toBe(true);
	});

	test('that is never answered makes its copies wait for a few seconds, and no longer', async () => {
		const memory = new DeliveryMemory();
		const first = await admitted(memory, 'a');
		const copies = await Promise.all([admit(memory, 'a'), admit(memory, 'a')]);
		expect(copies).toEqual([{ outcome: 'busy' }, { outcome: 'busy' }]);
		expect(await accept(memory, 'b')).toBe(true);
		first.settle(true);
		expect(await admit(memory, 'a')).toEqual({ outcome: 'duplicate' });
	});

	test('of which any number of copies come at any time, with answers that fail or not, runs once', async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.array(fc.record({ name: fc.nat(4), fails: fc.boolean() }), { maxLength: 40 }),
				fc.scheduler(),
				async (deliveries, scheduler) => {
					const memory = new DeliveryMemory();
					const runs = new Map<number, number>();
					let underWay = new Set<number>();
					const sent = deliveries.map(async ({ name, fails }) => {
						await scheduler.schedule(Promise.resolve(), 'arrives');
						const admission = await admit(memory, name);
						if (admission.outcome !== 'admitted') {
							expect([admission.outcome, runs.get(name)]).toEqual(['duplicate', 1]);
							return;
						}
						expect(underWay.has(name)).toBe(false);
						underWay.add(name);
						await scheduler.schedule(Promise.resolve(), 'is answered');
						underWay = new Set([...underWay].filter((other) => other !== name));
						if (!fails) runs.set(name, (runs.get(name) ?? 0) + 1);
						admission.settle(!fails);
					});
					await scheduler.waitFor(Promise.all(sent));
					for (const { name, fails } of deliveries) {
						if (!fails) expect(runs.get(name)).toBe(1);
					}
					expect(memory.isIdle).toBe(true);
				},
			),
			{ numRuns: 300 },
		);
	});
});

describe('how long it is remembered', () => {
	test('as long as a replay could pass the age check, to the second', async () => {
		const memory = new DeliveryMemory();
		await accept(memory, 'a', NOW + 0.5);
		expect(await knows(memory, 'a', NOW + 0.5 + REMEMBER)).toBe(true);
		expect(await knows(memory, 'a', NOW + 1.5 + REMEMBER)).toBe(false);
	});

	test('none of 200,000 within the age limit is forgotten, all of them are after', async () => {
		const memory = new DeliveryMemory();
		for (let n = 0; n < 200_000; n++) await accept(memory, n, NOW + n);
		const end = NOW + REMEMBER;
		for (let n = 0; n < 200_000; n += 97) expect(await knows(memory, n, end)).toBe(true);
		expect(memory.size).toBe(200_000);
		await accept(memory, 'last', end + 200_000);
		expect(memory.size).toBe(1);
	});

	test('with the age check off, the last million', async () => {
		const memory = new DeliveryMemory();
		const more = 10;
		for (let n = 0; n < MAX_DELIVERIES_WITHOUT_AGE_LIMIT + more; n++) {
			await accept(memory, n, NOW + n * 1000, 0);
		}
		expect(memory.size).toBeLessThanOrEqual(MAX_DELIVERIES_WITHOUT_AGE_LIMIT + 1);
		expect(await knows(memory, more, NOW, 0)).toBe(true);
		expect(await knows(memory, MAX_DELIVERIES_WITHOUT_AGE_LIMIT, NOW, 0)).toBe(true);
		expect(await knows(memory, 0, NOW, 0)).toBe(false);
	});
});

describe('static data', () => {
	const restarted = (text: unknown) => {
		const memory = new DeliveryMemory();
		memory.absorb(text, NOW + REMEMBER, NOW);
		return memory;
	};

	test('holds the last deliveries, oldest first', async () => {
		expect(PERSISTED_DELIVERIES).toBeGreaterThanOrEqual(1000);
		const memory = new DeliveryMemory();
		for (let n = 0; n < PERSISTED_DELIVERIES + 500; n++) await accept(memory, n);
		const text = memory.toText();
		expect(text).toHaveLength(PERSISTED_DELIVERIES * 16);

		const after = restarted(text);
		expect(await knows(after, 499)).toBe(false);
		for (let n = 500; n < PERSISTED_DELIVERIES + 500; n++) {
			expect(await knows(after, n)).toBe(true);
		}
		expect(after.toText()).toBe(text);
	});

	test('is added to what is known, in both directions', async () => {
		const [one, other] = [new DeliveryMemory(), new DeliveryMemory()];
		await accept(one, 'a');
		await accept(other, 'b');
		one.absorb(other.toText(), NOW + REMEMBER, NOW);
		expect(await knows(one, 'a')).toBe(true);
		expect(await knows(one, 'b')).toBe(true);
		expect(one.toText()).toBe(id('a') + id('b'));
	});

	test('that was taken in is remembered as long as what was just accepted', async () => {
		const memory = new DeliveryMemory();
		memory.absorb(id('a'), NOW + REMEMBER, NOW);
		expect(await knows(memory, 'a', NOW + REMEMBER)).toBe(true);
		expect(await knows(memory, 'a', NOW + REMEMBER + 1)).toBe(false);
		// A second time doesn't make it younger.
		memory.absorb(id('b'), NOW + REMEMBER, NOW);
		memory.absorb(id('b'), NOW + REMEMBER, NOW + REMEMBER);
		expect(await knows(memory, 'b', NOW + REMEMBER + 1)).toBe(false);
	});

	test.each([undefined, null, 5, {}, [], 'short', `${'A'.repeat(16)}!`, 'ü'.repeat(16), '{}'])(
		'that is damaged is passed over: %o',
		async (text) => {
			const memory = restarted(text);
			expect(memory.size).toBe(0);
			expect(await accept(memory, 'a')).toBe(true);
		},
	);
});
