/**
 * Changes inputs as damage and malice do: flipped bits, edited lengths, splices, cuts, numbers on a boundary.
 * Everything is drawn from the generator that is handed in, so a seed names a run.
 */
import type { FuzzTarget } from './target.js';

export type Random = () => number;

/** Numbers where parsers go wrong. */
const BOUNDARIES = [
  0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 48, 63, 64, 127, 128, 191, 192, 255, 256, 511, 512, 1023, 1024, 4095,
  4096, 32_767, 32_768, 65_534, 65_535, 65_536, 0x7fffff, 0xffffff, 0x1000000, 0x1000001, 0x7ffffffe,
  0x7fffffff, 0x80000000, 0x80010001, 0xfffffffe, 0xffffffff,
] as const;

/** JSON values that a schema may not have thought of. */
const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  -0,
  2 ** 53,
  '',
  '..',
  '../../etc/passwd',
  '/dev/null',
  'a\0b',
  '\ud800',
  'CON',
  '__proto__',
  'constructor',
  [],
  {},
  [[]],
  'x'.repeat(300),
  { length: 1e9 },
  { __proto__: null },
];

export const below = (random: Random, limit: number): number => Math.floor(random() * limit);
export const oneOf = <T>(random: Random, items: readonly T[]): T => items[below(random, items.length)] as T;

type Mutation = (bytes: Buffer, random: Random, other: Buffer) => Buffer;

const range = (random: Random, length: number): readonly [number, number] => {
  const start = below(random, length + 1);
  // Short pieces mostly; sometimes everything that is left.
  const most = random() < 0.8 ? Math.min(32, length - start) : length - start;
  return [start, start + below(random, most + 1)];
};

function writeNumber(bytes: Buffer, random: Random): Buffer {
  const width = oneOf(random, [1, 2, 4, 4, 4, 8] as const);
  if (bytes.length < width) return bytes;
  const at = below(random, bytes.length - width + 1);
  const value = oneOf(random, BOUNDARIES);
  const copy = Buffer.from(bytes);
  const little = random() < 0.4;
  if (width === 1) copy[at] = value;
  else if (width === 2)
    little ? copy.writeUInt16LE(value & 0xffff, at) : copy.writeUInt16BE(value & 0xffff, at);
  else if (width === 4) little ? copy.writeUInt32LE(value, at) : copy.writeUInt32BE(value, at);
  else {
    const wide = random() < 0.3 ? 0xffffffffffffffffn - BigInt(value) : BigInt(value);
    little ? copy.writeBigUInt64LE(wide, at) : copy.writeBigUInt64BE(wide, at);
  }
  return copy;
}

/** Looks for four bytes that can be a length, and makes it another one. */
function editLength(bytes: Buffer, random: Random): Buffer {
  if (bytes.length < 4) return bytes;
  const copy = Buffer.from(bytes);
  const from = below(random, bytes.length - 3);
  for (let step = 0; step < bytes.length - 3; step++) {
    const at = (from + step) % (bytes.length - 3);
    const big = bytes.readUInt32BE(at);
    const little = bytes.readUInt32LE(at);
    const looksBig = big > 0 && big <= bytes.length;
    if (!looksBig && !(little > 0 && little <= bytes.length)) continue;
    const value = looksBig ? big : little;
    const edits = [
      value - 1,
      value + 1,
      value * 2,
      bytes.length - at - 4,
      bytes.length,
      oneOf(random, BOUNDARIES),
    ];
    const edited = Math.min(0xffffffff, Math.max(0, oneOf(random, edits)));
    if (looksBig) copy.writeUInt32BE(edited, at);
    else copy.writeUInt32LE(edited, at);
    return copy;
  }
  return copy;
}

const MUTATIONS: readonly Mutation[] = [
  (bytes, random) => {
    const copy = Buffer.from(bytes);
    for (let flips = 1 + below(random, 4); flips > 0 && copy.length > 0; flips--) {
      const at = below(random, copy.length);
      copy[at] = (copy[at] as number) ^ (1 << below(random, 8));
    }
    return copy;
  },
  (bytes, random) => {
    const copy = Buffer.from(bytes);
    if (copy.length > 0) copy[below(random, copy.length)] = below(random, 256);
    return copy;
  },
  writeNumber,
  writeNumber,
  editLength,
  editLength,
  (bytes, random) => bytes.subarray(0, below(random, bytes.length + 1)),
  (bytes, random) => {
    const [start, end] = range(random, bytes.length);
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);
  },
  (bytes, random) => {
    const [start, end] = range(random, bytes.length);
    const copies = 1 + below(random, random() < 0.1 ? 64 : 3);
    const piece = bytes.subarray(start, end);
    return Buffer.concat([
      bytes.subarray(0, end),
      ...new Array<Buffer>(copies).fill(piece),
      bytes.subarray(end),
    ]);
  },
  (bytes, random) => {
    const at = below(random, bytes.length + 1);
    const noise = Buffer.from(Array.from({ length: 1 + below(random, 16) }, () => below(random, 256)));
    return Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)]);
  },
  // Splices: the head of one and the tail of another, or a piece in the middle.
  (bytes, random, other) =>
    Buffer.concat([
      bytes.subarray(0, below(random, bytes.length + 1)),
      other.subarray(below(random, other.length + 1)),
    ]),
  (bytes, random, other) => {
    const at = below(random, bytes.length + 1);
    const [start, end] = range(random, other.length);
    return Buffer.concat([bytes.subarray(0, at), other.subarray(start, end), bytes.subarray(at)]);
  },
];

/** Changes one place of a JSON text; text that is no JSON comes back as it is. */
function mutateJson(bytes: Buffer, random: Random): Buffer {
  let root: unknown;
  try {
    root = JSON.parse(bytes.toString('utf8'));
  } catch {
    return bytes;
  }
  const places: { readonly holder: Record<string, unknown>; readonly key: string }[] = [];
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || places.length > 2000) return;
    const holder = value as Record<string, unknown>;
    for (const key of Object.keys(holder)) {
      places.push({ holder, key });
      walk(holder[key]);
    }
  };
  walk(root);
  if (places.length === 0) return bytes;
  const { holder, key } = oneOf(random, places);
  const choice = below(random, 6);
  if (choice === 0) delete holder[key];
  else if (choice === 1) holder[key] = [holder[key], holder[key]];
  else if (choice === 2) holder[`${key}x`] = holder[key];
  else if (choice === 3) holder[key] = oneOf(random, places).holder[oneOf(random, places).key];
  else if (choice === 4) holder[key] = oneOf(random, BOUNDARIES);
  else holder[key] = oneOf(random, ODD_VALUES);
  try {
    return Buffer.from(JSON.stringify(root) ?? '', 'utf8');
  } catch {
    // A value that was moved into itself.
    return bytes;
  }
}

/** One to six changes of `bytes`, cut to what the target takes. */
export function mutate(target: FuzzTarget, bytes: Buffer, corpus: readonly Buffer[], random: Random): Buffer {
  let changed = bytes;
  const times = 1 + below(random, 6);
  for (let i = 0; i < times; i++) {
    const structured = target.format === 'json' && random() < 0.6;
    changed = structured
      ? mutateJson(changed, random)
      : oneOf(random, MUTATIONS)(changed, random, oneOf(random, corpus));
    if (changed.length > target.maxBytes) changed = changed.subarray(0, target.maxBytes);
  }
  // Half of them get sums and outer lengths that fit again, or nothing would be seen behind those.
  return target.repair !== undefined && random() < 0.5 ? target.repair(Buffer.from(changed)) : changed;
}
