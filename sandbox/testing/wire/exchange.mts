/** Requests that this process sends with undici, with their answers: as they cross the wire. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

export interface Exchange {
	method: string;
	origin: string;
	/** Path and query. */
	path: string;
	/** Names in lower case. */
	requestHeaders: Record<string, string>;
	requestBody: Buffer;
	status: number;
	headers: Record<string, string>;
	body: Buffer;
}

interface UndiciRequest {
	origin: string | URL;
	method: string;
	path: string;
	headers: string[];
	/** Of a body that undici builds itself. */
	contentType: string | null;
}

interface Message {
	request: UndiciRequest;
	chunk: Buffer | string;
	response: {
		statusCode: number;
		headers: Record<string, string | string[]> | Array<Buffer | string>;
	};
}

type Recorded = Exchange & { sent: Buffer[]; received: Buffer[] };

/**
 * Hands over each exchange when it is complete; those that break off are none.
 * @returns what ends it
 */
export function watchExchanges(onExchange: (exchange: Exchange) => void): () => void {
	const underWay = new WeakMap<UndiciRequest, Recorded>();
	const listeners: Record<string, (message: Message) => void> = {
		'undici:request:create': ({ request }) => {
			underWay.set(request, {
				method: request.method,
				origin: new URL(request.origin).origin,
				path: request.path,
				requestHeaders: {},
				requestBody: Buffer.alloc(0),
				status: 0,
				headers: {},
				body: Buffer.alloc(0),
				sent: [],
				received: [],
			});
		},
		'undici:request:bodyChunkSent': ({ request, chunk }) => {
			underWay.get(request)?.sent.push(Buffer.from(chunk));
		},
		'undici:request:headers': ({ request, response }) => {
			const exchange = underWay.get(request);
			if (!exchange) return;
			exchange.requestHeaders = paired(request.headers);
			if (request.contentType) exchange.requestHeaders['content-type'] ??= request.contentType;
			exchange.status = response.statusCode;
			exchange.headers = Array.isArray(response.headers)
				? paired(response.headers.map(String))
				: paired(
						Object.entries(response.headers).flatMap(([name, value]) => [name, String(value)]),
					);
		},
		'undici:request:bodyChunkReceived': ({ request, chunk }) => {
			underWay.get(request)?.received.push(Buffer.from(chunk));
		},
		'undici:request:trailers': ({ request }) => {
			const exchange = underWay.get(request);
			if (!exchange) return;
			underWay.delete(request);
			const { sent, received, ...rest } = exchange;
			onExchange({
				...rest,
				requestBody: Buffer.concat(sent),
				body: Buffer.concat(received),
			});
		},
	};
	const entries = Object.entries(listeners) as Array<[string, (message: unknown) => void]>;
	for (const [channel, listener] of entries) subscribe(channel, listener);
	return () => entries.forEach(([channel, listener]) => unsubscribe(channel, listener));
}

function paired(list: string[]): Record<string, string> {
	const headers: Record<string, string> = {};
	for (let index = 0; index + 1 < list.length; index += 2) {
		headers[list[index]!.toLowerCase()] = list[index + 1]!;
	}
	return headers;
}
