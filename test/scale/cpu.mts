/** How much of the processor each part of a fleet uses, as Linux counts it (proc(5)). */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';

import { type ProcessStat, processStat } from '../../scripts/processStat.mts';
import type { Fleet } from './fleet/fleet.mts';

export const CORES = availableParallelism();

export const PARTS = ['webhook processors', 'workers', 'main', 'PostgreSQL', 'Redis'] as const;
export type Part = (typeof PARTS)[number];

/** Seconds of processor time by part; `test` is the sender, the proxy and the sandbox. */
export type CpuSeconds = Record<Part | 'test', number>;

function readStat(pid: string): ProcessStat | undefined {
	try {
		return processStat(`/proc/${pid}/stat`);
	} catch {
		return undefined; // It has just ended.
	}
}

/** Keeps a process to some of the cores, as a container's limit does (taskset(1)). */
export function keepTo(cores: string, { pid }: { pid: number | null }): void {
	execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', cores, String(pid)]);
}

/** What the parts have used since they started; take the difference of two. */
export function cpuSeconds(fleet: Fleet): CpuSeconds {
	const all = new Map<number, ProcessStat>();
	for (const name of readdirSync('/proc')) {
		const stat = /^\d+$/.test(name) ? readStat(name) : undefined;
		if (stat) all.set(Number(name), stat);
	}
	const secondsOf = (pid: number): number => {
		const { ownMs = 0, childrenMs = 0 } = all.get(pid) ?? {};
		return (ownMs + childrenMs) / 1_000;
	};
	const ofTree = (root: number | null): number => {
		if (root === null) return 0;
		const children = [...all].filter(([, { parent }]) => parent === root);
		return secondsOf(root) + children.reduce((sum, [pid]) => sum + ofTree(pid), 0);
	};
	const ofAll = (processes: Array<{ pid: number | null }>) =>
		processes.reduce((sum, { pid }) => sum + ofTree(pid), 0);
	return {
		'webhook processors': ofAll(fleet.processors),
		workers: ofAll(fleet.workers),
		main: ofAll([fleet.main]),
		PostgreSQL: ofAll([fleet.postgres]),
		Redis: ofAll([fleet.redis]),
		test: secondsOf(process.pid),
	};
}
