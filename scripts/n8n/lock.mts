/** Keeps two commands from preparing the same thing at once. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** Whether a process of this machine is alive. */
function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === 'EPERM';
	}
}

/**
 * Holds a lock file with our process id while the work is done. Others wait for it; one whose
 * process has gone is taken over.
 */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
	for (let waits = 0; ; waits++) {
		try {
			await writeFile(file, String(process.pid), { flag: 'wx' });
			// Another one that had found the same abandoned lock may just now have removed ours.
			await delay(100);
			if ((await readFile(file, 'utf8').catch(() => '')) === String(process.pid)) break;
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
		}
		const owner = Number(await readFile(file, 'utf8').catch(() => ''));
		// An owner of 0 is a file that's just being written or removed.
		if (owner > 0 && !isAlive(owner)) await rm(file, { force: true });
		else if (waits % 30 === 0) console.log(`Waiting for another command that prepares n8n…`);
		await delay(1_000);
	}
	try {
		return await work();
	} finally {
		await rm(file, { force: true });
	}
}
