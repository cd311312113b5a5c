import { createHash } from 'crypto';

import { AuditdexError } from '../api/errors/auditdexError';
import type { EvidenceFile } from './evidenceFile';
import { RecycledChunks } from './recycledChunks';

/** What leaves between two signs of progress: even a line of 5 KiB/s gets so much out in a minute. */
const PIECE_BYTES = 256 * 1024;

/**
 * A `File` for `FormData` that is opened only when it's sent and hashed as its bytes leave.
 *
 * n8n can repeat such a body after it has renewed a token, since each attempt reads `stream()` anew
 * from the start; a plain stream or a `form-data` body it refuses to repeat.
 */
export class HashingFile extends File {
	/** SHA-256 in hex of the latest attempt that sent every byte; undefined before that. */
	sentSha256: string | undefined;

	constructor(
		private readonly file: EvidenceFile,
		private readonly onProgress: () => void,
	) {
		super([], file.name, { type: file.mimeType });
		// `File` counts the parts it was given, of which there are none.
		Object.defineProperty(this, 'size', { value: file.size });
	}

	override stream(): ReturnType<File['stream']> {
		return ReadableStream.from(this.hashedChunks());
	}

	private async *hashedChunks(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
		this.sentSha256 = undefined;
		this.onProgress();
		const { name, size } = this.file;
		const hash = createHash('sha256');
		const chunks = new RecycledChunks();
		let sent = 0;
		for await (const chunk of this.file.read()) {
			sent += chunk.byteLength;
			if (sent > size) break;
			const copy = chunks.copy(chunk);
			hash.update(copy);
			for (let start = 0; start < copy.byteLength; start += PIECE_BYTES) {
				this.onProgress();
				yield copy.subarray(start, start + PIECE_BYTES);
			}
			this.onProgress();
		}
		if (sent !== size) {
			throw new AuditdexError(`The file “${name}” changed while it was being sent`, {
				description: `It was ${size} bytes long before. Nothing was stored; run the workflow again.`,
			});
		}
		this.sentSha256 = hash.digest('hex');
	}
}
