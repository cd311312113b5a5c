import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const READY_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 30_000;

export interface DaemonOptions {
	command: string;
	args: string[];
	/** Instead of ours; only root can choose another. */
	user?: string;
	/** What ends it in an orderly way. */
	stopSignal: NodeJS.Signals;
	logFile: string;
	isReady: () => Promise<boolean>;
}

/** A server that isn't written in JavaScript. It ends when our process ends, however that happens. */
export class Daemon {
	private readonly options: DaemonOptions;

	private child: ChildProcess | undefined;

	constructor(options: DaemonOptions) {
		this.options = options;
	}

	get pid(): number {
		if (!this.child?.pid) throw new Error(`${this.options.command} is not running`);
		return this.child.pid;
	}

	/** @throws Error with the end of its log when it doesn't come up */
	async start(): Promise<void> {
		const { command, args, user, stopSignal, logFile, isReady } = this.options;
		const log = openSync(logFile, 'a');
		const child = spawn(
			'setpriv',
			[...asUser(user), '--pdeathsig', stopSignal.replace(/^SIG/, ''), command, ...args],
			{ cwd: '/', stdio: ['ignore', log, log] },
		);
		this.child = child;
		const deadline = Date.now() + READY_TIMEOUT_MS;
		while (!(await isReady())) {
			if (child.exitCode === null && Date.now() < deadline) await delay(50);
			else throw new Error(`${command} did not start:\n${readFileSync(logFile, 'utf8')}`);
		}
	}

	async stop(): Promise<void> {
		const { child } = this;
		this.child = undefined;
		if (!child || child.exitCode !== null || child.signalCode !== null) return;
		const ended = once(child, 'exit');
		child.kill(this.options.stopSignal);
		const patience = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
		await ended;
		clearTimeout(patience);
	}
}

/** Arguments for `setpriv` that make a command run as another user. */
export const asUser = (user: string | undefined): string[] =>
	user ? [`--reuid=${user}`, `--regid=${user}`, '--clear-groups'] : [];
