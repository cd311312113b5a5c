import { monotonicMs } from '../monotonic';

/** Contract, "Time limits": how long a request may go on while nothing moves. Tests shorten it. */
export const IDLE_LIMIT = { ms: 60_000 };

/**
 * A time limit that starts again whenever something moves, so that a slow upload may take as long
 * as it needs while a dead one is given up.
 * `signal` aborts when the time is over or when `cancelled` does.
 */
export class Deadline {
	readonly signal: AbortSignal;

	private readonly controller = new AbortController();

	private lastMove = monotonicMs();

	private finished = false;

	constructor(
		cancelled?: AbortSignal,
		private readonly limitMs = IDLE_LIMIT.ms,
	) {
		this.signal = cancelled
			? AbortSignal.any([cancelled, this.controller.signal])
			: this.controller.signal;
		this.watch();
	}

	/** True when the time ran out, false when the execution was cancelled or nothing happened. */
	get expired(): boolean {
		return this.controller.signal.aborted;
	}

	/** Something moved: the time starts again. */
	touch(): void {
		this.lastMove = monotonicMs();
	}

	finish(): void {
		this.finished = true;
	}

	private watch(): void {
		if (this.finished) return;
		const left = this.lastMove + this.limitMs - monotonicMs();
		if (left <= 0) {
			this.controller.abort();
			return;
		}
		// Community nodes may not use timers; a timeout signal is one, without keeping n8n alive.
		AbortSignal.timeout(left).addEventListener('abort', () => this.watch(), { once: true });
	}
}

/** Settles like `work`, but rejects at once when `signal` aborts, whatever `work` still waits for. */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
	let stop = () => {};
	const aborted = new Promise<never>((_resolve, reject) => {
		stop = () => reject(new Error('aborted'));
		if (signal.aborted) stop();
		else signal.addEventListener('abort', stop, { once: true });
	});
	try {
		return await Promise.race([work, aborted]);
	} finally {
		signal.removeEventListener('abort', stop);
	}
}
