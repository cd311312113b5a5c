import type { RateLimiter } from './api/rateLimit.mts';
import type { Settings } from './options.mts';

/** The diagnostics channel that tells tests in this process of each sandbox that has started. */
export const STARTED = 'auditdex-sandbox:started';

export interface Started {
	origin: string;
	/** Both as they are at the moment. */
	settings: Settings;
	limiter: RateLimiter;
}
