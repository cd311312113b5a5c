import { NodeOperationError, type IBinaryData, type IExecuteFunctions } from 'n8n-workflow';

import type { EvidenceFile } from './evidenceFile';
import { releaseMemory } from './releaseMemory';

/** Large enough that hashing and sending dominate, small enough that memory stays flat. */
const CHUNK_BYTES = 1024 * 1024;
/** The same for base64 text; a multiple of 4, so that every slice decodes by itself. */
const CHUNK_CHARACTERS = 4 * Math.ceil(CHUNK_BYTES / 3);
/** How n8n's ids of files on disk begin. Only such a file's chunks are certain to be ours alone. */
const ON_DISK = 'filesystem';

export type FileContent = Pick<EvidenceFile, 'size' | 'read'>;

/**
 * The content of an item's binary field, wherever n8n keeps it: on disk or in the database it's
 * streamed, in memory it's decoded piece by piece.
 * @throws NodeOperationError when the item has no such field
 */
export async function binaryContent(
	context: IExecuteFunctions,
	itemIndex: number,
	field: string,
): Promise<{ binary: IBinaryData; content: FileContent }> {
	const binary = context.helpers.assertBinaryData(itemIndex, field);
	const { id } = binary;
	if (!id) return { binary, content: base64Content(binary.data) };
	try {
		const { fileSize } = await context.helpers.getBinaryMetadata(id);
		// A small file's chunk no larger than the file: n8n allocates all of it, however little is read.
		const chunkBytes = Math.min(CHUNK_BYTES, Math.max(1, fileSize));
		const read = async function* () {
			const stream = await context.helpers.getBinaryStream(id, chunkBytes);
			for await (const chunk of stream as AsyncIterable<Buffer>) {
				yield chunk;
				if (id.startsWith(ON_DISK)) releaseMemory(chunk);
			}
		};
		return { binary, content: { size: fileSize, read } };
	} catch {
		throw new NodeOperationError(
			context.getNode(),
			`The file in field “${field}” is no longer stored in n8n [item ${itemIndex}]`,
			{ itemIndex, description: 'Run the workflow again from the node that made the file.' },
		);
	}
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

function base64Content(data: string): FileContent {
	const base64 = data.replace(/\s/g, '');
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
