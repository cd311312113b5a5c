import { readFileSync } from 'node:fs';

/** Linux counts processor time in these (sysconf's _SC_CLK_TCK, 100 a second everywhere). */
const TICK_MS = 10;
/** Of utime and stime among the fields that follow the command's name (proc_pid_stat(5)). */
const UTIME = 11;
const STIME = 12;

/** Milliseconds since a process started. */
export interface ProcessorTime {
	mainThread: number;
	otherThreads: number;
}

export function processorTimeOf(pid: number): ProcessorTime {
	const ofMain = ticksIn(`/proc/${pid}/task/${pid}/stat`);
	// The process's own count still has the threads that have ended.
	const ofAll = ticksIn(`/proc/${pid}/stat`);
	return { mainThread: ofMain * TICK_MS, otherThreads: (ofAll - ofMain) * TICK_MS };
}

function ticksIn(file: string): number {
	const fields = readFileSync(file, 'utf8').split(') ').at(-1)!.split(' ');
	return Number(fields[UTIME]) + Number(fields[STIME]);
}
