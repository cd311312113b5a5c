import { channel } from 'node:diagnostics_channel';

import { AdminClient } from './adminClient.mts';
import { buildAdmin } from './admin/app.mts';
import { buildApi, type Service } from './api/app.mts';
import { Authorization, newClientSecret, SCOPES } from './api/oauth.mts';
import { RateLimiter } from './api/rateLimit.mts';
import { Audit } from './audit.mts';
import { Clock } from './clock.mts';
import { Faults } from './faults.mts';
import {
	DEFAULTS,
	type ClientRegistration,
	type SandboxOptions,
	type Settings,
} from './options.mts';
import { BROWSE_PATH } from './openapi/paths.mts';
import { SETTINGS_PATH } from './settings/paths.mts';
import { STARTED, type Started } from './started.mts';
import { Stats } from './stats.mts';
import { seed } from './store/seed.mts';
import { Store } from './store/store.mts';
import { WebhookStore } from './store/webhookStore.mts';
import { Dispatcher } from './webhooks/dispatcher.mts';
import { Webhooks } from './webhooks/webhooks.mts';

const HOST = '127.0.0.1';

export type { SandboxOptions } from './options.mts';

/** A running AUDITDEX service. */
export interface Sandbox {
	origin: string;
	baseUrl: string;
	tokenUrl: string;
	adminUrl: string;
	/** The page Settings → Integrations → Webhooks. */
	settingsUrl: string;
	/** The page to browse the API's description and try it. */
	docsUrl: string;
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
	const webhookStore = new WebhookStore(store);
	const dispatcher = new Dispatcher({
		store,
		webhooks: webhookStore,
		clock,
		timeoutMs: settings.webhookTimeoutMs,
	});
	const webhooks = new Webhooks(webhookStore, dispatcher, clock);
	const service: Service = {
		store,
		clock,
		settings,
		authorization: new Authorization(clients, store, clock, settings),
		limiter: new RateLimiter(settings.plan, clock),
		faults: new Faults(),
		stats: new Stats(),
		audit: new Audit(store, webhooks, clock),
		webhooks,
		webhookStore,
	};
	const api = await buildApi(service);
	const admin = await buildAdmin(service, () => api.listeningOrigin);
	const close = async () => {
		await Promise.all([api.close(), admin.close()]);
		await dispatcher.close();
		store.close();
	};
	try {
		const origin = await api.listen({ host: HOST, port: settings.port });
		const adminUrl = await admin.listen({ host: HOST, port: settings.adminPort });
		const started: Started = { origin, settings, limiter: service.limiter };
		channel(STARTED).publish(started);
		dispatcher.wake();
		return {
			origin,
			baseUrl: `${origin}/v1`,
			tokenUrl: `${origin}/oauth/token`,
			adminUrl,
			settingsUrl: `${adminUrl}${SETTINGS_PATH}`,
			docsUrl: `${adminUrl}${BROWSE_PATH}`,
			admin: new AdminClient(adminUrl),
			client: clients[0]!,
			close,
		};
	} catch (error) {
		await close();
		throw error;
	}
}

/** The client of a new data folder; a secret that isn't given is drawn, and kept over restarts. */
function defaultClient(store: Store, given?: string): ClientRegistration {
	const clientSecret = given ?? store.setting('client_secret') ?? newClientSecret();
	store.setSetting('client_secret', clientSecret);
	return { clientId: 'sandbox-client', clientSecret, scopes: [...SCOPES] };
}
