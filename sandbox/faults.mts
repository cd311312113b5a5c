import { setTimeout as delay } from 'node:timers/promises';
import { Readable } from 'node:stream';

import type { FastifyReply, FastifyRequest } from 'fastify';

import { ApiProblem, instanceOf, PROBLEM_TYPE } from './api/problem.mts';

export const OPERATIONS = ['token', 'listEngagements', 'submitEvidence', 'getControl'] as const;
export type Operation = (typeof OPERATIONS)[number];

/** What can be made to go wrong. Where evidence may be stored all the same, the name says so. */
export const FAULT_KINDS = [
	'400-fields',
	'401',
	'403',
	'404',
	'408',
	'409',
	'413',
	'429',
	'500',
	'500-after-store',
	'502-html',
	'503',
	'504',
	'504-stored-late',
	'early-answer',
	'empty-body',
	'reset',
	'reset-after-store',
	'reset-mid-response',
	'reset-mid-upload',
	'slow',
	'stall',
	'truncated-json',
	'wrong-hash',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface FaultRule {
	kind: FaultKind;
	/** All of them when left out. */
	operation?: Operation;
	/** How many requests it hits; without end when left out. */
	times?: number;
	/** The share of requests it hits, drawn with `seed`; all when left out. */
	probability?: number;
	seed?: number;
	/** For `slow`, `504-stored-late` and `early-answer`, in real milliseconds. */
	delayMs?: number;
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32, public domain). */
function randomNumbers(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** The rules in force; the first that hits a request is its fault. */
export class Faults {
	private rules: Array<FaultRule & { left: number; random: () => number }> = [];

	add(rule: FaultRule): void {
		const random = randomNumbers(rule.seed ?? 1);
		this.rules.push({ ...rule, left: rule.times ?? Infinity, random });
	}

	clear(): void {
		this.rules = [];
	}

	pick(operation: Operation): FaultRule | undefined {
		for (const rule of this.rules) {
			if (rule.operation && rule.operation !== operation) continue;
			if (rule.left <= 0 || rule.random() >= (rule.probability ?? 1)) continue;
			rule.left -= 1;
			return rule;
		}
		return undefined;
	}
}

async function drain(request: FastifyRequest): Promise<void> {
	const { headers, raw } = request;
	raw.resume();
	const hasBody = Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'];
	if (hasBody && !raw.readableEnded) {
		await new Promise((resolve) => raw.once('end', resolve).once('close', resolve));
	}
}

/** Reads half of the body, then cuts the connection: at once when there is none. */
function cutMidUpload(request: FastifyRequest): void {
	const half = Number(request.headers['content-length'] ?? 0) / 2;
	let received = 0;
	const cut = () => received >= half && request.raw.socket.resetAndDestroy();
	cut();
	request.raw.on('data', (chunk: Buffer) => {
		received += chunk.length;
		cut();
	});
}

/** Answers with a success before the body is read, and never reads it. */
async function answerUnread(request: FastifyRequest, reply: FastifyReply): Promise<void> {
	reply.hijack();
	request.raw.pause();
	await delay(request.fault?.delayMs ?? 0);
	const body = JSON.stringify({ id: 'evd_unread', status: 'accepted' });
	reply.raw.writeHead(201, {
		...(reply.getHeaders() as Record<string, string>),
		'content-type': 'application/json',
		'content-length': Buffer.byteLength(body),
	});
	reply.raw.end(body);
}

/**
 * Faults that come instead of the request's work.
 * @returns true when the reply has been taken over
 */
export async function faultBefore(request: FastifyRequest, reply: FastifyReply): Promise<void> {
	const { fault } = request;
	switch (fault?.kind) {
		case undefined:
			return;
		case '400-fields':
			throw ApiProblem.validation('The request could not be accepted', [
				{ field: 'control_id', message: 'is not open for evidence' },
			]);
		case '401':
			throw new ApiProblem(401, 'The access token is missing, unknown or expired', {
				headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
			});
		case '403':
			throw new ApiProblem(403, 'The access token lacks a scope that this request needs');
		case '404':
			throw new ApiProblem(404, 'The resource was not found or access denied');
		case '413':
			throw new ApiProblem(413, 'The file is larger than this service accepts');
		case '429':
			throw new ApiProblem(429, 'Too many requests');
		case '500':
			await drain(request);
			throw new ApiProblem(500, 'Something went wrong on our side');
		case '408':
			await drain(request);
			throw new ApiProblem(408, 'The request took too long');
		case '409':
			await drain(request);
			throw new ApiProblem(409, 'The request conflicts with what is stored');
		case '504':
			await drain(request);
			throw new ApiProblem(504, 'The service behind the gateway did not answer in time');
		case '504-stored-late':
			// A submission's is done first, as far as it goes.
			if (request.routeOptions.config.operation === 'submitEvidence') return;
			throw new ApiProblem(504, 'The service behind the gateway did not answer in time');
		case 'early-answer':
			if (request.method === 'POST') await answerUnread(request, reply);
			return;
		case '503':
			await drain(request);
			throw new ApiProblem(503, 'The service is being maintained');
		case '502-html':
			await drain(request);
			await reply
				.code(502)
				.type('text/html')
				.send('<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>');
			return;
		case 'reset':
			reply.hijack();
			request.raw.socket.resetAndDestroy();
			return;
		case 'reset-mid-upload':
			reply.hijack();
			cutMidUpload(request);
			return;
		case 'stall':
			reply.hijack();
			request.raw.pause();
			return;
		case 'slow':
			await delay(fault.delayMs ?? 1_000);
			return;
		default:
	}
}

/** Faults that come when the work is done and the answer ready. */
export function faultAfter(
	request: FastifyRequest,
	reply: FastifyReply,
	payload: unknown,
): unknown {
	if (typeof payload !== 'string' || reply.statusCode >= 400) return payload;
	const { socket } = request.raw;
	switch (request.fault?.kind) {
		case 'empty-body':
			return '';
		case 'truncated-json':
			return payload.slice(0, payload.length / 2);
		case 'wrong-hash':
			return payload.replace(/\b[0-9a-f]{64}\b/g, (hash) =>
				hash.replace(/^./, (c) => (c === '0' ? '1' : '0')),
			);
		case '500-after-store': {
			reply.code(500).type(PROBLEM_TYPE);
			const problem = new ApiProblem(500, 'Something went wrong on our side');
			return JSON.stringify(problem.body(instanceOf(request.url)));
		}
		case 'reset-after-store':
			socket.resetAndDestroy();
			return payload;
		case 'reset-mid-response':
			reply.header('content-length', Buffer.byteLength(payload));
			return Readable.from(
				(async function* () {
					yield payload.slice(0, payload.length / 2);
					await delay(20);
					socket.resetAndDestroy();
				})(),
				{ objectMode: false },
			);
		default:
			return payload;
	}
}
