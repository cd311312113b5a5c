import { setTimeout as delay } from 'node:timers/promises';

import type { N8n } from '../../scripts/n8n/process.mts';
import { send } from './deliveries.mts';

/**
 * The proxy before n8n, which an administrator can have hold deliveries back. n8n 2.41 takes them until
 * it ends, and cuts off what it is working on then.
 */
export class Gate {
	private isOpen = true;
	private underWay = 0;

	send: typeof send = async (url, message) => {
		if (!this.isOpen) throw new Error('connection refused');
		this.underWay++;
		try {
			return await send(url, message);
		} finally {
			this.underWay--;
		}
	};

	/**
	 * Lets nothing through while n8n is restarted; what's under way is answered first.
	 * @param recorded resolves once n8n has recorded a run for everything that was answered
	 */
	async restart(n8n: N8n, recorded?: () => Promise<void>): Promise<void> {
		this.isOpen = false;
		while (this.underWay > 0) await delay(20);
		await recorded?.();
		await n8n.restart();
		this.isOpen = true;
	}
}
