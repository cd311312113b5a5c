const PARENT_CHECK_MS = 1_000;

/**
 * Resolves when a command is to stop: Ctrl-C, a request to terminate, or the command that started it
 * has gone. Asking again changes nothing, as one Ctrl-C may arrive twice: from the terminal, and
 * passed on by the bootstrap.
 */
export async function interruption(): Promise<void> {
	const parent = process.ppid;
	await new Promise<void>((resolve) => {
		for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
			process.on(signal, () => resolve());
		setInterval(() => process.ppid !== parent && resolve(), PARENT_CHECK_MS).unref();
	});
}
