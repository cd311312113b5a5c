import { request, type FormData } from 'undici';

import {
	headersOf,
	outcomeOfAnswer,
	outcomeOfFault,
	redact,
	type HttpAnswer,
	type Outcome,
} from './rules.mts';

const IDLE_LIMIT_MS = 60_000;
/** A list may be an array. */
const LIST_SCOPE = 'reports:read';
/** Codes of undici in those of Node.js, which the nodes know. */
const CODES: Record<string, string> = {
	UND_ERR_CONNECT_TIMEOUT: 'ETIMEDOUT',
	UND_ERR_HEADERS_TIMEOUT: 'ETIMEDOUT',
	UND_ERR_BODY_TIMEOUT: 'ETIMEDOUT',
	UND_ERR_SOCKET: 'ECONNRESET',
};

export interface Reply {
	outcome: Outcome;
	/** Missing where none came. */
	answer?: HttpAnswer;
	/** When it came, in epoch milliseconds. */
	at: number;
}

export interface ServiceRequest {
	method?: 'GET' | 'POST';
	query?: Record<string, string | number>;
	/** Instead of the client's own. */
	token?: string;
	form?: FormData;
	/** That the request needs. */
	scope?: string;
}

/** The service under check, and what it has answered. */
export class Service {
	readonly replies: Reply[] = [];

	token = '';

	/** Never to be shown: the client secret, and tokens as they come. */
	readonly secrets: string[];

	private readonly baseUrl: string;

	constructor(baseUrl: string, clientSecret: string) {
		this.baseUrl = baseUrl;
		this.secrets = [clientSecret];
	}

	/** A text without what must not be shown. */
	hide(text: string): string {
		return redact(text, this.secrets);
	}

	get listUrl(): string {
		return `${this.baseUrl}/engagements`;
	}

	engagementUrl(engagement: string): string {
		return `${this.listUrl}/${encodeURIComponent(engagement)}`;
	}

	/** The token endpoint, as the credential derives it: the base URL's origin, and a path of its own. */
	async askForToken(form: Record<string, string>): Promise<Reply> {
		const url = new URL('/oauth/token', this.baseUrl).href;
		return await this.send(url, '', {
			method: 'POST',
			headers: { 'content-type': 'application/x-www-form-urlencoded' },
			body: new URLSearchParams(form).toString(),
		});
	}

	async ask(url: string, { method = 'GET', query, token, form, scope }: ServiceRequest = {}) {
		const target = new URL(url);
		for (const [name, value] of Object.entries(query ?? {})) {
			target.searchParams.set(name, String(value));
		}
		const reply = await this.send(target.href, scope ?? LIST_SCOPE, {
			method,
			headers: {
				accept: 'application/json, application/problem+json',
				authorization: `Bearer ${token ?? this.token}`,
			},
			body: form,
		});
		this.replies.push(reply);
		return reply;
	}

	private async send(
		url: string,
		scope: string,
		options: Parameters<typeof request>[1],
	): Promise<Reply> {
		try {
			const { statusCode, headers, body } = await request(url, {
				...options,
				headersTimeout: IDLE_LIMIT_MS,
				bodyTimeout: IDLE_LIMIT_MS,
			});
			const answer = { status: statusCode, headers: headersOf(headers), body: await body.text() };
			const asked = { scope, sent: true, wantsObject: scope !== LIST_SCOPE };
			return { answer, outcome: outcomeOfAnswer(answer, asked, this.secrets), at: Date.now() };
		} catch (error) {
			const { code = 'ECONNRESET' } = error as NodeJS.ErrnoException;
			const outcome = outcomeOfFault({ code: CODES[code] ?? code, sent: true });
			return { outcome, at: Date.now() };
		}
	}
}
