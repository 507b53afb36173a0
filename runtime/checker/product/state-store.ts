/**
 * A set of states in typed arrays. Each state is a short vector of small integers, packed into as few
 * 32-bit words as its fields need now; when a field outgrows its bits, everything is packed anew.
 *
 * What looking up a state costs is waiting for memory. So all successors of a state are packed first,
 * then `warm` touches what each of them will need, one right after the other, and the processor waits
 * for all of it at once.
 */
import { layOut } from './packing.js';

export const FULL = -1;

export interface StoreOptions {
  readonly fields: number;
  readonly maxStates: number;
  readonly maxBytes: number;
  /**
   * Whether a state is covered by one that differs in its last field only: then it counts as stored.
   * Without it states are equal or different.
   */
  readonly covers?: (stored: number, wanted: number) => boolean;
}

const FIRST_BITS = 4;
const GROWTH = 1.5;
/** Entries of the hash table per state, at least. */
const TABLE_PER_STATE = 1.6;

export class StateStore {
  size = 0;
  /** Whether the last `add` found the state new. */
  added = false;
  /** Which limit the last FULL was about. */
  full: 'states' | 'memory' | null = null;
  parents: Int32Array;

  /** Changes when states have to be packed anew. */
  layout = 0;
  /** Means nothing; it is kept so that nobody optimises the touching away. */
  touched = 0;

  readonly #options: StoreOptions;
  readonly #bits: Uint8Array;
  readonly #limit: Int32Array;
  readonly #word: Uint8Array;
  readonly #shift: Uint8Array;
  #width = 1;
  #words: Int32Array;
  /** Bits of each word by which states are told apart. */
  #keyMask = new Int32Array(1);
  /** States to look up, packed, and their hashes. */
  #packed = new Int32Array(1);
  #hashes = new Int32Array(64);
  /** In as many low bits as slots need, index + 1 of a state; above them the same bits of its hash. 0: free. */
  #table: Int32Array;

  constructor(options: StoreOptions) {
    this.#options = options;
    this.#bits = new Uint8Array(options.fields).fill(FIRST_BITS);
    this.#limit = new Int32Array(options.fields);
    this.#word = new Uint8Array(options.fields);
    this.#shift = new Uint8Array(options.fields);
    this.#layOut();
    this.#words = new Int32Array(1024 * this.#width);
    this.parents = new Int32Array(1024);
    this.#table = new Int32Array(2048);
  }

  get bytes(): number {
    return this.#words.byteLength + this.parents.byteLength + this.#table.byteLength;
  }

  /** @returns the state's index, or that of one that covers it; FULL if it is new and there is no room */
  add(state: Int32Array, parent: number): number {
    this.pack(0, state);
    return this.addPacked(0, parent);
  }

