/**
 * What a process's memory is and was at most, as Linux counts it (proc(5)).
 *
 *   memoryOf(pid)     → { rss, peak } in bytes
 *   resetPeakOf(pid)  the peak counts from now on
 */
import { readFileSync, writeFileSync } from 'node:fs';

export interface Memory {
	/** Resident now. */
	rss: number;
	/** The highest since the process started or since `resetPeakOf`. */
	peak: number;
}

/** @throws Error when there is no such process, or not on Linux */
export function memoryOf(pid: number): Memory {
	const status = readFileSync(`/proc/${pid}/status`, 'utf8');
	const bytes = (name: string) =>
		Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)![1]) * 1024;
	return { rss: bytes('VmRSS'), peak: bytes('VmHWM') };
}

export function resetPeakOf(pid: number): void {
	writeFileSync(`/proc/${pid}/clear_refs`, '5');
}
