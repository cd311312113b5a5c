import { createCipheriv, createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import type { IBinaryData } from 'n8n-workflow';

import { Container, core, userFolder } from './n8n.mts';

/** How n8n keeps files between nodes: as base64 in the item, or on disk. */
export type BinaryMode = 'memory' | 'filesystem';

export const BINARY_MODES: readonly BinaryMode[] = ['memory', 'filesystem'];

/** Whose files they are; n8n keeps each execution's in a folder of their own. */
const LOCATION = { type: 'execution', workflowId: 'workflow', executionId: 'execution' } as const;

const CHUNK_BYTES = 64 * 1024;

export interface TestFile {
	path: string;
	/** Bytes. */
	size: number;
	/** 64 lower-case hex digits. */
	sha256: string;
	remove(): Promise<void>;
}

let filesMade = 0;

/** Writes a file of `size` bytes that no other file has (for another `seed`), without holding it. */
export async function makeFile(size: number, seed: number): Promise<TestFile> {
	const folder = join(userFolder, 'files');
	await mkdir(folder, { recursive: true });
	const path = join(folder, `${++filesMade}.bin`);
	const hash = createHash('sha256');
	await pipeline(Readable.from(pseudoRandomChunks(size, seed, hash)), createWriteStream(path));
	return { path, size, sha256: hash.digest('hex'), remove: async () => await rm(path) };
}

function* pseudoRandomChunks(size: number, seed: number, hash: ReturnType<typeof createHash>) {
	const key = createHash('sha256').update(String(seed)).digest();
	const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
	for (let left = size; left > 0; left -= CHUNK_BYTES) {
		const chunk = cipher.update(Buffer.alloc(Math.min(left, CHUNK_BYTES)));
		hash.update(chunk);
		yield chunk;
	}
}

/** Makes n8n keep files in this way from now on; those already kept stay readable. */
export async function useBinaryMode(mode: BinaryMode): Promise<void> {
	Container.get(core.BinaryDataConfig).mode = mode === 'memory' ? 'default' : 'filesystem';
	await Container.get(core.BinaryDataService).init();
}

/** Hands content to n8n's binary data service, as a node that has downloaded a file does. */
export async function keepContent(
	content: Buffer | string,
	{ fileName, mimeType = 'application/octet-stream' }: Partial<IBinaryData> = {},
): Promise<IBinaryData> {
	return await Container.get(core.BinaryDataService).store(LOCATION, Buffer.from(content), {
		data: '',
		mimeType,
		fileName,
	});
}

/** Hands a file on disk to n8n's binary data service; in disk mode it's never held whole. */
export async function keepFile(
	file: Pick<TestFile, 'path'>,
	{ fileName, mimeType = 'application/octet-stream' }: Partial<IBinaryData> = {},
): Promise<IBinaryData> {
	return await Container.get(core.BinaryDataService).store(LOCATION, createReadStream(file.path), {
		data: '',
		mimeType,
		fileName,
	});
}
