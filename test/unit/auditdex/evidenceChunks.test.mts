import { createHash, randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';

import { HashingFile } from '../../../nodes/Auditdex/evidence/hashingFile.ts';
import { RecycledChunks } from '../../../nodes/Auditdex/evidence/recycledChunks.ts';
import { releaseMemory } from '../../../nodes/Auditdex/evidence/releaseMemory.ts';

const MIB = 1024 * 1024;

describe('Chunks of a file', () => {
	it('are free of the memory they were read into', () => {
		const chunks = new RecycledChunks();
		const lent = new Uint8Array([1, 2, 3]);
		const copy = chunks.copy(lent);
		lent.fill(0);
		expect([...copy]).toEqual([1, 2, 3]);
		expect([...chunks.copy(new Uint8Array([4, 5]))]).toEqual([4, 5]);
		expect([...copy]).toEqual([1, 2, 3]);
	});

	it('use no more memory, however many there are', () => {
		const chunks = new RecycledChunks();
		const buffers = new Set<ArrayBufferLike>();
		for (let chunk = 0; chunk < 1_000; chunk++)
			buffers.add(chunks.copy(new Uint8Array(MIB)).buffer);
		expect(buffers.size).toBeLessThan(20);
	});

	it('have memory of their own when they are small, as streams hold many of those', () => {
		const chunks = new RecycledChunks();
		const copies = Array.from({ length: 1_000 }, (_, n) => chunks.copy(new Uint8Array(10).fill(n)));
		expect(copies.every((copy, n) => copy.every((byte) => byte === n % 256))).toBe(true);
	});

	it('are freed when they have their memory to themselves, and only then', () => {
		const own = Buffer.allocUnsafeSlow(MIB);
		releaseMemory(own);
		expect(own.byteLength).toBe(0);

		const [part, rest] = [Buffer.from('part of'), Buffer.from('a pool')];
		expect(part.buffer).toBe(rest.buffer);
		releaseMemory(part);
		expect(`${part} ${rest}`).toBe('part of a pool');
	});

	it('arrive as they were hashed, however slowly they are taken', async () => {
		const size = 40 * MIB;
		const server = createServer(async (incoming, response) => {
			const hash = createHash('sha256');
			let received = 0;
			for await (const chunk of incoming as AsyncIterable<Buffer>) {
				// Long enough now and then for all that lies in between to fill up.
				if (Math.floor((received + chunk.length) / MIB) > Math.floor(received / MIB))
					await delay(5);
				received += chunk.length;
				hash.update(chunk);
			}
			response.end(hash.digest('hex'));
		}).listen(0, '127.0.0.1');
		await once(server, 'listening');
		const read = async function* () {
			for (let left = size; left > 0; left -= MIB) {
				const chunk = randomFillSync(Buffer.allocUnsafeSlow(MIB));
				yield chunk;
				releaseMemory(chunk);
			}
		};
		const file = new HashingFile(
			{ name: 'evidence.bin', mimeType: 'application/octet-stream', size, read },
			() => {},
		);
		const outgoing = request({
			host: '127.0.0.1',
			port: (server.address() as AddressInfo).port,
			method: 'POST',
			headers: { 'content-length': size },
		});
		Readable.from(file.stream()).pipe(outgoing);
		const [response] = (await once(outgoing, 'response')) as [Readable];
		const received = (await response.toArray()).join('');
		server.close();
		expect(received).toBe(file.sentSha256);
		expect(received).toMatch(/^[0-9a-f]{64}$/);
	});
});
