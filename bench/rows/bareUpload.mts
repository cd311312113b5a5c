import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';

import { Agent, request } from 'undici';

export const BARE = 'Bare Node.js';

const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
/** As large as what our node reads at once. */
const CHUNK_BYTES = 1024 * 1024;

/**
 * The least that Node.js can do: undici streaming the same multipart body, hashing on the way.
 * @returns milliseconds
 */
export async function bareUpload(
	url: string,
	token: string,
	controlId: string,
	path: string,
): Promise<number> {
	const started = performance.now();
	const boundary = randomUUID();
	const { size } = await stat(path);
	const head = Buffer.from(
		`--${boundary}\r\nContent-Disposition: form-data; name="control_id"\r\n\r\n${controlId}\r\n` +
			`--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="evidence.bin"\r\n` +
			'Content-Type: application/octet-stream\r\n\r\n',
	);
	const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
	const hash = createHash('sha256');
	async function* body() {
		yield head;
		const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
		for await (const chunk of file as AsyncIterable<Buffer>) {
			hash.update(chunk);
			yield chunk;
		}
		yield tail;
	}
	const response = await request(url, {
		method: 'POST',
		dispatcher,
		headers: {
			authorization: `Bearer ${token}`,
			'content-type': `multipart/form-data; boundary=${boundary}`,
			'content-length': String(head.length + size + tail.length),
		},
		body: Readable.from(body()),
	});
	const { sha256 } = (await response.body.json()) as { sha256?: string };
	if (sha256 !== hash.digest('hex')) throw new Error('The bare upload was not stored as sent');
	return performance.now() - started;
}
