import type { N8n } from '../../../scripts/n8n/process.mts';

const CHECK_MS = 500;

/** Starts n8n processes again that have ended, as systemd or Kubernetes do. */
export class Supervisor {
	private readonly watched = new Map<N8n, string>();

	private readonly timer = setInterval(() => this.check(), CHECK_MS);

	/** Being started again. */
	private readonly restarting = new Map<N8n, Promise<void>>();

	/** Names of the processes that have been started again, in order. */
	readonly restarts: string[] = [];

	watch(name: string, n8n: N8n): void {
		this.watched.set(n8n, name);
	}

	/** Leaves a process alone that is to be stopped. */
	async release(n8n: N8n): Promise<void> {
		this.watched.delete(n8n);
		await this.restarting.get(n8n)?.catch(() => {});
	}

	stop = async (): Promise<void> => {
		clearInterval(this.timer);
		await Promise.all([...this.watched.keys()].map(async (n8n) => await this.release(n8n)));
	};

	/** Resolves when all processes run. @throws Error of one that doesn't start */
	async settled(): Promise<void> {
		this.check();
		await Promise.all(this.restarting.values());
	}

	private check(): void {
		for (const [n8n, name] of this.watched) {
			if (n8n.pid !== null || this.restarting.has(n8n)) continue;
			this.restarts.push(name);
			const restart = n8n.restart().finally(() => this.restarting.delete(n8n));
			restart.catch(() => {}); // told by settled(), or tried again
			this.restarting.set(n8n, restart);
		}
	}
}
