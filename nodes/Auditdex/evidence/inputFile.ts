import type { IExecuteFunctions } from 'n8n-workflow';

import { AuditdexError } from '../api/errors/auditdexError';
import type { EvidenceFile } from './evidenceFile';
import { releaseMemory } from './releaseMemory';

/** Large enough that hashing and sending dominate, small enough that memory stays flat. */
const CHUNK_BYTES = 1024 * 1024;
/** The same for base64 text; a multiple of 4, so that every slice decodes by itself. */
const CHUNK_CHARACTERS = 4 * Math.ceil(CHUNK_BYTES / 3);
/** How n8n's ids of files on disk begin. Only such a file's chunks are certain to be ours alone. */
const ON_DISK = 'filesystem';

export type FileContent = Pick<EvidenceFile, 'size' | 'read'>;

/** Where the user finds a file, for messages. */
export interface FilePlace {
	/** E.g. `field “data”`. */
	place: string;
	itemIndex: number;
}

/**
 * A file that n8n keeps on disk, in its database or in object storage, streamed from there.
 * @param id n8n's id of it
 * @throws AuditdexError, also while it's read, when n8n can't read it
 */
export async function storedContent(
	{ helpers }: Pick<IExecuteFunctions, 'helpers'>,
	id: string,
	place: FilePlace,
): Promise<FileContent> {
	const size = await sizeOf(helpers, id, place);
	// A small file's chunk no larger than the file: n8n allocates all of it, however little is read.
	const chunkBytes = Math.min(CHUNK_BYTES, Math.max(1, size));
	return {
		size,
		async *read() {
			try {
				const stream = await helpers.getBinaryStream(id, chunkBytes);
				for await (const chunk of stream as AsyncIterable<Buffer>) {
					yield chunk;
					if (id.startsWith(ON_DISK)) releaseMemory(chunk);
				}
			} catch (cause) {
				throw unreadable(place, cause as Error);
			}
		},
	};
}

async function sizeOf(
	helpers: IExecuteFunctions['helpers'],
	id: string,
	place: FilePlace,
): Promise<number> {
	try {
		return (await helpers.getBinaryMetadata(id)).fileSize;
	} catch (cause) {
		throw unreadable(place, cause as Error);
	}
}

/** What the user is told instead of a connection that broke off, which is how an upload ends then. */
function unreadable({ place, itemIndex }: FilePlace, { message }: Error): AuditdexError {
	return new AuditdexError(
		`The file in ${place} can’t be read from n8n’s own storage [item ${itemIndex}]`,
		{
			description: `n8n reports: ${message.replace(/[^.!?]$/, '$&.')} Run the workflow again from the node that made the file. If it stays so, check the folder or service in which n8n keeps files.`,
		},
	);
}

export function textContent(text: string): FileContent {
	const bytes = Buffer.from(text, 'utf8');
	return {
		size: bytes.length,
		async *read() {
			yield bytes;
		},
	};
}

/** A file that n8n keeps as base64 in the item, decoded piece by piece. */
export function base64Content(base64: string): FileContent {
	return {
		size: Buffer.byteLength(base64, 'base64'),
		async *read() {
			for (let start = 0; start < base64.length; start += CHUNK_CHARACTERS) {
				const chunk = Buffer.from(base64.slice(start, start + CHUNK_CHARACTERS), 'base64');
				yield chunk;
				releaseMemory(chunk);
			}
		},
	};
}
