import { processStat } from '../scripts/processStat.mts';

/** Milliseconds since a process started. */
export interface ProcessorTime {
	mainThread: number;
	otherThreads: number;
}

export function processorTimeOf(pid: number): ProcessorTime {
	const { ownMs: mainThread } = processStat(`/proc/${pid}/task/${pid}/stat`);
	// The process's own count still has the threads that have ended.
	const { ownMs } = processStat(`/proc/${pid}/stat`);
	return { mainThread, otherThreads: ownMs - mainThread };
}
