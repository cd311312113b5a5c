import { randomBytes } from 'node:crypto';

import { accessTokenIn, grantedToken, jsonOf, outcomeOfTokenRefusal } from './rules.mts';
import { CannotCheck } from '../cannotCheck.mts';
import type { Findings } from './finding.mts';
import type { Service } from './service.mts';
import { count, sentenceOf } from './words.mts';

export interface Client {
	clientId: string;
	clientSecret: string;
	scope: string;
}

const formOf = ({ clientId, clientSecret, scope }: Client) => ({
	grant_type: 'client_credentials',
	client_id: clientId,
	client_secret: clientSecret,
	scope,
});

/**
 * Gets the token for all that follows.
 * @throws CannotCheck where there is none
 */
export async function checkToken(
	service: Service,
	client: Client,
	findings: Findings,
): Promise<void> {
	const { answer, outcome } = await service.askForToken(formOf(client));
	if (!answer) throw new CannotCheck(sentenceOf(outcome));
	const body = jsonOf(answer);
	const token = accessTokenIn(body);
	if (answer.status < 200 || answer.status >= 300 || token === undefined) {
		const { status } = answer;
		const refusal = outcomeOfTokenRefusal({ status, body: body ?? answer.body }, service.secrets);
		throw new CannotCheck(sentenceOf(refusal));
	}
	service.token = token;
	service.secrets.push(token);
	const { token_type: type, expires_in: lifetime, scope } = body as Record<string, unknown>;
	const kind = typeof type === 'string' && /^[\w-]{1,20}$/.test(type) ? type : typeof type;
	const parts = [
		type === undefined ? 'no token_type' : `token_type ${kind}`,
		lifetime === undefined ? 'no expires_in' : `expires_in ${Number(lifetime)}`,
		scope === undefined ? 'no scope' : `${count(String(scope).split(/[\s,]+/).length, 'scope')}`,
	];
	const says = `gives a token with ${parts.join(', ')}`;
	const missing = missingIn(body, client.scope);
	if (missing) {
		findings.misbehaves('token', says, missing, 'Scope in the credential, or the client’s grants');
	} else if (type === 'Bearer' && typeof lifetime === 'number' && typeof scope === 'string') {
		findings.assumed('token', says, 'sends the token as Bearer, and renews it after a 401');
	} else {
		findings.accepted('token', says, 'sends the token as Bearer, and renews it after a 401');
	}
}

function missingIn(body: unknown, scope: string): string | undefined {
	try {
		grantedToken(body, scope);
		return undefined;
	} catch (error) {
		return (error as Error).message;
	}
}

/** How a wrong secret is refused; one try, with a secret made up. */
export async function checkRefusal(
	service: Service,
	client: Client,
	findings: Findings,
): Promise<void> {
	const clientSecret = `check-${randomBytes(12).toString('hex')}`;
	const { answer } = await service.askForToken(formOf({ ...client, clientSecret }));
	if (!answer) {
		findings.unseen('token-refusal', 'gave no answer to a wrong secret', 'nothing');
		return;
	}
	const body = jsonOf(answer);
	const given = accessTokenIn(body);
	if (given !== undefined) service.secrets.push(given);
	const says = `answers a wrong secret with ${answer.status}`;
	if (answer.status >= 200 && answer.status < 300 && given !== undefined) {
		findings.misbehaves(
			'token-refusal',
			`${says} and a token`,
			'can’t tell a wrong secret from a right one',
			'ask support@augixsys.com why any secret is accepted',
		);
		return;
	}
	const outcome = outcomeOfTokenRefusal(
		{ status: answer.status, body: body ?? answer.body },
		service.secrets,
	);
	if (outcome.kind !== 'refused') {
		findings.misbehaves(
			'token-refusal',
			says,
			'takes it for something that passes, and tries again until Max Retries is used up',
			'lower Max Retries, and ask support@augixsys.com for a 400 or 401',
		);
	} else if (/refused the client ID/.test(outcome.error.message)) {
		findings.assumed('token-refusal', says, `says “${outcome.error.message}”`);
	} else {
		findings.accepted('token-refusal', says, 'says that there is no token, and not why');
	}
}

/** How a token that isn't valid is refused by the API. */
export async function checkExpiredToken(service: Service, findings: Findings): Promise<void> {
	const token = `check-${randomBytes(12).toString('hex')}`;
	const { answer } = await service.ask(service.listUrl, { token });
	if (!answer) {
		findings.unseen('expired-token', 'gave no answer to an unknown token', 'nothing');
		return;
	}
	const says = `answers an unknown token with ${answer.status}`;
	if (answer.status === 401) {
		findings.assumed('expired-token', says, 'gets a new token, and sends the request again');
	} else if (answer.status === 403) {
		findings.accepted('expired-token', says, 'gets a new token, and sends the request again');
	} else {
		findings.misbehaves(
			'expired-token',
			says,
			'doesn’t renew an expired token, so that flows stop after an hour',
			'ask support@augixsys.com for a 401, and save the credential anew meanwhile',
		);
	}
}
