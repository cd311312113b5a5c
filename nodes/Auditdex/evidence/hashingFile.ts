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
	/**
	 * SHA-256 in hex of the latest attempt, from the moment at which its last bytes are handed over:
	 * from then on the service may have the whole file. Undefined before that: it can't have it.
	 */
	sentSha256: string | undefined;

	private abandoned = false;

	constructor(
		private readonly file: EvidenceFile,
		private readonly onProgress: () => void,
	) {
		super([], file.name, { type: file.mimeType });
		// `File` counts the parts it was given, of which there are none.
		Object.defineProperty(this, 'size', { value: file.size });
	}

	/** Sends no more: an answer came before the whole file had left. */
	abandon(): void {
		this.abandoned = true;
	}

	override stream(): ReturnType<File['stream']> {
		return ReadableStream.from(this.hashedChunks());
	}

	private async *hashedChunks(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
		this.sentSha256 = undefined;
		this.onProgress();
		const { size } = this.file;
		const hash = createHash('sha256');
		const chunks = new RecycledChunks();
		let left = size;
		if (left === 0) this.sentSha256 = hash.copy().digest('hex');
		for await (const chunk of this.file.read()) {
			left -= chunk.byteLength;
			if (left < 0) break;
			const copy = chunks.copy(chunk);
			hash.update(copy);
			const pieces = Math.ceil(copy.byteLength / PIECE_BYTES);
			for (let piece = 0; piece < pieces; piece++) {
				if (this.abandoned) throw new Error('AUDITDEX answered before the whole file was sent');
				this.onProgress();
				if (left === 0 && piece === pieces - 1) this.sentSha256 = hash.digest('hex');
				yield copy.subarray(piece * PIECE_BYTES, (piece + 1) * PIECE_BYTES);
			}
			this.onProgress();
		}
		if (left === 0) return;
		this.sentSha256 = undefined;
		throw new AuditdexError(`The file “${this.file.name}” changed while it was being sent`, {
			description: `It was ${size} bytes long before. Nothing was stored; run the workflow again.`,
		});
	}
}
