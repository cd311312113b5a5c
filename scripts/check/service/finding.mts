/**
 * - `assumed`: as docs/openapi.yaml assumes
 * - `accepted`: otherwise, and the nodes take it
 * - `misbehaves`: the nodes can't do there what they promise
 * - `unseen`: nothing showed it
 */
export type Verdict = 'assumed' | 'accepted' | 'misbehaves' | 'unseen';

/** What a service does where the API page leaves something open. */
export interface Finding {
	/** What this service does. Nothing in it names a person or a file. */
	service: string;
	/** What the nodes make of it. */
	node: string;
	/** What to set, or whom to ask. */
	set: string;
	verdict: Verdict;
}

export interface Line extends Finding {
	/** The assumption's `id` in docs/openapi.yaml. */
	id: string;
	open: string;
}

/** What the checks have found, by assumption. */
export class Findings {
	private readonly found = new Map<string, Finding>();

	assumed(id: string, service: string, node: string): void {
		this.add(id, { service, node, set: 'nothing', verdict: 'assumed' });
	}

	accepted(id: string, service: string, node: string, set = 'nothing'): void {
		this.add(id, { service, node, set, verdict: 'accepted' });
	}

	misbehaves(id: string, service: string, node: string, set: string): void {
		this.add(id, { service, node, set, verdict: 'misbehaves' });
	}

	unseen(id: string, service: string, set: string): void {
		this.add(id, { service, node: 'was not put to the test', set, verdict: 'unseen' });
	}

	/** What was said before something else has been seen. */
	forget(id: string): void {
		this.found.delete(id);
	}

	of(id: string): Finding | undefined {
		return this.found.get(id);
	}

	/** The worst of what is said about one assumption stays. */
	private add(id: string, finding: Finding): void {
		const order: Verdict[] = ['unseen', 'assumed', 'accepted', 'misbehaves'];
		const before = this.found.get(id);
		if (before && order.indexOf(before.verdict) > order.indexOf(finding.verdict)) return;
		this.found.set(id, finding);
	}
}
