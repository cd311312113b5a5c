/** How much of the processor each part of a fleet uses, as Linux counts it (proc(5)). */
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';

import type { Fleet } from './fleet/fleet.mts';

export const PARTS = ['webhook processors', 'workers', 'main', 'PostgreSQL', 'Redis'] as const;
export type Part = (typeof PARTS)[number];

/** Seconds of processor time by part; `test` is the sender, the proxy and the sandbox. */
export type CpuSeconds = Record<Part | 'test', number>;

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

interface ProcessTimes {
	parent: number;
	seconds: number;
}

function readTimes(pid: string): ProcessTimes | undefined {
	let stat: string;
	try {
		stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
	} catch {
		return undefined; // It has just ended.
	}
	// The command's name, in parentheses, may hold spaces.
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	// Its own time, and that of its children that have ended.
	const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
	return { parent: Number(fields[1]), seconds: ticks / ticksPerSecond };
}

export const CORES = availableParallelism();

/** Keeps a process to some of the cores, as a container's limit does (taskset(1)). */
export function keepTo(cores: string, { pid }: { pid: number | null }): void {
	execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', cores, String(pid)]);
}

/** What the parts have used since they started; take the difference of two. */
export function cpuSeconds(fleet: Fleet): CpuSeconds {
	const all = new Map<number, ProcessTimes>();
	for (const name of readdirSync('/proc')) {
		const times = /^\d+$/.test(name) ? readTimes(name) : undefined;
		if (times) all.set(Number(name), times);
	}
	const ofTree = (root: number | null): number => {
		if (root === null) return 0;
		const children = [...all].filter(([, { parent }]) => parent === root);
		return (all.get(root)?.seconds ?? 0) + children.reduce((sum, [pid]) => sum + ofTree(pid), 0);
	};
	const ofAll = (processes: Array<{ pid: number | null }>) =>
		processes.reduce((sum, { pid }) => sum + ofTree(pid), 0);
	return {
		'webhook processors': ofAll(fleet.processors),
		workers: ofAll(fleet.workers),
		main: ofAll([fleet.main]),
		PostgreSQL: ofAll([fleet.postgres]),
		Redis: ofAll([fleet.redis]),
		test: all.get(process.pid)?.seconds ?? 0,
	};
}
