import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

import type { Delivery } from '../../n8n/deliveries.mts';
import type { Fleet } from '../fleet/fleet.mts';
import { attempt, type Attempt } from '../sender.mts';
import { newFinding, onFinding, type ActiveWorkflow } from '../workflows.mts';
import type { Scenario } from './scenario.mts';

export const PAIRS = 20;
const GAPS_MS = [0, 10, 20, 50, 100, 250, 500];
/** Later than this after the first copy's answer, the other processor must know of it. */
const SETTLED_MS = 1_000;

const startedRun = ({ status, duplicate }: Attempt) => status === 200 && !duplicate;
const startedTwo = (copies: Attempt[]) => copies.filter(startedRun).length === 2;

/** Sends a delivery to a webhook processor itself, past the proxy. */
type Send = (processor: number, delivery: Delivery) => Promise<Attempt>;

const sendTo =
	({ processors }: Fleet, { path }: ActiveWorkflow): Send =>
	async (processor, delivery) =>
		await attempt(processors[processor]!.url + path, delivery);

/** Sends a delivery to one processor and, so many milliseconds later, to the other. */
async function sendTwice(send: Send, gapMs: number, first: number): Promise<Attempt[]> {
	const { delivery } = newFinding();
	const one = send(first, delivery);
	await delay(gapMs);
	return await Promise.all([one, send(1 - first, delivery)]);
}

export interface Gap {
	gapMs: number;
	/** Of `PAIRS` deliveries, how many ran twice. */
	doubles: number;
	/** Milliseconds, of the first copy, on average. */
	answerMs: number;
}

async function measureGap(send: Send, gapMs: number): Promise<Gap> {
	let doubles = 0;
	let answers = 0;
	for (let pair = 0; pair < PAIRS; pair++) {
		const copies = await sendTwice(send, gapMs, pair % 2);
		if (startedTwo(copies)) doubles += 1;
		answers += copies[0]!.endedAt - copies[0]!.startedAt;
	}
	return { gapMs, doubles, answerMs: Math.round(answers / PAIRS) };
}

/** How far apart copies must be so that the second processor knows of the first one's. */
export async function measureGaps(fleet: Fleet): Promise<Gap[]> {
	const send = sendTo(fleet, await onFinding(fleet));
	const gaps: Gap[] = [];
	await measureGap(send, 0); // warms up
	for (const gapMs of GAPS_MS) gaps.push(await measureGap(send, gapMs));
	return gaps;
}

/** Copies a second after the first one's answer. @returns the deliveries */
async function secondsApart(send: Send): Promise<Delivery[]> {
	const deliveries: Delivery[] = [];
	for (let pair = 0; pair < PAIRS; pair++) {
		const { delivery } = newFinding();
		deliveries.push(delivery);
		assert.ok(startedRun(await send(pair % 2, delivery)), 'the first copy starts a run');
	}
	await delay(SETTLED_MS);
	await expectDuplicates(send, deliveries, 'a second later');
	return deliveries;
}

async function expectDuplicates(send: Send, deliveries: Delivery[], when: string): Promise<void> {
	for (const processor of [0, 1]) {
		for (const delivery of deliveries) {
			const { status, duplicate } = await send(processor, delivery);
			assert.deepEqual({ status, duplicate }, { status: 200, duplicate: true }, when);
		}
	}
}

/**
 * Two deliveries at once, one to each processor, and nothing after them: the processor that stores
 * last hasn't read what the other one stored. @returns how many of their copies ran a second later
 */
async function overwritten(send: Send): Promise<number> {
	let doubles = 0;
	for (let pair = 0; pair < PAIRS; pair++) {
		const [one, other] = [newFinding(), newFinding()];
		await Promise.all([send(0, one.delivery), send(1, other.delivery)]);
		await delay(SETTLED_MS);
		const copies = [await send(1, one.delivery), await send(0, other.delivery)];
		doubles += copies.filter(startedRun).length;
	}
	return doubles;
}

async function restartProcessors({ processors, supervisor }: Fleet): Promise<void> {
	await Promise.all(processors.map(async (processor) => await processor.kill()));
	await supervisor.settled();
}

export const exactlyOnce: Scenario = {
	name: 'Exactly once across webhook processors',
	async run(fleet) {
		const workflow = await onFinding(fleet);
		const send = sendTo(fleet, workflow);

		const apart = await secondsApart(send);
		await restartProcessors(fleet);
		await expectDuplicates(send, apart, 'after both processors were killed and started again');

		const figures: string[] = [
			`copies a second after the answer, and after kill -9 of both processors: 0 of ${4 * PAIRS} ran`,
		];
		for (const { gapMs, doubles, answerMs } of await measureGaps(fleet)) {
			figures.push(
				`copies ${gapMs} ms apart: ${doubles} of ${PAIRS} ran twice (an answer took ${answerMs} ms)`,
			);
		}
		figures.push(
			`two deliveries at once and then none, each sent again a second later: ${await overwritten(send)} of ${2 * PAIRS} ran twice`,
		);

		fleet.proxy.routing = 'bySignature';
		try {
			let doubles = 0;
			for (let pair = 0; pair < PAIRS; pair++) {
				const { delivery } = newFinding();
				const copies = [0, 1].map(async () => await attempt(workflow.url, delivery));
				if (startedTwo(await Promise.all(copies))) doubles += 1;
			}
			assert.equal(doubles, 0, 'copies at the same moment, routed by their signature, run once');
			figures.push(`copies at the same moment, routed by signature: 0 of ${PAIRS} ran twice`);
		} finally {
			fleet.proxy.routing = 'roundRobin';
		}
		return figures;
	},
};
