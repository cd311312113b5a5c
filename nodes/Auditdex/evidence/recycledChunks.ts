/** More than any consumer that heeds back-pressure holds: one being sent, two ahead in streams. */
const SLOTS = 8;
/**
 * Smaller chunks get memory of their own: streams hold so many bytes, however many chunks that is,
 * and what they hold must not change.
 */
const SMALLEST_BYTES = 512 * 1024;

/**
 * Copies of borrowed chunks in memory that is used again and again, for a consumer that sends them
 * one after the other and asks for no more than it can hold.
 *
 * A file's chunks in memory of their own would have V8 collect n8n's whole heap every 64 MiB, which
 * costs several times as much as reading, hashing and sending them.
 */
export class RecycledChunks {
	private readonly slots: Array<Uint8Array<ArrayBuffer>> = [];

	private next = 0;

	/** The copy stays as it is until `SLOTS` more have been made, 4 MiB at least. */
	copy(chunk: Uint8Array): Uint8Array<ArrayBuffer> {
		if (chunk.byteLength < SMALLEST_BYTES) return new Uint8Array(chunk);
		const index = this.next++ % SLOTS;
		let slot = this.slots[index];
		if (!slot || slot.byteLength < chunk.byteLength) {
			slot = new Uint8Array(chunk.byteLength);
			this.slots[index] = slot;
		}
		slot.set(chunk);
		return slot.subarray(0, chunk.byteLength);
	}
}
