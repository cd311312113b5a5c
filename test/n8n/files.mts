/** Files for tests to submit, and what `sha256sum` says of them. */
import { execFile } from 'node:child_process';
import { createCipheriv, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';

import { n8n } from './fixture.mts';

export const KIB = 1024;
export const MIB = 1024 * KIB;
export const GIB = 1024 * MIB;

/** Writes a file of random bytes where n8n may read it, a piece at a time. @returns its path */
export async function writeRandomFile(name: string, size: number): Promise<string> {
	const path = join(n8n.filesFolder, name);
	const zeros = Buffer.alloc(Math.min(size, MIB));
	async function* pieces() {
		for (let left = size; left > 0; left -= zeros.length) {
			yield left < zeros.length ? zeros.subarray(0, left) : zeros;
		}
	}
	// A cipher's key stream is random enough, and many times faster than the system's source.
	const random = createCipheriv('aes-128-ctr', randomBytes(16), randomBytes(16));
	await pipeline(Readable.from(pieces(), { objectMode: false }), random, createWriteStream(path));
	return path;
}

/** The SHA-256 that coreutils computes: a second opinion on ours and the sandbox's. */
export async function sha256sum(path: string): Promise<string> {
	const { stdout } = await promisify(execFile)('sha256sum', [path]);
	return stdout.split(' ')[0]!;
}
