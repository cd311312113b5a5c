import type { IHookFunctions, IWebhookFunctions } from 'n8n-workflow';
import { MAX_EVENT_AHEAD_SECONDS, type Subscription } from './event/event';
import { SIGNED_CONTENTS, type SignatureSource } from './signature/claim';

/** When the sender gets its 200: once n8n has taken the run, or once the run has succeeded. */
export const RESPONSE_MODES = ['onReceived', 'lastNode'] as const;
export type ResponseMode = (typeof RESPONSE_MODES)[number];

/** The node's parameters, checked. */
export interface TriggerConfiguration {
	responseMode: ResponseMode;
	/** Whether the output says which delivery it came with. */
	includeDelivery: boolean;
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
	signedContent: 'auto',
	maxEventAgeSeconds: DEFAULT_MAX_EVENT_AGE_SECONDS,
	engagementIds: '',
	severities: '',
	includeDelivery: false,
};

/** A header's name (RFC 9110 §5.6.2, "token"). */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;
const BLANK_OR_CONTROL = /[\s\p{Cc}]/u;

/** The configuration of a node. */
export function configurationOf(
	context: IHookFunctions | IWebhookFunctions,
): TriggerConfiguration | ConfigurationFlaw {
	return readConfiguration({
		events: context.getNodeParameter('events'),
		// Workflows that were put together elsewhere may have left it out.
		responseMode: context.getNodeParameter('responseMode', 'onReceived'),
		options: context.getNodeParameter('options', {}),
	});
}

/**
 * Checks the node's parameters, whatever an expression may have made of them: one that fails leaves
 * `undefined`, which must not stand for the default and let everything in.
 */
export function readConfiguration({
	events,
	responseMode,
	options,
}: Record<'events' | 'responseMode' | 'options', unknown>):
	| TriggerConfiguration
	| ConfigurationFlaw {
	if (typeof options !== 'object' || options === null || Array.isArray(options)) {
		return {
			message: "'Options' can't be read",
			description: 'Look at the expression there, or remove it',
		};
	}
	const {
		signatureHeader,
		signedContent,
		maxEventAgeSeconds,
		engagementIds,
		severities,
		includeDelivery,
	} = { ...DEFAULT_OPTIONS, ...options } as Record<keyof typeof DEFAULT_OPTIONS, unknown>;

	if (!isListOfNames(events)) {
		return {
			message: "'Trigger On' has no event chosen",
			description: "Choose the events that start this workflow, or 'All Events'",
		};
	}
	if (!isOneOf(RESPONSE_MODES, responseMode)) {
		return {
			message: "'Acknowledge' isn't one of the moments this node knows",
			description: `Choose one of the list: ${RESPONSE_MODES.join(', ')}`,
		};
	}
	if (!isHeaderName(signatureHeader)) {
		return {
			message: "'Signature Header' isn't the name of a header",
			description: "Enter the name alone, e.g. 'X-Auditdex-Signature', or leave it empty",
		};
	}
	if (!isOneOf(SIGNED_CONTENTS, signedContent)) {
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
	if (typeof includeDelivery !== 'boolean') {
		return {
			message: "'Include Delivery' is neither true nor false",
			description: 'Look at the expression there, or remove it',
		};
	}
	const onlyEngagements = readList(engagementIds);
	if (onlyEngagements === 'unusable')
		return unusableList('Engagement IDs', 'eng_xyz789, eng_abc123');
	const onlySeverities = readList(severities);
	if (onlySeverities === 'unusable') return unusableList('Severities', 'significant, critical');

	return {
		responseMode,
		includeDelivery,
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

/**
 * How long to wait for n8n's answer to a delivery before it counts as not accepted, in seconds: by then
 * the event is too old for a copy to be accepted.
 */
export function answerWithinSeconds({ maxEventAgeSeconds }: TriggerConfiguration): number {
	return maxEventAgeSeconds || DEFAULT_MAX_EVENT_AGE_SECONDS;
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

function isOneOf<T>(known: readonly T[], value: unknown): value is T {
	return known.some((one) => one === value);
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
