import type { Operation } from './faults.mts';

export interface UploadRecord {
	status: number | null;
	/** Everything the request sent, headers included, in bytes. */
	bytesReceived: number;
}

export interface StatsReport {
	/** Requests by operation, then by HTTP status; `none` where no answer was sent. */
	requests: Record<string, Record<string, number>>;
	/** Requests refused because the plan's limit was used up. */
	refusals: number;
	tokenRequests: number;
	uploads: UploadRecord[];
	/** Requests being served right now, and the most at once. */
	inFlight: number;
	mostInFlight: number;
	/** Of the service's clock, in epoch milliseconds: first and last request. */
	firstRequestAt: number | null;
	lastRequestAt: number | null;
}

const empty = (): StatsReport => ({
	requests: {},
	refusals: 0,
	tokenRequests: 0,
	uploads: [],
	inFlight: 0,
	mostInFlight: 0,
	firstRequestAt: null,
	lastRequestAt: null,
});

/** Counts what the API is asked and answers, for tests and benchmarks. */
export class Stats {
	private report = empty();

	begin(at: number): void {
		this.report.inFlight += 1;
		this.report.mostInFlight = Math.max(this.report.mostInFlight, this.report.inFlight);
		this.report.firstRequestAt ??= at;
		this.report.lastRequestAt = at;
	}

	end(operation: Operation | 'other', status: number | null, bytesReceived: number): void {
		const byStatus = (this.report.requests[operation] ??= {});
		const key = String(status ?? 'none');
		byStatus[key] = (byStatus[key] ?? 0) + 1;
		this.report.inFlight -= 1;
		if (operation === 'token') this.report.tokenRequests += 1;
		if (operation === 'submitEvidence') this.report.uploads.push({ status, bytesReceived });
	}

	refused(): void {
		this.report.refusals += 1;
	}

	/** Starts counting anew; requests being served stay counted as such. */
	reset(): void {
		const { inFlight } = this.report;
		this.report = { ...empty(), inFlight, mostInFlight: inFlight };
	}

	snapshot(): StatsReport {
		return structuredClone(this.report);
	}
}
