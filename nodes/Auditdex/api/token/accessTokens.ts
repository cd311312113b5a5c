import { readCredential, withCredential, type ApiContext, type Credential } from '../credential';
import { monotonicMs } from '../monotonic';
import { cancellation, cancelSignalOf } from '../request/cancellation';
import { untilAborted } from '../request/deadline';
import { attempt, type ApiRequest, type Attempt } from '../request/transport';
import { renewToken } from './renewal';
import { outcomeOfTokenFault, outcomeWithoutToken } from './tokenOutcome';

/** RFC 6750 §3.1: the token is no longer valid, or lacks a scope that it may have by now. */
const TOKEN_STATUSES = new Set([401, 403]);

/** For so long requests share what was read of the credential: n8n takes longer to read it than to send. */
const RECENT_MS = 1_000;

/**
 * The credential's access token during one execution. n8n gets it, and stores it encrypted for all its
 * processes; this decides when a new one is needed, as n8n asks for one only where none is stored, or
 * after a 401 that it has seen itself.
 *
 * - A stored answer without a token counts as none.
 * - After a 401 the request is sent once more with a new token; after a 403 too, unless this execution
 *   has seen a newer token already: a scope may have been granted since the stored one was issued.
 * - Until a refused token could be renewed nothing more is sent with it, so that no file leaves in vain
 *   while the token endpoint is busy.
 */
export class AccessTokens {
	/** The last token that the API refused. */
	private refused: string | undefined;

	/** Tokens issued since this execution began. */
	private readonly issued = new Set<string>();

	/** How often in a row no token could be got. */
	private faultsInARow = 0;

	/** The last reading of the credential, and when it began. */
	private last?: { reading: Promise<Credential>; at: number };

	constructor(private readonly context: ApiContext) {}

	/** The credential, as it was at most a second ago. */
	async recentCredential(): Promise<Credential> {
		const { last } = this;
		if (last && monotonicMs() - last.at < RECENT_MS) return await last.reading;
		return await this.readAnew();
	}

	/**
	 * Sends a request, with a new token once more where the first one isn't accepted.
	 * @throws NodeOperationError when the execution is cancelled
	 */
	async attempt(request: ApiRequest): Promise<Attempt> {
		let credential = await this.recentCredential();
		if (credential.accessToken === undefined || credential.accessToken === this.refused) {
			const renewed = await this.renew(credential);
			if ('outcome' in renewed) return renewed;
			credential = renewed;
		}
		const made = await attempt(withCredential(this.context, credential.data), request);
		const { accessToken = '' } = credential;
		const status = made.answer?.status ?? 0;
		if (!TOKEN_STATUSES.has(status)) return made;
		if (status === 403 && this.issued.has(accessToken)) return made;

		this.refused = accessToken;
		const renewed = await this.renew(await this.readAnew());
		if ('outcome' in renewed) return renewed;
		if (renewed.accessToken === accessToken) return status === 401 ? again(made) : made;
		return await attempt(withCredential(this.context, renewed.data), request);
	}

	private async readAnew(): Promise<Credential> {
		const reading = readCredential(this.context);
		this.last = { reading, at: monotonicMs() };
		reading.catch(() => (this.last = undefined)); // what failed is no credential
		return await reading;
	}

	/** Has n8n get a token, unless another request has done so meanwhile. */
	private async renew(credential: Credential): Promise<Credential | Attempt> {
		const { accessToken, data, secrets } = credential;
		if (accessToken === undefined || accessToken === this.refused) {
			const cancelled = cancelSignalOf(this.context);
			try {
				const renewing = renewToken(this.context, data);
				await (cancelled ? untilAborted(renewing, cancelled) : renewing);
			} catch (error) {
				if (cancelled?.aborted) throw cancellation(this.context.getNode());
				return outcomeOfTokenFault(error, secrets, this.faultsInARow++);
			}
		}
		const renewed = await this.readAnew();
		if (renewed.accessToken === undefined) {
			return { outcome: outcomeWithoutToken(renewed.data.oauthTokenData, renewed.secrets) };
		}
		this.faultsInARow = 0;
		this.issued.add(renewed.accessToken);
		return renewed;
	}
}

/** The service gave no token anew (n8n keeps the old one then), or the same: it may do so the next time. */
function again(made: Attempt): Attempt {
	const { outcome } = made;
	if (outcome.kind !== 'refused') return made;
	return { ...made, outcome: { kind: 'notSent', error: outcome.error } };
}
