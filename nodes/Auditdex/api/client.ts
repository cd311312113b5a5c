import { sleep } from 'n8n-workflow';

import { AccessTokens } from './token/accessTokens';
import { parseBaseUrl } from './token/baseUrl';
import { cancellation, cancelSignalOf } from './request/cancellation';
import type { ApiContext } from './credential';
import type { HttpAnswer } from './request/httpAnswer';
import type { JsonObject } from './json';
import { ListWalk } from './lists/listWalk';
import { monotonicMs } from './monotonic';
import { rateLimitGateFor, type RateLimitGate } from './limits/rateLimit';
import { readRetryAfter } from './limits/rateLimitHeaders';
import { backoffMs } from './request/backoff';
import type { ApiRequest, Attempt, RequestBody } from './request/transport';

const SLEEP_SLICE_MS = 200;

export interface RequestSettings {
	/** How often a request is sent again before giving up. */
	maxRetries: number;
	/** The longest single wait for the rate limit, in seconds. */
	maxWaitSeconds: number;
}

export interface ApiResponse {
	body: object;
	headers: HttpAnswer['headers'];
}

interface Connection {
	/** Tells API clients apart: base URL and client ID, never a secret. */
	account: string;
	baseUrl: string;
	gate: RateLimitGate;
	tokens: AccessTokens;
}

/** The AUDITDEX API for one execution: paths in, answers out; waits and repeats by itself. */
export class AuditdexClient {
	private constructor(
		private readonly context: ApiContext,
		private readonly connection: Connection,
	) {}

	/**
	 * Reads the credential.
	 * @throws AuditdexError when its base URL can't be used
	 */
	static async connect(context: ApiContext): Promise<AuditdexClient> {
		const tokens = new AccessTokens(context);
		const { baseUrl: given, clientId } = await tokens.recentCredential();
		const baseUrl = parseBaseUrl(given);
		const account = `${clientId}@${baseUrl}`;
		return new AuditdexClient(context, {
			account,
			baseUrl,
			gate: rateLimitGateFor(account),
			tokens,
		});
	}

	/** Tells this API client from others: base URL and client ID. */
	get account(): string {
		return this.connection.account;
	}

	/**
	 * The way through the list of engagements, from its start or from where `token` was made.
	 * @throws PartialListError when the token leads to another server
	 */
	engagementWalk(token?: string): ListWalk {
		const url = `${this.connection.baseUrl}/engagements`;
		return token ? ListWalk.resume(url, token) : ListWalk.start(url);
	}

	/**
	 * `GET /engagements`, the page that `walk` is at (API page, "List Engagements").
	 * @throws PartialListError when the page is not the one asked for, or came before
	 */
	async getEngagementsPage(walk: ListWalk, settings: RequestSettings): Promise<JsonObject[]> {
		const request = { ...walk.request, scope: 'reports:read' };
		const { body, headers } = await this.get(request, settings);
		return walk.take(body, headers);
	}

	/**
	 * All engagements, page by page, at most `limit` of them. Nothing is asked for beyond it.
	 * @throws PartialListError when the list is not whole, or can't be told to be
	 */
	async *getEngagements(settings: RequestSettings, limit = Infinity): AsyncGenerator<JsonObject[]> {
		const walk = this.engagementWalk();
		let wanted = limit;
		do {
			const engagements = await this.getEngagementsPage(walk, settings);
			yield engagements.slice(0, wanted);
			wanted -= engagements.length;
		} while (wanted > 0 && walk.advance());
	}

	/** `GET /engagements/{engagement_id}/controls/{control_id}` (API page, "Get Control Status"). */
	async getControl(
		engagementId: string,
		controlId: string,
		settings: RequestSettings,
	): Promise<ApiResponse> {
		const url = `${this.engagementUrl(engagementId)}/controls/${encodeURIComponent(controlId)}`;
		return await this.get({ url, scope: 'controls:read' }, settings);
	}

	/**
	 * `POST /engagements/{engagement_id}/evidence` (API page, "Submit Evidence"), once: whether it may
	 * be sent again is for the submission to decide, as evidence can't be taken back.
	 */
	async submitEvidence(
		engagementId: string,
		body: RequestBody,
		settings: RequestSettings,
	): Promise<Attempt> {
		const url = `${this.engagementUrl(engagementId)}/evidence`;
		return await this.send({ method: 'POST', url, scope: 'evidence:write', body }, settings);
	}

	/**
	 * Waits before a request that didn't get through is sent again: growing times, or as long as the
	 * answer asks for. After a 429 it's the rate limit's gate that waits.
	 * @param retries how often it has been sent again already
	 */
	async backOff(made: Attempt, retries: number, settings: RequestSettings): Promise<void> {
		if (made.outcome.kind === 'rateLimited') return;
		await this.pause(Math.max(backoffMs(retries), askedWaitMs(made, settings)));
	}

	/** @throws NodeOperationError when the execution is cancelled meanwhile */
	async pause(ms: number): Promise<void> {
		const cancelled = cancelSignalOf(this.context);
		const end = monotonicMs() + ms;
		for (let left = ms; left > 0; left = end - monotonicMs()) {
			if (cancelled?.aborted) throw cancellation(this.context.getNode());
			await sleep(Math.min(left, SLEEP_SLICE_MS));
		}
	}

	private engagementUrl(engagementId: string): string {
		return `${this.connection.baseUrl}/engagements/${encodeURIComponent(engagementId)}`;
	}

	/** Sends a request that does no harm when sent twice until it's done, or there is no point in it. */
	private async get(
		request: Omit<ApiRequest, 'method'>,
		settings: RequestSettings,
	): Promise<ApiResponse> {
		for (let retries = 0; ; retries++) {
			const made = await this.send({ ...request, method: 'GET' }, settings);
			const { outcome, answer } = made;
			if (outcome.kind === 'done') return { body: outcome.body, headers: answer?.headers ?? {} };
			if (outcome.kind === 'refused' || retries >= settings.maxRetries) throw outcome.error;
			await this.backOff(made, retries, settings);
		}
	}

	private async send(request: ApiRequest, { maxWaitSeconds }: RequestSettings): Promise<Attempt> {
		const { gate, tokens } = this.connection;
		const pass = await gate.enter(async (ms) => await this.pause(ms), maxWaitSeconds * 1_000);
		let made: Attempt | undefined;
		try {
			made = await tokens.attempt(request);
		} finally {
			gate.leave(pass, made?.answer);
		}
		return made;
	}
}

/** The wait that an answer asks for, up to Max Wait, in milliseconds. */
export function askedWaitMs({ answer, waitMs }: Attempt, settings: RequestSettings): number {
	const asked = waitMs ?? readRetryAfter(answer?.headers ?? {}) ?? 0;
	return Math.min(asked, settings.maxWaitSeconds * 1_000);
}
