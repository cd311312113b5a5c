/** A service that differs from the sandbox, and from docs/openapi.yaml, where the API page is silent. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

import { Response } from 'undici';

/** What it answers, if not as below. A body that is a text is sent as it is. */
export interface Answer {
	status?: number;
	headers?: Record<string, string>;
	body?: unknown;
}

export interface Behaviour {
	token?(form: URLSearchParams): Answer;
	list?(query: URLSearchParams): Answer;
	control?(evidence: object[]): Answer;
	submit?(receipt: { id: string; sha256: string }): Answer;
	/** For an unknown token, and for what isn't there. */
	unauthorized?(token: string): Answer;
	missing?(): Answer;
	/** Sent with every answer of the API. */
	headers?(): Record<string, string>;
	/** How long after its answer a submission is linked. */
	linkedAfterMs?: number;
}

export const SECRET = 'the-planted-secret-of-a-client';
export const TOKEN = 'the-planted-token-of-a-service';

export interface OtherService {
	baseUrl: string;
	requests: string[];
	close(): Promise<void>;
}

const evidenceWith = (sha256: string) => ({
	uuid: sha256.slice(0, 8),
	checksum: `sha256:${sha256.toUpperCase()}`,
	created_at: new Date().toISOString(),
});

export async function startOtherService(behaviour: Behaviour = {}): Promise<OtherService> {
	const evidence: object[] = [evidenceWith('a'.repeat(64))];
	const requests: string[] = [];
	const handle = async (request: IncomingMessage): Promise<Answer> => {
		const url = new URL(request.url!, 'http://service');
		const body = await buffer(request);
		requests.push(`${request.method} ${url.pathname}`);
		if (url.pathname === '/oauth/token') {
			const form = new URLSearchParams(body.toString());
			if (behaviour.token) return behaviour.token(form);
			return form.get('client_secret') === SECRET
				? { body: { access_token: TOKEN, token_type: 'bearer' } }
				: { status: 400, body: { error: 'invalid_client' } };
		}
		const token = (request.headers.authorization ?? '').replace('Bearer ', '');
		if (token !== TOKEN) {
			return behaviour.unauthorized?.(token) ?? { status: 401, body: { message: 'no' } };
		}
		if (url.pathname === '/api/engagements') {
			return (
				behaviour.list?.(url.searchParams) ?? {
					body: { engagements: [{ id: 'eng_1', title: 'x' }] },
				}
			);
		}
		if (url.pathname === '/api/engagements/eng_1/controls/ctrl_1') {
			return (
				behaviour.control?.(evidence) ?? {
					body: { state: 'open', issues: [], linked_evidence: { items: evidence } },
				}
			);
		}
		if (url.pathname === '/api/engagements/eng_1/evidence' && request.method === 'POST') {
			const type = request.headers['content-type']!;
			const form = await new Response(body, { headers: { 'content-type': type } }).formData();
			const bytes = Buffer.from(await (form.get('file') as unknown as Blob).arrayBuffer());
			const sha256 = createHash('sha256').update(bytes).digest('hex');
			const link = () => evidence.push(evidenceWith(sha256));
			if (behaviour.linkedAfterMs) setTimeout(link, behaviour.linkedAfterMs);
			else link();
			return (
				behaviour.submit?.({ id: 'evd_1', sha256 }) ?? {
					body: { evidence: { digest: Buffer.from(sha256, 'hex').toString('base64') } },
				}
			);
		}
		return behaviour.missing?.() ?? { status: 404, body: { message: 'nothing here' } };
	};
	const server = createServer((request: IncomingMessage, response: ServerResponse) => {
		void handle(request).then(({ status = 200, headers, body }) => {
			const isText = typeof body === 'string';
			response.writeHead(status, {
				'content-type': isText ? 'text/html' : 'application/json',
				...behaviour.headers?.(),
				...headers,
			});
			response.end(isText ? body : JSON.stringify(body));
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return {
		baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`,
		requests,
		close: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}
