import { readFileSync } from 'node:fs';

/** Linux counts processor time in these (sysconf's _SC_CLK_TCK, 100 a second everywhere). */
const TICK_MS = 10;
/** Among the fields that follow the command's name: user and system time stand side by side. */
const PARENT = 1;
const OWN_TIMES = 11;
const TIMES_OF_CHILDREN = 13;

export interface ProcessStat {
	/** Id of the process that started it. */
	parent: number;
	/** Milliseconds of processor time. */
	ownMs: number;
	/** Of its children that have ended, in milliseconds of processor time. */
	childrenMs: number;
}

/**
 * What Linux says of a process or one of its threads.
 * @param file its `stat` in `/proc` (proc_pid_stat(5))
 * @throws Error where it has ended
 */
export function processStat(file: string): ProcessStat {
	const text = readFileSync(file, 'utf8');
	// The command's name, in parentheses, may hold spaces.
	const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
	const ms = (user: number) => (Number(fields[user]) + Number(fields[user + 1])) * TICK_MS;
	return {
		parent: Number(fields[PARENT]),
		ownMs: ms(OWN_TIMES),
		childrenMs: ms(TIMES_OF_CHILDREN),
	};
}
