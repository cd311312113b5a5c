/** Since Node.js 21; before that memory is left to garbage collection. */
type Transferable = ArrayBufferLike & { transfer?: (newByteLength: number) => ArrayBuffer };

/**
 * Frees a chunk's memory at once. Only for one that nobody else holds: it is empty afterwards.
 * A chunk that shares its memory with others, as small buffers do, is left alone.
 */
export function releaseMemory({ buffer, byteLength }: Uint8Array): void {
	if (buffer.byteLength === byteLength) (buffer as Transferable).transfer?.(0);
}
