/** Text as pieces, so that a large recording is never held twice. */

const GZIP_MAGIC = [0x1f, 0x8b];

/** Unpacks what begins as gzip does, and leaves alone what does not. */
export async function unpacked(data: Blob): Promise<ReadableStream<Uint8Array>> {
  const begin = new Uint8Array(await data.slice(0, 2).arrayBuffer());
  const packed = GZIP_MAGIC.every((byte, at) => begin[at] === byte);
  return packed ? data.stream().pipeThrough(new DecompressionStream('gzip')) : data.stream();
}

/** How long it will be: gzip says it in its last four bytes. */
export async function unpackedBytes(packed: Blob): Promise<number> {
  const end = new DataView(await packed.slice(-4).arrayBuffer());
  return end.byteLength < 4 ? packed.size : end.getUint32(0, true);
}

/** Safari's streams are not iterable. */
export async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.releaseLock();
  }
}

export function fromBase64(text: string): Blob {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return new Blob([bytes]);
}
