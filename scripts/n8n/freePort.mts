import { createServer } from 'node:net';

/**
 * Below those from which systems take ports for connections to others: one of them could be in use by
 * the time that somebody listens.
 */
const FROM = 15_000;
const COUNT = 15_000;

/** A TCP port of the loopback interface that nobody listens on. */
export async function freePort(): Promise<number> {
	for (;;) {
		const port = FROM + Math.floor(Math.random() * COUNT);
		const server = createServer();
		const isFree = await new Promise<boolean>((resolve, reject) => {
			server.once('error', (error: NodeJS.ErrnoException) =>
				error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
			);
			server.listen(port, '127.0.0.1', () => resolve(true));
		});
		if (!isFree) continue;
		await new Promise((resolve) => server.close(resolve));
		return port;
	}
}
