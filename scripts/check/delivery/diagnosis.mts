import type { Captured } from './capture.mts';
import {
	allHeaderValues,
	explain,
	findFit,
	isFlaw,
	judgeDelivery,
	readConfiguration,
	signatureHeadersOf,
	type SignatureFit,
	type WebhookSecrets,
} from './rules.mts';
import { CannotCheck } from '../cannotCheck.mts';

/** How the trigger is set up; as it comes where a value is left out. */
export interface TriggerOptions {
	signatureHeader?: string;
	signedContent?: string;
}

export interface Diagnosis {
	/** Whether the trigger starts the workflow with it. */
	accepted: boolean;
	/** How it was signed, where that was found out. */
	form?: SignatureFit['form'];
	header?: string;
	/** The field of the credential that has the secret it was made with. */
	madeWith?: string;
	/** Sentences. Nothing in them is from the body, or secret. */
	says: string;
	set: string;
}

const FORMS: Record<SignatureFit['form'], string> = {
	body: 'Body',
	timestampBody: 'Timestamp and Body',
	standardWebhooks: 'Standard Webhooks',
};
const SECRETS: Record<SignatureFit['secret'], string> = {
	signingSecret: 'Signing Secret',
	previousSigningSecret: 'Previous Signing Secret',
};
const CAPTURE_RAW =
	'capture the bytes: the Webhook node with Raw Body on, or a HAR file of the receiver';

/**
 * What the trigger makes of a captured delivery, and what to set.
 * @param now epoch seconds, where the capture doesn't tell when it was received
 */
export async function diagnose(
	captured: Captured,
	secrets: WebhookSecrets,
	options: TriggerOptions,
	now: number,
): Promise<Diagnosis> {
	const configuration = readConfiguration({ events: ['*'], responseMode: 'onReceived', options });
	if (isFlaw(configuration)) {
		throw new CannotCheck(`${configuration.message}. ${configuration.description}.`);
	}
	const { headers, body } = captured;
	const at = captured.at ?? now;
	const reading = async () => ({ value: secrets, isNew: true });
	const verdict = await judgeDelivery(
		{ headers, readBody: async () => body },
		configuration,
		{ recent: reading, anew: reading },
		at,
	);
	const fit = findFit({ headers, body }, secrets, configuration.signature, at);
	const found = fit && {
		form: fit.form,
		header: fit.header,
		madeWith: SECRETS[fit.secret],
	};
	if (verdict.outcome !== 'refused' && fit) {
		const how = `${FORMS[fit.form]}, in the header “${fit.header}”, with the ${SECRETS[fit.secret]}`;
		return {
			accepted: true,
			...found,
			says: `The signature fits: ${how}. The trigger accepts the delivery.`,
			set: `nothing; to pin it, Signature Header to ${fit.header} and Signed Content to ${FORMS[fit.form]}`,
		};
	}
	const reason = verdict.outcome === 'refused' ? verdict : undefined;
	if (fit) return { accepted: false, ...found, ...nearlyRight(fit, reason, captured) };
	return { accepted: false, ...nothingFits(captured, configuration.signature) };
}

type Refusal = { reason: string; status: number };

/** It was signed with the secret, and something else keeps it from being accepted. */
function nearlyRight(
	fit: SignatureFit,
	refusal: Refusal | undefined,
	{ at, isExact }: Captured,
): Pick<Diagnosis, 'says' | 'set'> {
	const but = explain(fit);
	if (but === '') {
		const how = `The signature fits (${FORMS[fit.form]}, in the header “${fit.header}”), and the trigger refuses the delivery with ${refusal?.status ?? 401}: ${refusal?.reason ?? 'unknown'}.`;
		return {
			says: how,
			set:
				refusal?.status === 400
					? 'nothing; the body must be {event, timestamp, data}, so ask the sender'
					: at === undefined
						? '--at with the time when it was received; else Max Event Age in the trigger, or the clocks'
						: 'Max Event Age in the trigger, or the clocks',
		};
	}
	const says = `Nearly right: ${but}.`;
	if (fit.body === 'reserialized' && !isExact) return { says, set: CAPTURE_RAW };
	const steps = [
		fit.body !== undefined &&
			'nothing in the trigger; have what stands between pass on the body as it is',
		fit.key !== undefined &&
			'the secret as the service uses it, or ask the service which key it signs with',
		!fit.isHeaderRead && `Signature Header to ${fit.header}`,
		!fit.isFormTaken && `Signed Content to Automatic or ${FORMS[fit.form]}`,
		fit.secondsAway !== undefined &&
			(at === undefined
				? 'the clocks of sender and n8n (NTP); if it was captured earlier, --at with that time'
				: 'the clocks of sender and n8n (NTP)'),
		fit.algorithm !== 'sha256' && 'HMAC-SHA256 in the service',
		!fit.isUsualEncoding && 'hex or padded base64 in the service',
	].filter((step) => step !== false);
	return { says, set: steps.join('; ') };
}

/** Signatures of kinds that no shared secret can check, as their headers tell. */
const OTHER_KINDS: Array<[what: string, header: RegExp, value: RegExp]> = [
	['an HTTP Message Signature (RFC 9421)', /^signature-input$/, /./],
	['a JSON Web Token', /./, /(?:^|\s)eyJ[\w-]+\.[\w-]*\.[\w-]*/],
	['an Ed25519 signature (v1a)', /^(?:webhook|svix)-signature$/, /(?:^|\s)v1a,/],
];

function nothingFits(
	{ headers, isExact }: Captured,
	source: Parameters<typeof signatureHeadersOf>[1],
): Pick<Diagnosis, 'says' | 'set'> {
	const other = OTHER_KINDS.find(([, header, value]) =>
		Object.entries(headers).some(([name, text]) => header.test(name) && value.test(text)),
	);
	const read = signatureHeadersOf(headers, source).filter((name) => name in headers);
	if (other && (read.length === 0 || other[1].source !== '.')) {
		return {
			says: `The delivery carries ${other[0]}, which is no HMAC of the webhook’s secret; the trigger refuses it.`,
			set: 'HMAC-SHA256 in the service',
		};
	}
	if (read.length === 0) {
		const others = new Set(allHeaderValues(headers).map(({ header }) => header));
		return {
			says: `No header is a signature by its name, and in none of the ${others.size} is one that the secret fits.`,
			set: 'Signature Header to the name of the right one, and the webhook’s secret in the service',
		};
	}
	const where = read.map((name) => `“${name}”`).join(', ');
	if (!isExact) {
		return {
			says: `No signature in ${where} fits. n8n’s data has the body as an object here, so that its bytes could only be guessed.`,
			set: CAPTURE_RAW,
		};
	}
	return {
		says: `No signature in ${where} fits, in any form: it was made with another secret, or the body was changed on the way.`,
		set: 'the secret that belongs to this webhook (Settings → Integrations → Webhooks); if it does, look for what changes the body',
	};
}