  /** Packs a state for `addPacked` and `findPacked`; earlier ones have to be packed again if `layout` changed. */
  pack(at: number, state: Int32Array): void {
    const limit = this.#limit;
    for (let field = 0; field < state.length; field++) {
      if (state[field]! > limit[field]!) this.#widen(field, state[field]!);
    }
    if (at === this.#hashes.length) this.#growBatch();
    const packed = this.#packed;
    const base = at * this.#width;
    for (let word = 0; word < this.#width; word++) packed[base + word] = 0;
    for (let field = 0; field < state.length; field++) {
      packed[base + this.#word[field]!]! |= state[field]! << this.#shift[field]!;
    }
    this.#hashes[at] = this.#hash(packed, base);
  }

  /** Packs what a stored state becomes when one field and the last two change. */
  packChange(
    at: number,
    index: number,
    field: number,
    value: number,
    last: number,
    lastButOne: number,
  ): void {
    const fields = this.#bits.length;
    if (value > this.#limit[field]!) this.#widen(field, value);
    if (lastButOne > this.#limit[fields - 2]!) this.#widen(fields - 2, lastButOne);
    if (last > this.#limit[fields - 1]!) this.#widen(fields - 1, last);
    if (at === this.#hashes.length) this.#growBatch();
    const width = this.#width;
    const packed = this.#packed;
    const words = this.#words;
    const base = at * width;
    const from = index * width;
    for (let word = 0; word < width; word++) packed[base + word] = words[from + word]!;
    this.#set(base, field, value);
    this.#set(base, fields - 2, lastButOne);
    this.#set(base, fields - 1, last);
    this.#hashes[at] = this.#hash(packed, base);
  }

  #set(base: number, field: number, value: number): void {
    const word = base + this.#word[field]!;
    const shift = this.#shift[field]!;
    this.#packed[word] = (this.#packed[word]! & ~(this.#limit[field]! << shift)) | (value << shift);
  }

  /** Touches what looking up the first so many packed states will need. */
  warm(count: number): void {
    const table = this.#table;
    const hashes = this.#hashes;
    const words = this.#words;
    const width = this.#width;
    const mask = table.length - 1;
    let touched = 0;
    for (let at = 0; at < count; at++) {
      const entry = table[hashes[at]! & mask]! & mask;
      if (entry > 0) touched ^= words[(entry - 1) * width]!;
    }
    this.touched = touched;
  }

  addPacked(at: number, parent: number): number {
    const slot = this.#slotOf(at);
    const entry = this.#table[slot]!;
    this.added = false;
    if (entry !== 0) return (entry & (this.#table.length - 1)) - 1;
    if (this.size >= this.#options.maxStates) {
      this.full = 'states';
      return FULL;
    }
    const index = this.size;
    if (index === this.parents.length && !this.#growStates()) return FULL;
    const width = this.#width;
    for (let word = 0; word < width; word++) {
      this.#words[index * width + word] = this.#packed[at * width + word]!;
    }
    this.parents[index] = parent;
    this.#table[slot] = entryOf(index, this.#hashes[at]!, this.#table.length - 1);
    this.size = index + 1;
    this.added = true;
    if (this.size * TABLE_PER_STATE > this.#table.length && !this.#growTable()) {
      this.size = index;
      this.#table[slot] = 0;
      this.added = false;
      return FULL;
    }
    return index;
  }

  /** @returns index of the state or of one that covers it, or -1 */
  findPacked(at: number): number {
    return (this.#table[this.#slotOf(at)]! & (this.#table.length - 1)) - 1;
  }

  read(index: number, into: Int32Array): void {
    const base = index * this.#width;
    const words = this.#words;
    for (let field = 0; field < into.length; field++) {
      into[field] = (words[base + this.#word[field]!]! >>> this.#shift[field]!) & this.#limit[field]!;
    }
  }

  /** Slot of the packed state or of what covers it, else a free one. */
  #slotOf(at: number): number {
    const table = this.#table;
    const mask = table.length - 1;
    const width = this.#width;
    const words = this.#words;
    const packed = this.#packed;
    const keyMask = this.#keyMask;
    const hash = this.#hashes[at]!;
    const wanted = at * width;
    let slot = hash & mask;
    for (;;) {
      const entry = table[slot]!;
      if (entry === 0) return slot;
      if (((entry ^ hash) & ~mask) === 0) {
        const base = ((entry & mask) - 1) * width;
        let differs = 0;
        for (let word = 0; word < width; word++) {
          differs |= (words[base + word]! ^ packed[wanted + word]!) & keyMask[word]!;
        }
        if (differs === 0 && (this.#options.covers === undefined || this.#isCovered(base, wanted)))
          return slot;
      }
      slot = (slot + 1) & mask;
    }
  }

  #isCovered(base: number, wanted: number): boolean {
    const last = this.#bits.length - 1;
    const word = this.#word[last]!;
    const shift = this.#shift[last]!;
    const limit = this.#limit[last]!;
    const stored = (this.#words[base + word]! >>> shift) & limit;
    const mine = (this.#packed[wanted + word]! >>> shift) & limit;
    return stored === mine || this.#options.covers!(stored, mine);
  }

  #hash(words: Int32Array, base: number): number {
    let hash = 0x2545f491;
    for (let at = 0; at < this.#width; at++) {
      hash = Math.imul(hash ^ (words[base + at]! & this.#keyMask[at]!), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash, 0x85ebca6b);
    return hash ^ (hash >>> 13);
  }

  #layOut(): void {
    this.#width = layOut(this.#bits, this.#word, this.#shift, this.#limit);
    this.#packed = new Int32Array(this.#hashes.length * this.#width);
    this.layout += 1;
    this.#keyMask = new Int32Array(this.#width).fill(-1);
    if (this.#options.covers !== undefined) {
      const last = this.#bits.length - 1;
      this.#keyMask[this.#word[last]!]! &= ~(this.#limit[last]! << this.#shift[last]!);
    }
  }

  #widen(field: number, value: number): void {
    const before = { words: this.#words, width: this.#width };
    const layout = { word: this.#word.slice(), shift: this.#shift.slice(), limit: this.#limit.slice() };
    this.#bits[field] = Math.min(31, Math.max(this.#bits[field]! + 1, 32 - Math.clz32(value)));
    this.#layOut();
    this.#words = new Int32Array(this.parents.length * this.#width);
    for (let index = 0; index < this.size; index++) {
      const from = index * before.width;
      const to = index * this.#width;
      for (let at = 0; at < layout.word.length; at++) {
        const bits = (before.words[from + layout.word[at]!]! >>> layout.shift[at]!) & layout.limit[at]!;
        this.#words[to + this.#word[at]!]! |= bits << this.#shift[at]!;
      }
    }
    this.#rehash(this.#table.length);
  }

  #growBatch(): void {
    const hashes = new Int32Array(this.#hashes.length * 2);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    const packed = new Int32Array(hashes.length * this.#width);
    packed.set(this.#packed);
    this.#packed = packed;
  }

  #growStates(): boolean {
    const capacity = Math.min(Math.ceil(this.parents.length * GROWTH), this.#options.maxStates);
    const added = (capacity - this.parents.length) * (this.#width + 1) * 4;
    if (!this.#hasRoom(added)) return false;
    const words = new Int32Array(capacity * this.#width);
    words.set(this.#words);
    this.#words = words;
    const parents = new Int32Array(capacity);
    parents.set(this.parents);
    this.parents = parents;
    return true;
  }

  #growTable(): boolean {
    if (!this.#hasRoom(this.#table.byteLength)) return false;
    this.#rehash(this.#table.length * 2);
    return true;
  }

  #hasRoom(added: number): boolean {
    if (this.bytes + added <= this.#options.maxBytes) return true;
    this.full = 'memory';
    return false;
  }

  #rehash(length: number): void {
    const table = new Int32Array(length);
    const mask = length - 1;
    for (let index = 0; index < this.size; index++) {
      const hash = this.#hash(this.#words, index * this.#width);
      let slot = hash & mask;
      while (table[slot] !== 0) slot = (slot + 1) & mask;
      table[slot] = entryOf(index, hash, mask);
    }
    this.#table = table;
  }
}

/** Slots are always more than states, so the index fits into the bits of a slot. */
const entryOf = (index: number, hash: number, mask: number): number => (hash & ~mask) | (index + 1);
