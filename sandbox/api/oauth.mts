import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

import type { FastifyInstance, FastifyRequest } from 'fastify';

import type { Clock } from '../clock.mts';
import type { ClientRegistration, Settings } from '../options.mts';
import type { Store } from '../store/store.mts';
import { ApiProblem, type ProblemStatus } from './problem.mts';

/** The scopes on the API page, "Obtaining a Token". */
export const SCOPES = ['evidence:write', 'controls:read', 'reports:read'] as const;
export type Scope = (typeof SCOPES)[number];

const digest = (text: string) => createHash('sha256').update(text).digest();
const sameText = (a: string, b: string) => timingSafeEqual(digest(a), digest(b));

export function newClientSecret(): string {
	return randomBytes(24).toString('base64url');
}

/** An OAuth error response (RFC 6749 §5.2), as problem details like every error of the service. */
function oauthProblem(status: ProblemStatus, error: string, description: string): ApiProblem {
	return new ApiProblem(status, description, {
		members: { error, error_description: description },
	});
}

/** Who sent a request, by its token. */
export interface Sender {
	client: ClientRegistration;
	scopes: string[];
	expired: boolean;
}

/** What the service's token answers are like. */
export type TokenSettings = Pick<Settings, 'tokenLifetimeSeconds' | 'tokenType'>;

/** Client registrations, tokens and what they allow. */
export class Authorization {
	private readonly clients: ClientRegistration[];

	private readonly store: Store;

	private readonly clock: Clock;

	private readonly settings: TokenSettings;

	constructor(clients: ClientRegistration[], store: Store, clock: Clock, settings: TokenSettings) {
		this.clients = clients;
		this.store = store;
		this.clock = clock;
		this.settings = settings;
	}

	/**
	 * Adds a client, which stays registered over restarts. What isn't given: every scope, a drawn secret.
	 * @returns undefined where there's one with this id
	 */
	register(
		client: Partial<ClientRegistration> & { clientId: string },
	): ClientRegistration | undefined {
		if (this.find(client.clientId)) return undefined;
		const registration = {
			clientSecret: newClientSecret(),
			scopes: [...SCOPES],
			...client,
		};
		this.store.addClient(registration);
		return registration;
	}

	private find(clientId: string): ClientRegistration | undefined {
		return (
			this.clients.find((client) => sameText(client.clientId, clientId)) ??
			this.store.client(clientId)
		);
	}

	/**
	 * Answers a token request (API page; RFC 6749 §4.4). The scope granted is what was asked for and
	 * the client may have; a scope the service doesn't know is refused.
	 */
	issue(form: Record<string, unknown>): object {
		const value = (name: string) => {
			const text = form[name];
			if (Array.isArray(text)) {
				throw oauthProblem(400, 'invalid_request', `${name} is given more than once`);
			}
			return typeof text === 'string' ? text : '';
		};
		const known = ['grant_type', 'client_id', 'client_secret', 'scope'];
		const unknown = Object.keys(form).filter((name) => !known.includes(name));
		if (unknown.length > 0) {
			throw oauthProblem(400, 'invalid_request', `Unknown parameter: ${unknown.join(', ')}`);
		}
		if (value('grant_type') === '') {
			throw oauthProblem(400, 'invalid_request', 'grant_type is missing');
		}
		if (value('grant_type') !== 'client_credentials') {
			throw oauthProblem(400, 'unsupported_grant_type', 'Only client_credentials is supported');
		}
		if (value('client_id') === '' || value('client_secret') === '') {
			throw oauthProblem(400, 'invalid_request', 'client_id or client_secret is missing');
		}
		const client = this.find(value('client_id'));
		if (!sameText(client?.clientSecret ?? '', value('client_secret')) || !client) {
			throw oauthProblem(401, 'invalid_client', 'Unknown client or wrong client secret');
		}
		const asked = value('scope').split(' ').filter(Boolean);
		if (asked.some((scope) => !SCOPES.some((name) => name === scope))) {
			throw oauthProblem(400, 'invalid_scope', 'The scope asked for holds an unknown name');
		}
		const granted = (asked.length > 0 ? asked : client.scopes).filter((scope) =>
			client.scopes.includes(scope),
		);
		if (granted.length === 0) {
			throw oauthProblem(400, 'invalid_scope', 'This client may have none of the scopes asked for');
		}
		const { tokenLifetimeSeconds, tokenType } = this.settings;
		const token = randomBytes(32).toString('base64url');
		const scope = [...new Set(granted)].join(' ');
		this.store.put('tokens', {
			digest: digest(token).toString('hex'),
			client_id: client.clientId,
			scope,
			expires_at: this.clock.now() + tokenLifetimeSeconds * 1_000,
		});
		return {
			access_token: token,
			...(tokenType !== '' && { token_type: tokenType }),
			expires_in: tokenLifetimeSeconds,
			scope,
		};
	}

	/**
	 * The client whose token a request carries (RFC 6750 §2.1, header only), the token being expired or
	 * not; undefined where there's no token that was given out.
	 */
	senderOf(header: string | undefined): Sender | undefined {
		const token = bearerToken(header);
		const known = token ? this.store.token(digest(token).toString('hex')) : undefined;
		const client = known && this.find(known.client_id);
		if (!client) return undefined;
		const expired = known.expires_at <= this.clock.now();
		return { client, scopes: known.scope.split(' '), expired };
	}

	/** @throws ApiProblem 401 where there's no valid token */
	accept(header: string | undefined, sender: Sender | undefined): ClientRegistration {
		if (sender && !sender.expired) return sender.client;
		const challenge = bearerToken(header) ? 'Bearer error="invalid_token"' : 'Bearer';
		throw new ApiProblem(401, 'The access token is missing, unknown or expired', {
			headers: { 'www-authenticate': challenge },
		});
	}
}

function bearerToken(header = ''): string | undefined {
	return /^Bearer +([\w.~+/-]+=*)$/i.exec(header)?.[1];
}

/** @throws ApiProblem 403 that names the scope (RFC 6750 §3.1) */
export function requireScope(scopes: string[], scope: Scope): void {
	if (scopes.includes(scope)) return;
	throw new ApiProblem(403, `This request needs the scope ${scope}`, {
		headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"` },
	});
}

/** `POST /oauth/token` */
export function registerTokenEndpoint(app: FastifyInstance, authorization: Authorization): void {
	app.post(
		'/oauth/token',
		{ config: { operation: 'token' }, onRequest: refuseOtherForms },
		async (request, reply) => {
			reply.headers({ 'cache-control': 'no-store', pragma: 'no-cache' });
			return authorization.issue((request.body ?? {}) as Record<string, unknown>);
		},
	);
}

/** Parameters come form-urlencoded in the body alone: in the URL they'd end up in logs. */
async function refuseOtherForms({ headers, query }: FastifyRequest): Promise<void> {
	if (Object.keys(query as object).length > 0) {
		throw oauthProblem(400, 'invalid_request', 'Parameters belong in the body, not in the URL');
	}
	if (!/^application\/x-www-form-urlencoded *(;|$)/i.test(headers['content-type'] ?? '')) {
		throw oauthProblem(
			400,
			'invalid_request',
			'The body must be application/x-www-form-urlencoded',
		);
	}
}
