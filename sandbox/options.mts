import type { ListShape } from './api/pagination.mts';
import type { Plan, RateLimitStyle } from './api/rateLimit.mts';

/** A client of the API as an administrator would register it. */
export interface ClientRegistration {
	clientId: string;
	clientSecret: string;
	/** Scopes it may be granted. */
	scopes: string[];
	/** Engagements it may see; all when left out. */
	engagements?: string[];
}

export const HASH_FIELDS = [
	'sha256',
	'sha256_hash',
	'file_hash',
	'hash',
	'checksum',
	'digest',
] as const;
export const HASH_PLACEMENTS = ['top', 'data', 'evidence', 'file'] as const;
/**
 * How a control shows its evidence, which the API page leaves open: as a receipt does, with an RFC 9530
 * digest, several levels deep, without hashes, without times, as IDs, only the latest piece, or not.
 */
export const EVIDENCE_VIEWS = [
	'full',
	'digest',
	'nested',
	'no-hashes',
	'no-times',
	'ids',
	'latest',
	'none',
] as const;
export type EvidenceView = (typeof EVIDENCE_VIEWS)[number];

export interface SandboxOptions extends Partial<ListShape> {
	/** Where state and evidence are kept; a temporary folder, removed on close, when left out. */
	dataDir?: string;
	/** 0 for any free port. */
	port?: number;
	adminPort?: number;
	plan?: Plan;
	hashField?: (typeof HASH_FIELDS)[number];
	hashPlacement?: (typeof HASH_PLACEMENTS)[number];
	/** Whether hashes are reported as `sha256:<hex>`. */
	hashPrefix?: boolean;
	evidenceView?: EvidenceView;
	tokenLifetimeSeconds?: number;
	/** What token answers call the token; nothing when empty. */
	tokenType?: string;
	/** How `X-RateLimit-*` are written. */
	rateLimitHeaders?: RateLimitStyle;
	clockSpeed?: number;
	/** Added to each API answer, in real milliseconds. */
	latencyMs?: number;
	/** Files larger than this are refused with 413; no limit when left out. */
	maxFileBytes?: number;
	/** Whether a 429 carries `Retry-After`. */
	retryAfter?: boolean;
	clients?: ClientRegistration[];
	/** Of the one client there is when no `clients` are given. */
	clientSecret?: string;
	/** How many engagements a new data folder starts with. */
	seed?: number;
	/** How long a receiver of webhooks may take for its answer, in real milliseconds. */
	webhookTimeoutMs?: number;
}

const LISTS: ListShape = {
	pagination: 'next_cursor',
	listKey: 'data',
	pageSize: 25,
	nameCase: 'snake',
	textNumbers: false,
	emptyPages: false,
	listFault: 'none',
};

/** Chosen where nothing else is said: the page's own example values where it has any. */
export const DEFAULTS = {
	port: 0,
	adminPort: 0,
	plan: 'unlimited' as Plan,
	...LISTS,
	hashField: 'sha256' as (typeof HASH_FIELDS)[number],
	hashPlacement: 'top' as (typeof HASH_PLACEMENTS)[number],
	hashPrefix: false,
	evidenceView: 'full' as EvidenceView,
	tokenLifetimeSeconds: 3_600,
	tokenType: 'Bearer',
	rateLimitHeaders: 'seconds' as RateLimitStyle,
	clockSpeed: 1,
	latencyMs: 0,
	maxFileBytes: Infinity,
	retryAfter: false,
	seed: 5,
	webhookTimeoutMs: 15_000,
};

export type Settings = typeof DEFAULTS;
