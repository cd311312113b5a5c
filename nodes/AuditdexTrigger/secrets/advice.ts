import { bare, isSet, standardWebhooksKey, type WebhookSecrets } from './keys';

/** Shorter secrets can be guessed by trying (NIST SP 800-107 asks for at least 112 bits of key). */
const MIN_SECRET_LENGTH = 16;
const WHERE_TO_FIND_IT = 'Copy it from AUDITDEX: Settings → Integrations → Webhooks';

/** Longer ones are no placeholders, and aren't searched for the signs of one. */
const MAX_PLACEHOLDER_LENGTH = 200;

/** What documentation, form fields and masked displays show in a secret's place. */
const PLACEHOLDERS = [
	/^[<[{(].*[>\]})]$/,
	/^(.)\1*$/u,
	/[•●]|\*{3,}|\.{3,}|…/u,
	/(your|my|the)[\s_-]*(auditdex|webhook|client|signing|api|shared|[\s_-])*secret/i,
	/^whsec_(x+|your.*|secret.*)?$/i,
	/change[\s_-]*me|replace[\s_-]*me|placeholder|^(x{4,}|secret|password|test|example)[\s_\d-]*$/i,
];
/** Three base64url parts, the first a JSON object: an access token, the API's other secret string. */
const ACCESS_TOKEN = /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/;

/**
 * Says what can honestly be said about webhook secrets without AUDITDEX, which has no endpoint to
 * check them against: that one is missing, too short, or not a secret at all.
 *
 * @returns a sentence for the user that shows nothing of the secret, or `undefined` where nothing
 *   speaks against them
 */
export function adviseOnSecrets(secrets: WebhookSecrets): string | undefined {
	return adviseOnUseless(secrets) ?? adviseOnWeak(secrets);
}

/** The same, about secrets that can't work alone: no service signs with a placeholder. */
export function adviseOnUseless(secrets: WebhookSecrets): string | undefined {
	const { signingSecret, previousSigningSecret } = secrets;
	if (!isSet(signingSecret)) return `'Signing Secret' is empty. ${WHERE_TO_FIND_IT}.`;
	return (
		adviseOnUselessSecret('Signing Secret', bare(signingSecret)) ??
		adviseOnUselessSecret('Previous Signing Secret', bare(previousSigningSecret))
	);
}

function adviseOnWeak({
	signingSecret,
	previousSigningSecret,
}: WebhookSecrets): string | undefined {
	if (bare(signingSecret) === bare(previousSigningSecret)) {
		return "'Previous Signing Secret' is the same as 'Signing Secret'. Leave it empty when no rotation is under way.";
	}
	return (
		adviseOnLength('Signing Secret', bare(signingSecret)) ??
		adviseOnLength('Previous Signing Secret', bare(previousSigningSecret))
	);
}

/** @param secret empty where none is set */
function adviseOnUselessSecret(field: string, secret: string): string | undefined {
	if (/[\r\n]/.test(secret)) return `'${field}' has a line break. Paste it again without.`;
	if (isPlaceholder(secret)) {
		return `'${field}' looks like a placeholder or a masked value. ${WHERE_TO_FIND_IT}.`;
	}
	if (ACCESS_TOKEN.test(secret)) {
		return `'${field}' looks like an API access token. ${WHERE_TO_FIND_IT}.`;
	}
	if (secret.startsWith('whsec_') && standardWebhooksKey(secret) === undefined) {
		return `'${field}' looks cut off: what follows "whsec_" isn't complete. ${WHERE_TO_FIND_IT}.`;
	}
	return undefined;
}

function adviseOnLength(field: string, secret: string): string | undefined {
	if (secret === '' || secret.length >= MIN_SECRET_LENGTH) return undefined;
	return `'${field}' has ${secret.length} characters; fewer than ${MIN_SECRET_LENGTH} can be guessed. ${WHERE_TO_FIND_IT}.`;
}

function isPlaceholder(secret: string): boolean {
	return (
		secret.length <= MAX_PLACEHOLDER_LENGTH &&
		PLACEHOLDERS.some((placeholder) => placeholder.test(secret))
	);
}
