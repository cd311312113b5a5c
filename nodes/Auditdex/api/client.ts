import { sleep } from 'n8n-workflow';

import { AuditdexError } from './errors/auditdexError';
import { AccessTokens } from './token/accessTokens';
import { parseBaseUrl } from './token/baseUrl';
import { cancellation, cancelSignalOf } from './request/cancellation';
import { readCredential, type ApiContext } from './credential';
import type { HttpAnswer } from './request/httpAnswer';
import type { JsonObject } from './json';
import { ListWalk } from './lists/listWalk';
import { toNodeError } from './errors/nodeError';
import { monotonicMs } from './monotonic';
import { rateLimitGateFor, type RateLimitGate } from './limits/rateLimit';
import { readRetryAfter } from './limits/rateLimitHeaders';
import { backoffMs, planRetry } from './request/retry';
import type { ApiRequest, Attempt } from './request/transport';

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

/**
 * Looks whether the service acted on a request that it left unanswered, and returns what it would
 * have answered; undefined when it did not act.
 */
export type Recover = (cause: AuditdexError) => Promise<object | undefined>;

interface Connection {
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
		const { baseUrl: given, clientId } = await readCredential(context);
		const baseUrl = parseBaseUrl(given);
		return new AuditdexClient(context, {
			baseUrl,
			gate: rateLimitGateFor(`${clientId}@${baseUrl}`),
			tokens: new AccessTokens(context),
		});
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
	): Promise<object> {
		const url = `${this.engagementUrl(engagementId)}/controls/${encodeURIComponent(controlId)}`;
		return (await this.get({ url, scope: 'controls:read' }, settings)).body;
	}

	/**
	 * Makes n8n renew an expired token before a large file is sent, with a small request that also
	 * finds out whether the control is there. That the client may not read controls doesn't matter:
	 * the token is valid then.
	 */
	async renewToken(
		engagementId: string,
		controlId: string,
		settings: RequestSettings,
	): Promise<void> {
		await this.getControl(engagementId, controlId, settings).catch((error) => {
			const forbidden = error instanceof AuditdexError && error.httpStatus === 403;
			if (!forbidden) throw toNodeError(this.context.getNode(), error);
		});
	}

	/**
	 * `POST /engagements/{engagement_id}/evidence` (API page, "Submit Evidence").
	 * @param form builds the body anew for each attempt
	 * @param recover asked before the file is sent again, as evidence can't be taken back
	 */
	async submitEvidence(
		engagementId: string,
		form: (onProgress: () => void) => FormData,
		recover: Recover,
		settings: RequestSettings,
	): Promise<object> {
		const url = `${this.engagementUrl(engagementId)}/evidence`;
		const request: ApiRequest = { method: 'POST', url, scope: 'evidence:write', body: form };
		return (await this.perform(request, settings, recover)).body;
	}

	private engagementUrl(engagementId: string): string {
		return `${this.connection.baseUrl}/engagements/${encodeURIComponent(engagementId)}`;
	}

	private async get(
		request: Omit<ApiRequest, 'method'>,
		settings: RequestSettings,
	): Promise<ApiResponse> {
		return await this.perform({ ...request, method: 'GET' }, settings);
	}

	/**
	 * Sends a request until it's done or there is no point in trying again.
	 * @param recover needed where sending the request twice does harm
	 */
	private async perform(
		request: ApiRequest,
		{ maxRetries, maxWaitSeconds }: RequestSettings,
		recover?: Recover,
	): Promise<ApiResponse> {
		for (let retries = 0; ; retries++) {
			const { outcome, answer, waitMs } = await this.send(request, maxWaitSeconds * 1_000);
			if (outcome.kind === 'done') {
				return { body: outcome.body, headers: answer?.headers ?? {} };
			}
			const plan = planRetry(outcome, recover === undefined, maxRetries - retries);
			if (plan.backOff) {
				const asked = waitMs ?? readRetryAfter(answer?.headers ?? {}) ?? 0;
				await this.pause(Math.max(backoffMs(retries), Math.min(asked, maxWaitSeconds * 1_000)));
			}
			const recovered = plan.askFirst ? await recover?.(outcome.error) : undefined;
			if (recovered) return { body: recovered, headers: {} };
			if (!plan.sendAgain) throw outcome.error;
		}
	}

	private async send(request: ApiRequest, maxWaitMs: number): Promise<Attempt> {
		const { gate, tokens } = this.connection;
		const pass = await gate.enter(async (ms) => await this.pause(ms), maxWaitMs);
		let made: Attempt | undefined;
		try {
			made = await tokens.attempt(request);
		} finally {
			gate.leave(pass, made?.answer);
		}
		return made;
	}

	private async pause(ms: number): Promise<void> {
		const cancelled = cancelSignalOf(this.context);
		const end = monotonicMs() + ms;
		for (let left = ms; left > 0; left = end - monotonicMs()) {
			if (cancelled?.aborted) throw cancellation(this.context.getNode());
			await sleep(Math.min(left, SLEEP_SLICE_MS));
		}
	}
}
