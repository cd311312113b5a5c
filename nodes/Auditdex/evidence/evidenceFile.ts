import { createHash } from 'crypto';

/** A file to submit, readable as often as needed and never held whole in memory. */
export interface EvidenceFile {
	name: string;
	mimeType: string;
	/** Bytes. */
	size: number;
	/** Reads the file from its start. A chunk is lent: it's gone when the next one is asked for. */
	read(): AsyncIterable<Uint8Array>;
}

/** What is read of a file to hash it; the rest of what is known of it doesn't matter. */
type Hashable = Pick<EvidenceFile, 'read'> & Partial<EvidenceFile>;

/** The file's SHA-256 as 64 lower-case hex digits, from reading it once. */
export async function sha256Of(file: Hashable): Promise<string> {
	const hash = createHash('sha256');
	for await (const chunk of file.read()) hash.update(chunk);
	return hash.digest('hex');
}
