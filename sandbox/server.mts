import { randomBytes } from 'node:crypto';

import { AdminClient } from './adminClient.mts';
import { buildAdmin } from './admin/app.mts';
import { buildApi, type Service } from './api/app.mts';
import { Authorization, SCOPES } from './api/oauth.mts';
import { RateLimiter } from './api/rateLimit.mts';
import { Clock } from './clock.mts';
import { Faults } from './faults.mts';
import {
	DEFAULTS,
	type ClientRegistration,
	type SandboxOptions,
	type Settings,
} from './options.mts';
import { Stats } from './stats.mts';
import { seed } from './store/seed.mts';
import { Store } from './store/store.mts';

const HOST = '127.0.0.1';

export type { SandboxOptions } from './options.mts';

/** A running AUDITDEX service. */
export interface Sandbox {
	origin: string;
	baseUrl: string;
	tokenUrl: string;
	adminUrl: string;
	admin: AdminClient;
	/** The first registered client. */
	client: ClientRegistration;
	close(): Promise<void>;
}

/** Starts the service on loopback. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
	const given = Object.entries(options).filter(([, value]) => value !== undefined);
	const settings: Settings = { ...DEFAULTS, ...Object.fromEntries(given) };
	const store = new Store(options.dataDir);
	const clock = new Clock(settings.clockSpeed);
	const clients = options.clients ?? [defaultClient(store, options.clientSecret)];
	seed(store, settings.seed);
	const service: Service = {
		store,
		clock,
		settings,
		authorization: new Authorization(clients, store, clock, settings.tokenLifetimeSeconds),
		limiter: new RateLimiter(settings.plan, clock),
		faults: new Faults(),
		stats: new Stats(),
		onStored: () => {},
	};
	const api = await buildApi(service);
	const admin = buildAdmin(service);
	const origin = await api.listen({ host: HOST, port: settings.port });
	const adminUrl = await admin.listen({ host: HOST, port: settings.adminPort });
	return {
		origin,
		baseUrl: `${origin}/v1`,
		tokenUrl: `${origin}/oauth/token`,
		adminUrl,
		admin: new AdminClient(adminUrl),
		client: clients[0]!,
		async close() {
			await Promise.all([api.close(), admin.close()]);
			store.close();
		},
	};
}

/** The client of a new data folder; a secret that isn't given is drawn, and kept over restarts. */
function defaultClient(store: Store, given?: string): ClientRegistration {
	const clientSecret =
		given ?? store.setting('client_secret') ?? randomBytes(24).toString('base64url');
	store.setSetting('client_secret', clientSecret);
	return { clientId: 'sandbox-client', clientSecret, scopes: [...SCOPES] };
}
