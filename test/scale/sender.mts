/** Sends deliveries as a careful webhook service does: with a time limit, and again until a 2xx. */
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';

import type { Delivery } from '../n8n/deliveries.mts';
import { PROCESSOR_HEADER } from './fleet/proxy.mts';

const TIMEOUT_MS = 10_000;
const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 10_000;
const PATIENCE_MS = 300_000;

const agent = new Agent({ connections: 100, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });

export interface Attempt {
	startedAt: number;
	endedAt: number;
	/** Undefined where there was no answer. */
	status?: number;
	duplicate: boolean;
	/** The webhook processor that it was given to. */
	processor?: string;
	/** Why there was no answer. */
	fault?: string;
}

/** Sends it once. */
export async function attempt(url: string, { headers, body }: Delivery): Promise<Attempt> {
	const startedAt = Date.now();
	try {
		const answer = await request(url, {
			method: 'POST',
			dispatcher: agent,
			headers: Object.fromEntries(headers),
			body,
		});
		const text = await answer.body.text();
		const processor = answer.headers[PROCESSOR_HEADER];
		return {
			startedAt,
			endedAt: Date.now(),
			status: answer.statusCode,
			duplicate: text.includes('"duplicate":true'),
			...(typeof processor === 'string' && { processor }),
		};
	} catch (error) {
		const fault = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
		return { startedAt, endedAt: Date.now(), duplicate: false, fault };
	}
}

const isAccepted = ({ status = 0 }: Attempt) => status >= 200 && status < 300;

/** @returns all attempts; the last one was accepted. @throws Error where none was in five minutes */
export async function deliver(url: string, delivery: Delivery): Promise<Attempt[]> {
	const attempts: Attempt[] = [];
	const deadline = Date.now() + PATIENCE_MS;
	for (
		let wait = FIRST_WAIT_MS;
		Date.now() < deadline;
		wait = Math.min(2 * wait, LONGEST_WAIT_MS)
	) {
		const made = await attempt(url, delivery);
		attempts.push(made);
		if (isAccepted(made)) return attempts;
		await delay(wait);
	}
	throw new Error(`A delivery was not accepted in time: ${JSON.stringify(attempts.at(-1))}`);
}

/** Does work for each item, so many at once; results are in the items' order. */
export async function inParallel<T, R>(
	items: readonly T[],
	atOnce: number,
	work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
	const results = new Array<R>(items.length);
	let next = 0;
	const one = async () => {
		while (next < items.length) {
			const index = next++;
			results[index] = await work(items[index]!, index);
		}
	};
	await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, one));
	return results;
}
