/**
 * A process's inspector (the Chrome DevTools protocol), for what can't be seen from outside: garbage
 * collection before a measurement, so that what's idle is well defined, and CPU profiles.
 *
 *   Inspector.connect(pid, port)  → of a process that was started with `--inspect-port`
 */
import { setTimeout as delay } from 'node:timers/promises';

import { WebSocket, request } from 'undici';

const OPENS_WITHIN_MS = 10_000;
const POLL_MS = 50;

/** As V8 writes them: a tree of call frames, and the node on top every `timeDeltas` microseconds. */
export interface CpuProfile {
	nodes: Array<{
		id: number;
		callFrame: { functionName: string; url: string; lineNumber: number };
		/** Their ids. */
		children?: number[];
	}>;
	samples: number[];
	timeDeltas: number[];
}

interface Answer {
	id?: number;
	result?: unknown;
	error?: { message: string };
}

export class Inspector {
	private readonly socket: WebSocket;
	private readonly answers = new Map<number, (answer: Answer) => void>();
	private calls = 0;

	private constructor(socket: WebSocket) {
		this.socket = socket;
		socket.addEventListener('message', ({ data }) => {
			const answer = JSON.parse(String(data)) as Answer;
			if (answer.id === undefined) return;
			this.answers.get(answer.id)?.(answer);
			this.answers.delete(answer.id);
		});
	}

	/** @throws Error when the inspector doesn't open */
	static async connect(pid: number, port: number): Promise<Inspector> {
		process.kill(pid, 'SIGUSR1');
		for (let waited = 0; ; waited += POLL_MS) {
			try {
				const { body } = await request(`http://127.0.0.1:${port}/json/list`);
				const [target] = (await body.json()) as Array<{ webSocketDebuggerUrl: string }>;
				const socket = new WebSocket(target!.webSocketDebuggerUrl);
				await new Promise((resolve, reject) => {
					socket.addEventListener('open', resolve);
					socket.addEventListener('error', reject);
				});
				return new Inspector(socket);
			} catch (error) {
				if (waited >= OPENS_WITHIN_MS) throw error;
				await delay(POLL_MS);
			}
		}
	}

	async collectGarbage(): Promise<void> {
		await this.call('HeapProfiler.collectGarbage');
	}

	/** What the process spends its time with while the work is done. */
	async profile(work: () => Promise<unknown>): Promise<CpuProfile> {
		await this.call('Profiler.enable');
		await this.call('Profiler.start');
		await work();
		const { profile } = await this.call<{ profile: CpuProfile }>('Profiler.stop');
		await this.call('Profiler.disable');
		return profile;
	}

	private async call<T>(method: string): Promise<T> {
		const id = ++this.calls;
		this.socket.send(JSON.stringify({ id, method }));
		const { result, error } = await new Promise<Answer>((resolve) => this.answers.set(id, resolve));
		if (error) throw new Error(`${method}: ${error.message}`);
		return result as T;
	}

	close(): void {
		this.socket.close();
	}
}
