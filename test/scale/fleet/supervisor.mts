import type { N8n } from '../../../scripts/n8n/process.mts';

const CHECK_MS = 500;

/** Starts n8n processes again that have ended, as systemd or Kubernetes do. */
export class Supervisor {
	private readonly names = new Map<N8n, string>();

	/** Those that are to run. */
	private readonly watched = new Set<N8n>();

	private readonly timer = setInterval(() => this.check(), CHECK_MS);

	/** Being started again. */
	private readonly restarting = new Map<N8n, Promise<void>>();

	/** Names of the processes that have been started again, in order. */
	readonly restarts: string[] = [];

	watch(name: string, n8n: N8n): void {
		this.names.set(n8n, name);
		this.watched.add(n8n);
	}

	/** Stops a process for good, or until it's begun again. */
	async end(n8n: N8n): Promise<void> {
		this.watched.delete(n8n);
		await this.restarting.get(n8n)?.catch(() => {});
		await n8n.stop();
	}

	/** Starts a process that has been ended, or restarts one in an orderly way. */
	async begin(n8n: N8n): Promise<void> {
		await this.restarting.get(n8n)?.catch(() => {});
		this.watched.add(n8n);
		await this.restart(n8n);
	}

	/** Watches no longer. */
	stop = async (): Promise<void> => {
		clearInterval(this.timer);
		await Promise.allSettled(this.restarting.values());
	};

	/** Resolves when all processes run. @throws Error of one that doesn't start */
	async settled(): Promise<void> {
		this.check();
		await Promise.all(this.restarting.values());
	}

	private check(): void {
		for (const n8n of this.watched) {
			if (n8n.pid !== null || this.restarting.has(n8n)) continue;
			this.restarts.push(this.names.get(n8n)!);
			this.restart(n8n).catch(() => {}); // told by settled(), or tried again
		}
	}

	private async restart(n8n: N8n): Promise<void> {
		const restart = n8n.restart().finally(() => this.restarting.delete(n8n));
		this.restarting.set(n8n, restart);
		await restart;
	}
}
