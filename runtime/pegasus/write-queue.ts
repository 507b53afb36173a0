import { BinaryWriter } from './buffer.js';
import type { Connection } from './network.js';

/** Beyond this much the batch goes out at once instead of at the end of the tick. */
const FLUSH_BYTES = 256 * 1024;
const MIN_BATCH_BYTES = 512;
const MAX_BATCH_HINT_BYTES = 64 * 1024;

/**
 * Gathers the frames of one tick into one write to the socket: one system call for a whole batch of
 * pipelined messages.
 *
 * @example
 * queue.append((w) => encodeThftResponse(w, head));
 */
export class WriteQueue {
  readonly #socket: Connection;
  #writer = new BinaryWriter(MIN_BATCH_BYTES);
  #hintBytes = MIN_BATCH_BYTES;
  #scheduled = false;

  constructor(socket: Connection) {
    this.#socket = socket;
  }

  /** Bytes not yet taken by the operating system. */
  get unsentBytes(): number {
    return this.#socket.writableLength + this.#writer.length;
  }

  /** Adds one frame. When `encode` throws, nothing of the frame remains and the error passes through. */
  append(encode: (w: BinaryWriter) => void): void {
    const w = this.#writer;
    const start = w.length;
    try {
      encode(w);
    } catch (error) {
      w.truncate(start);
      throw error;
    }
    if (w.length >= FLUSH_BYTES) this.flush();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      process.nextTick(() => {
        this.#scheduled = false;
        this.flush();
      });
    }
  }

  flush(): void {
    const bytes = this.#writer.finish();
    if (bytes.length === 0) return;
    // The socket keeps the bytes until they are sent, so the next batch needs its own buffer.
    this.#hintBytes = Math.min(MAX_BATCH_HINT_BYTES, Math.max(MIN_BATCH_BYTES, (bytes.length * 5) >> 2));
    this.#writer = new BinaryWriter(this.#hintBytes);
    if (!this.#socket.destroyed) this.#socket.write(bytes);
  }
}
