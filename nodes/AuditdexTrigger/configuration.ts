import { MAX_EVENT_AHEAD_SECONDS, type Subscription } from './event';
import { SIGNED_CONTENTS, type SignatureSource, type SignedContent } from './signedContent';

/** The node's parameters, checked. */
export interface TriggerConfiguration {
	signature: SignatureSource;
	/** 0 turns the age check off. */
	maxEventAgeSeconds: number;
	subscription: Subscription;
}

/** Why the parameters can't be used, in words for the user. */
export interface ConfigurationFlaw {
	message: string;
	description: string;
}

export const DEFAULT_MAX_EVENT_AGE_SECONDS = 259_200;

const DEFAULT_OPTIONS = {
	signatureHeader: '',
	signedContent: 'body',
	maxEventAgeSeconds: DEFAULT_MAX_EVENT_AGE_SECONDS,
	engagementIds: '',
	severities: '',
};

/** A header's name (RFC 9110 §5.6.2, "token"). */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;
const BLANK_OR_CONTROL = /[\s\p{Cc}]/u;

/**
 * Checks the node's parameters `events` and `options`, whatever an expression may have made of them:
 * one that fails leaves `undefined`, which must not stand for the default and let everything in.
 */
export function readConfiguration(
	events: unknown,
	options: unknown,
): TriggerConfiguration | ConfigurationFlaw {
	if (typeof options !== 'object' || options === null || Array.isArray(options)) {
		return {
			message: "'Options' can't be read",
			description: 'Look at the expression there, or remove it',
		};
	}
	const { signatureHeader, signedContent, maxEventAgeSeconds, engagementIds, severities } = {
		...DEFAULT_OPTIONS,
		...options,
	} as Record<keyof typeof DEFAULT_OPTIONS, unknown>;

	if (!isListOfNames(events)) {
		return {
			message: "'Trigger On' has no event chosen",
			description: "Choose the events that start this workflow, or 'All Events'",
		};
	}
	if (!isHeaderName(signatureHeader)) {
		return {
			message: "'Signature Header' isn't the name of a header",
			description: "Enter the name alone, e.g. 'X-Auditdex-Signature', or leave it empty",
		};
	}
	if (!isSignedContent(signedContent)) {
		return {
			message: "'Signed Content' isn't one of the forms this node knows",
			description: `Choose one of the list: ${SIGNED_CONTENTS.join(', ')}`,
		};
	}
	if (!isDuration(maxEventAgeSeconds)) {
		return {
			message: "'Max Event Age' isn't a number of seconds",
			description: 'Enter 0 (no limit) or more seconds',
		};
	}
	const onlyEngagements = readList(engagementIds);
	if (onlyEngagements === 'unusable')
		return unusableList('Engagement IDs', 'eng_xyz789, eng_abc123');
	const onlySeverities = readList(severities);
	if (onlySeverities === 'unusable') return unusableList('Severities', 'significant, critical');

	return {
		signature: { signatureHeader: signatureHeader.trim(), signedContent },
		maxEventAgeSeconds,
		subscription: {
			events: new Set(events),
			engagementIds: onlyEngagements && new Set(onlyEngagements),
			severities: onlySeverities && new Set(onlySeverities.map((name) => name.toLowerCase())),
		},
	};
}

export function isFlaw(
	configuration: TriggerConfiguration | ConfigurationFlaw,
): configuration is ConfigurationFlaw {
	return 'message' in configuration;
}

/**
 * How long a delivery must be remembered so that no replay of it can pass the age check, in
 * seconds; 0 where that check is off.
 */
export function rememberSeconds({ maxEventAgeSeconds }: TriggerConfiguration): number {
	return maxEventAgeSeconds === 0 ? 0 : maxEventAgeSeconds + MAX_EVENT_AHEAD_SECONDS;
}

function isListOfNames(events: unknown): events is string[] {
	return (
		Array.isArray(events) &&
		events.length > 0 &&
		events.every((event) => typeof event === 'string' && event !== '')
	);
}

function isHeaderName(name: unknown): name is string {
	return typeof name === 'string' && (name.trim() === '' || HEADER_NAME.test(name.trim()));
}

function isSignedContent(value: unknown): value is SignedContent {
	return SIGNED_CONTENTS.some((known) => known === value);
}

function isDuration(seconds: unknown): seconds is number {
	return typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0;
}

/** Entries of a comma-separated list; `undefined` where the field is empty, so that nothing is left out. */
function readList(list: unknown): string[] | 'unusable' | undefined {
	if (typeof list !== 'string') return 'unusable';
	if (list.trim() === '') return undefined;
	const entries = list
		.split(',')
		.map((entry) => entry.trim())
		.filter((entry) => entry !== '');
	const usable = entries.length > 0 && !entries.some((entry) => BLANK_OR_CONTROL.test(entry));
	return usable ? entries : 'unusable';
}

function unusableList(field: string, example: string): ConfigurationFlaw {
	return {
		message: `'${field}' isn't a comma-separated list`,
		description: `Separate the entries with commas, e.g. '${example}', or leave it empty for all`,
	};
}
