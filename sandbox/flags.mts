import { parseArgs } from 'node:util';

import { LIST_FAULTS, LIST_KEYS, NAME_CASES, PAGINATION_STYLES } from './api/pagination.mts';
import { PLANS, RATE_LIMIT_STYLES } from './api/rateLimit.mts';
import { EVIDENCE_VIEWS, HASH_FIELDS, HASH_PLACEMENTS, type SandboxOptions } from './options.mts';

/** Reads a flag's value. @throws Error with what it must be */
type Reader = (value: string) => string | number;

const anyText: Reader = (value) => {
	if (value === '') throw new Error('must not be empty');
	return value;
};

const number =
	(least: number, most: number, isWhole = true): Reader =>
	(text) => {
		const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
		if (value >= least && value <= most && (!isWhole || Number.isInteger(value))) return value;
		const range = most === Infinity ? `of ${least} or more` : `from ${least} to ${most}`;
		throw new Error(`must be a ${isWhole ? 'whole ' : ''}number ${range}`);
	};

const oneOf =
	(choices: readonly string[]): Reader =>
	(value) => {
		if (choices.includes(value)) return value;
		throw new Error(`must be one of ${choices.join(', ')}`);
	};

const PORT = number(0, 65_535);

/** Flags with a value: how it's read, and what the help says. */
const VALUES: Record<string, [read: Reader, help: string]> = {
	'data-dir': [anyText, 'where state and evidence are kept (.sandbox)'],
	port: [PORT, 'of the API; 0 for any free one (4010)'],
	'admin-port': [PORT, 'of the admin API and the settings page (4011)'],
	plan: [oneOf(Object.keys(PLANS)), `${Object.keys(PLANS).join(', ')} (standard)`],
	pagination: [oneOf(PAGINATION_STYLES), `${PAGINATION_STYLES.join(', ')} (next_cursor)`],
	'list-key': [oneOf(LIST_KEYS), `where a list stands: ${LIST_KEYS.join(', ')} (data)`],
	'page-size': [number(1, 200), 'engagements a page (25)'],
	'name-case': [oneOf(NAME_CASES), `of members beside a list: ${NAME_CASES.join(', ')} (snake)`],
	'list-fault': [oneOf(LIST_FAULTS), `how lists go wrong: ${LIST_FAULTS.join(', ')} (none)`],
	'hash-field': [oneOf(HASH_FIELDS), `${HASH_FIELDS.join(', ')} (sha256)`],
	'hash-placement': [oneOf(HASH_PLACEMENTS), `${HASH_PLACEMENTS.join(', ')} (top)`],
	'evidence-view': [oneOf(EVIDENCE_VIEWS), `of a control: ${EVIDENCE_VIEWS.join(', ')} (full)`],
	'token-lifetime-seconds': [number(1, Infinity), 'of access tokens (3600)'],
	'token-type': [(value) => value, 'what token answers call it; empty for nothing (Bearer)'],
	'rate-limit-headers': [oneOf(RATE_LIMIT_STYLES), `${RATE_LIMIT_STYLES.join(', ')} (seconds)`],
	'clock-speed': [number(0.01, 100_000, false), 'how much faster limits and waits pass (1)'],
	'latency-ms': [number(0, 600_000), 'added to each answer (0)'],
	'max-file-bytes': [number(0, Infinity), 'larger files are refused with 413 (no limit)'],
	seed: [number(0, 1_000_000), 'engagements a new data folder starts with (5)'],
	'client-secret': [anyText, 'of the client sandbox-client (drawn once)'],
	'webhook-timeout-ms': [number(1, 600_000), 'how long a receiver may take (15000)'],
};
const SWITCHES: Record<string, string> = {
	'text-numbers': 'send numbers beside a list as text',
	'empty-pages': 'leave every second page of a list empty',
	'hash-prefix': 'report hashes as sha256:<hex>',
	'retry-after': 'send Retry-After with 429',
	'stop-with-parent': 'stop when standard input ends',
	help: 'show this',
};
const DEFAULTS = {
	'data-dir': '.sandbox',
	port: '4010',
	'admin-port': '4011',
	plan: 'standard',
};

export interface Flags {
	options: SandboxOptions;
	stopWithParent: boolean;
	help: boolean;
}

/**
 * The command line of `npm run sandbox`.
 * @throws Error that names the flag that can't be used and says what it must be
 */
export function readFlags(args: string[]): Flags {
	const { values } = parseArgs({
		args,
		options: Object.fromEntries([
			...Object.keys(VALUES).map((flag) => [flag, { type: 'string' }] as const),
			...Object.keys(SWITCHES).map((flag) => [flag, { type: 'boolean' }] as const),
		]),
	});
	const options: Record<string, unknown> = {};
	for (const [flag, value] of Object.entries({ ...DEFAULTS, ...values })) {
		const name = flag.replace(/-(.)/g, (_dash, letter: string) => letter.toUpperCase());
		try {
			options[name] = typeof value === 'string' ? VALUES[flag]![0](value) : value;
		} catch (error) {
			throw new Error(`--${flag} ${(error as Error).message}`);
		}
	}
	const { stopWithParent = false, help = false, ...rest } = options;
	return { options: rest, stopWithParent: Boolean(stopWithParent), help: Boolean(help) };
}

/** What `--help` shows. */
export function helpText(): string {
	const lines = [
		...Object.entries(VALUES).map(([flag, [, help]]) => [`--${flag} VALUE`, help] as const),
		...Object.entries(SWITCHES).map(([flag, help]) => [`--${flag}`, help] as const),
	];
	return lines.map(([flag, help]) => `  ${flag.padEnd(32)} ${help}`).join('\n');
}
