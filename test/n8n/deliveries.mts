/** Webhook deliveries as a service sends them: events, signatures, and a sender that retries. */
import { type BinaryToTextEncoding, createHmac, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { IDataObject } from 'n8n-workflow';
import { Agent, request } from 'undici';

import { SHORT_KEEP_ALIVE } from '../../scripts/n8n/rest.mts';

export const SECRET = 'kE8vQ2nX5tR9wZ3bC6mJ1pL4';
export const ACCEPTED = { status: 200, body: { received: true } };
export const DUPLICATE = { status: 200, body: { received: true, duplicate: true } };
export const IGNORED = { status: 200, body: { received: true, ignored: true } };
/** The same for every reason, so that it helps nobody to find out which check failed. */
export const refusedWith = (status: number) => ({ status, body: { received: false } });

export interface AuditEvent extends IDataObject {
	event: string;
	timestamp: string;
	data: IDataObject & { finding_id: string };
}

export type HeaderLine = [name: string, value: string];

export interface Delivery {
	headers: HeaderLine[];
	body: string | Buffer;
}

export interface Answer {
	status: number;
	/** Parsed where it is JSON. */
	body: unknown;
}

/** A finding raised now, unlike every other. */
export const finding = (changes: IDataObject = {}, data: IDataObject = {}): AuditEvent => ({
	event: 'finding.raised',
	timestamp: new Date().toISOString(),
	...changes,
	data: {
		engagement_id: 'eng_xyz789',
		finding_id: `fnd_${randomUUID()}`,
		severity: 'significant',
		control_id: 'ctrl_abc123',
		title: 'Privileged access review not completed within SLA',
		...data,
	},
});

/** An event's timestamp, so many seconds from now. */
export const secondsFromNow = (seconds: number): string =>
	new Date(Date.now() + seconds * 1000).toISOString();

export const hmac = (
	content: string | Buffer,
	secret = SECRET,
	encoding: BinaryToTextEncoding = 'hex',
): string => createHmac('sha256', secret).update(content).digest(encoding);

/** A delivery of this body with this line as its signature, as JSON unless another type is given. */
export const delivery = (
	body: string | Buffer,
	signature?: HeaderLine,
	contentType: string | undefined = 'application/json',
): Delivery => ({
	headers: [
		...(contentType === '' ? [] : [['content-type', contentType] as HeaderLine]),
		...(signature ? [signature] : []),
	],
	body,
});

/** A delivery as `X-Auditdex-Signature` and hex sign it. */
export function signed(
	content: AuditEvent | string | Buffer,
	secret = SECRET,
	contentType?: string,
): Delivery {
	const isRaw = typeof content === 'string' || Buffer.isBuffer(content);
	const body = isRaw ? content : JSON.stringify(content);
	return delivery(body, ['X-Auditdex-Signature', hmac(body, secret)], contentType);
}

const agent = new Agent({ connections: 20, ...SHORT_KEEP_ALIVE });

/** @param chunks sends the body in these pieces, without its length, one after another */
export async function send(
	url: string,
	{ headers, body }: Delivery,
	chunks?: Buffer[],
	signal?: AbortSignal,
): Promise<Answer> {
	const response = await request(url, {
		method: 'POST',
		dispatcher: agent,
		signal,
		headers: headers.flat(),
		body: chunks ? Readable.from(inPieces(chunks)) : body,
	});
	const text = await response.body.text();
	return { status: response.statusCode, body: parsed(text) };
}

async function* inPieces(chunks: Buffer[]): AsyncGenerator<Buffer> {
	for (const chunk of chunks) {
		yield chunk;
		// Long enough for the piece to leave in a packet of its own.
		await delay(20);
	}
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}

const LONGEST_WAIT_MS = 2_000;

/** An attempt at a delivery, when it began and when it was over. */
export interface Attempt {
	startedAt: number;
	endedAt: number;
	/** Undefined where the connection broke. */
	answer?: Answer;
}

/**
 * Sends a delivery until it gets a 2xx, as webhook services do: again after growing waits on any
 * other answer and on broken connections.
 * @returns all attempts; the last one is the success
 * @throws Error when there's none within ten minutes
 */
export async function sendUntilAccepted(
	url: string,
	message: Delivery,
	attempt: typeof send = send,
): Promise<Attempt[]> {
	const attempts: Attempt[] = [];
	const deadline = Date.now() + 600_000;
	for (let wait = 100; Date.now() < deadline; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
		const startedAt = Date.now();
		const answer = await attempt(url, message).catch(() => undefined);
		attempts.push({ startedAt, endedAt: Date.now(), answer });
		if (answer && answer.status >= 200 && answer.status < 300) return attempts;
		await delay(wait);
	}
	throw new Error(`A delivery was not accepted: ${JSON.stringify(attempts.at(-1))}`);
}

/** The trigger's own is five seconds. */
const LONGEST_WAIT_FOR_TURN_MS = 4_500;

/**
 * How many events may run twice over an end of n8n: one whose run n8n is starting, and one whose answer
 * is on its way. Where a busy machine had a delivery wait too long for its turn, n8n was starting
 * several.
 * @param endingSince when n8n was told to end
 * @param parallel how many deliveries were under way at the same time
 */
export function mostRunTwice(attempts: Attempt[], endingSince: number, parallel: number): number {
	const isInTurn = attempts.every(
		({ startedAt, endedAt }) =>
			endedAt <= endingSince || endingSince - startedAt < LONGEST_WAIT_FOR_TURN_MS,
	);
	return isInTurn ? 2 : parallel;
}

/**
 * Sends copies of a delivery at the same time, each until it is accepted.
 * @returns all answers but 503s, by which a copy of one that is being worked on is to come again
 */
export async function sendCopies(
	url: string,
	message: Delivery,
	count: number,
): Promise<Array<Answer | undefined>> {
	const copies = Array.from({ length: count }, async () => await sendUntilAccepted(url, message));
	const attempts = (await Promise.all(copies)).flat();
	return attempts
		.map(({ answer }) => answer)
		.filter((answer) => !isDeepStrictEqual(answer, refusedWith(503)));
}
