import type { Clock } from '../clock.mts';

/** Requests a minute and burst (API page, "Rate Limits"). */
export const PLANS = {
	standard: { perMinute: 60, burst: 100 },
	enterprise: { perMinute: 600, burst: 1_000 },
	unlimited: undefined,
} as const;

export type Plan = keyof typeof PLANS;

/** A token bucket: `burst` requests at once, refilled evenly at `perMinute`. */
export class TokenBucket {
	readonly perMinute: number;

	readonly burst: number;

	private readonly now: () => number;

	private tokens: number;

	private filledAt: number;

	constructor(perMinute: number, burst: number, now: () => number) {
		this.perMinute = perMinute;
		this.burst = burst;
		this.now = now;
		this.tokens = burst;
		this.filledAt = now();
	}

	/** Takes a request out; false where none is left. */
	take(): boolean {
		this.refill();
		if (this.tokens < 1) return false;
		this.tokens -= 1;
		return true;
	}

	/** Whole requests left. */
	get remaining(): number {
		this.refill();
		return Math.floor(this.tokens);
	}

	/** Epoch milliseconds from which on a request is accepted: now, or when the next one is refilled. */
	get resetAt(): number {
		this.refill();
		const missing = Math.max(0, 1 - this.tokens);
		return this.filledAt + (missing * 60_000) / this.perMinute;
	}

	private refill(): void {
		const now = this.now();
		const refilled = ((now - this.filledAt) * this.perMinute) / 60_000;
		this.tokens = Math.min(this.burst, this.tokens + refilled);
		this.filledAt = now;
	}
}

/** One bucket a client; all change with the plan. */
export class RateLimiter {
	private buckets = new Map<string, TokenBucket>();

	private readonly clock: Clock;

	private current: Plan;

	constructor(plan: Plan, clock: Clock) {
		this.current = plan;
		this.clock = clock;
	}

	get plan(): Plan {
		return this.current;
	}

	set plan(plan: Plan) {
		this.current = plan;
		this.buckets = new Map();
	}

	/** The client's bucket; undefined on the plan without limits. */
	bucketOf(clientId: string): TokenBucket | undefined {
		const limits = PLANS[this.current];
		if (!limits) return undefined;
		const bucket =
			this.buckets.get(clientId) ??
			new TokenBucket(limits.perMinute, limits.burst, () => this.clock.now());
		this.buckets.set(clientId, bucket);
		return bucket;
	}
}

/** How services write the headers: as the API page has it, or as others do. */
export const RATE_LIMIT_STYLES = [
	'seconds',
	'milliseconds',
	'negative',
	'far-away',
	'none',
] as const;
export type RateLimitStyle = (typeof RATE_LIMIT_STYLES)[number];

/** Of the year 2100. */
const FAR_AWAY_SECONDS = '4102444800';

/**
 * The headers of every response. The plan without limits has nothing to put into them, unless a
 * negative number stands for it.
 */
export function rateLimitHeaders(
	bucket: TokenBucket | undefined,
	style: RateLimitStyle = 'seconds',
): Record<string, string> {
	if (style === 'none') return {};
	if (style === 'negative' && !bucket) {
		return { 'x-ratelimit-limit': '-1', 'x-ratelimit-remaining': '-1', 'x-ratelimit-reset': '0' };
	}
	if (!bucket) return {};
	const headers = headersOf(bucket);
	if (style === 'milliseconds') headers['x-ratelimit-reset'] += '000';
	if (style === 'far-away') headers['x-ratelimit-reset'] = FAR_AWAY_SECONDS;
	return headers;
}

function headersOf(bucket: TokenBucket) {
	return {
		'x-ratelimit-limit': String(bucket.perMinute),
		'x-ratelimit-remaining': String(bucket.remaining),
		'x-ratelimit-reset': String(Math.ceil(bucket.resetAt / 1_000)),
	};
}
