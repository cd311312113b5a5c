/**
 * Holds exchanges against `docs/openapi.yaml`. Prism judges answers: status, headers, media type and
 * body. openapi-backend judges requests, since it also sees parameters and form fields too many.
 */
import { createInstance, getHttpOperationsFromSpec } from '@stoplight/prism-http';
import type { IHttpRequest, IHttpResponse } from '@stoplight/prism-http';
import { OpenAPIBackend, type Document } from 'openapi-backend';

import { readDocument, withAccepted, type OpenApiDocument } from '../../openapi/document.mts';
import type { Exchange } from './exchange.mts';

type PrismConfig = Parameters<typeof createInstance>[0];
type PrismParts = Parameters<typeof createInstance>[1];
type Operations = Awaited<ReturnType<typeof getHttpOperationsFromSpec>>;

const VERSION_PREFIX = /^\/v1(?=\/)/;
/** Webhooks stand beside the paths in the document; the validator knows paths alone. */
const DELIVERIES = '/deliveries/';
/** Has every answer that anything may get that's no endpoint. */
const ANY_ENDPOINT = { method: 'get', path: '/engagements/any/controls/any' } as const;

/** The document, made ready for judging. */
export class Conformance {
	private readonly operations: Operations;

	private readonly requests: OpenAPIBackend;

	private constructor(operations: Operations, requests: OpenAPIBackend) {
		this.operations = operations;
		this.requests = requests;
	}

	/** @param accepted the assumptions in which the service may differ as the nodes accept it */
	static async to(accepted: ReadonlySet<string>): Promise<Conformance> {
		const document = withAccepted(readDocument(), accepted);
		const requests = new OpenAPIBackend({
			definition: withDeliveries(document) as unknown as Document,
			quick: true,
		});
		const [operations] = await Promise.all([getHttpOperationsFromSpec(document), requests.init()]);
		return new Conformance(operations, requests);
	}

	/** What an exchange with the API has that the document doesn't allow, in sentences. */
	async violationsOf(exchange: Exchange): Promise<string[]> {
		const url = new URL(exchange.path.replace(VERSION_PREFIX, ''), exchange.origin);
		const method = exchange.method.toLowerCase();
		const request: IHttpRequest = {
			method: method as IHttpRequest['method'],
			url: { path: url.pathname },
		};
		const found = await this.judgeAnswer(request, exchange);
		const complaint = await this.complaintAbout(url, method, exchange);
		if (complaint && exchange.status < 400) found.push(`accepted a request that ${complaint}`);
		return found.map((text) => `${exchange.method} ${url.pathname} → ${exchange.status}: ${text}`);
	}

	/** What a delivery to a receiver has that the document doesn't allow. */
	async violationsOfDelivery(exchange: Exchange): Promise<string[]> {
		const event = (asJson(exchange.requestBody) as { event?: unknown } | undefined)?.event;
		const complaint = await this.complaintAbout(
			new URL(`${DELIVERIES}${String(event)}`, exchange.origin),
			exchange.method.toLowerCase(),
			exchange,
		);
		return complaint ? [`delivery of ${String(event)}: it ${complaint}`] : [];
	}

	private async judgeAnswer(request: IHttpRequest, exchange: Exchange): Promise<string[]> {
		const answer: IHttpResponse = {
			statusCode: exchange.status,
			headers: exchange.headers,
			body: asJson(exchange.body) ?? exchange.body.toString(),
		};
		// An answer to HEAD has the headers alone (RFC 9110 §9.3.2).
		if (request.method === 'head') return exchange.body.length > 0 ? ['has a body'] : [];
		const known = await this.ask(request, answer);
		// What isn't an endpoint is answered as an endpoint would answer it.
		const judged = known ?? (await this.ask({ ...request, ...endpointLike(request) }, answer));
		if (!known && exchange.status < 400) return ['is not in the document'];
		return judged ?? ['could not be judged'];
	}

	/** Prism's own judgement; undefined where it knows no such endpoint. */
	private async ask(request: IHttpRequest, answer: IHttpResponse): Promise<string[] | undefined> {
		const config: PrismConfig = {
			isProxy: true,
			upstream: new URL('http://recorded.invalid'),
			upstreamProxy: undefined,
			checkSecurity: false,
			validateRequest: false,
			validateResponse: true,
			errors: false,
			mock: { dynamic: false },
		};
		const silent = { info() {}, warn() {}, error() {}, success() {}, child: () => silent };
		const recorded: PrismParts['forward'] = () => () => async () => ({
			_tag: 'Right',
			right: answer,
		});
		const parts = { logger: silent, forward: recorded } as unknown as PrismParts;
		const judged = await createInstance(config, parts).request(request, this.operations)();
		if (judged._tag === 'Left') throw judged.left;
		const { input, output } = judged.right.validations;
		const isUnknown = input.some(({ message }) => message === 'Selected route not found');
		return isUnknown ? undefined : output.map(({ message }) => message);
	}

	private async complaintAbout(
		url: URL,
		method: string,
		{ requestHeaders: headers, requestBody }: Exchange,
	): Promise<string | undefined> {
		const body = await decoded(requestBody, headers['content-type'] ?? '');
		const request = { method, path: url.pathname, query: queryOf(url), headers, body };
		const operation = this.requests.router.matchOperation(request);
		if (!operation) return 'goes to no endpoint of the document';
		const { valid, errors } = this.requests.validator.validateRequest(request, operation);
		if (valid) return undefined;
		const texts = (errors ?? []).map((error) =>
			[error.instancePath, error.message, ...Object.values(error.params)].join(' '),
		);
		return `does not fit: ${texts.join('; ')}`;
	}
}

function withDeliveries(document: OpenApiDocument): OpenApiDocument {
	const deliveries = Object.entries(document.webhooks).map(
		([event, item]) => [DELIVERIES + event, item] as const,
	);
	return { ...document, paths: { ...document.paths, ...Object.fromEntries(deliveries) } };
}

/** The endpoint whose answers hold for a path or method that there isn't. */
function endpointLike({ url: { path } }: IHttpRequest): {
	method: 'get' | 'post';
	url: { path: string };
} {
	if (path === '/oauth/token' || path.endsWith('/evidence'))
		return { method: 'post', url: { path } };
	const isList = path === '/engagements';
	return { method: 'get', url: { path: isList ? path : ANY_ENDPOINT.path } };
}

function asJson(body: Buffer): unknown {
	try {
		return JSON.parse(body.toString());
	} catch {
		return undefined;
	}
}

/** A name that is given more than once becomes a list, which no parameter here is. */
function queryOf({ searchParams }: URL): Record<string, string | string[]> {
	return Object.fromEntries(
		[...searchParams.keys()].map((name) => {
			const values = searchParams.getAll(name);
			return [name, values.length === 1 ? values[0]! : values];
		}),
	);
}

/** A request's body as the document describes it; undefined where it isn't what its type says. */
async function decoded(body: Buffer, type: string): Promise<Record<string, unknown> | undefined> {
	if (type.startsWith('application/json')) return asJson(body) as Record<string, unknown>;
	if (!/^(multipart\/form-data|application\/x-www-form-urlencoded)/.test(type)) return undefined;
	try {
		const response = new Response(Uint8Array.from(body), { headers: { 'content-type': type } });
		const form = await response.formData();
		return Object.fromEntries(
			[...new Set(form.keys())].map((name) => {
				const values = form
					.getAll(name)
					.map((value) => (name === 'file' && value instanceof File ? value.name : value));
				return [name, values.length === 1 ? values[0] : values];
			}),
		);
	} catch {
		return undefined;
	}
}
