import { request } from 'undici';

import type { Plan } from './api/rateLimit.mts';
import type { FaultRule } from './faults.mts';
import type { StatsReport } from './stats.mts';
import type { Control, Engagement, Evidence, Finding } from './store/store.mts';

/** The admin API as calls. */
export class AdminClient {
	private readonly url: string;

	constructor(url: string) {
		this.url = url;
	}

	expireTokens = async () => await this.call('POST', '/tokens/expire', {});
	setPlan = async (plan: Plan) => await this.call('PUT', '/plan', { plan });
	setLatency = async (ms: number) => await this.call('PUT', '/latency', { ms });
	addFault = async (rule: FaultRule) => await this.call('POST', '/faults', rule);
	clearFaults = async () => await this.call('DELETE', '/faults');
	seedEngagements = async (count: number) =>
		await this.call('POST', '/engagements/seed', { count });
	stats = async () => await this.call<StatsReport>('GET', '/stats');
	resetStats = async () => await this.call('DELETE', '/stats');
	listEvidence = async () => await this.call<Evidence[]>('GET', '/evidence');
	concludeControl = async (engagementId: string, controlId: string, conclusion: string) =>
		await this.call<Control>('POST', '/controls/conclude', { engagementId, controlId, conclusion });
	raiseFinding = async (
		engagementId: string,
		controlId: string,
		finding: { severity?: string; title?: string } = {},
	) => await this.call<Finding>('POST', '/findings', { engagementId, controlId, ...finding });
	completeEngagement = async (engagementId: string) =>
		await this.call<Engagement>('POST', '/engagements/complete', { engagementId });

	/** @throws Error with the admin API's message when it refuses */
	protected async call<T = unknown>(method: string, path: string, body?: object): Promise<T> {
		const response = await request(`${this.url}${path}`, {
			method: method as 'GET',
			...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
		});
		const answer = (await response.body.json()) as T & { message?: string };
		if (response.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.message}`);
		return answer;
	}
}
