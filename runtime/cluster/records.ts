/**
 * The remote command `bridle.records`: what a server has recorded since it was asked last. Asking turns the
 * recording on, for the length of a lease. A lease of 0 ms is the last question of whoever is done; who just
 * stops asking need not say so.
 */
import { z } from 'zod';
import { textOf } from '../observe/recording/kept-line.js';
import type { TimedLine } from '../observe/recording/lines.js';
import type { Recorder } from '../observe/recording/recorder.js';
import { type Address, formatAddress } from '../pegasus/index.js';

/** Of an answer; what does not fit comes with the next. */
const ANSWER_LIMIT_BYTES = 2 * 1024 * 1024;
const LINES_LIMIT = 10_000;
const LEASE_LIMIT_MS = 60_000;
/** Lines that are serialized at once: between two chunks the size is looked at. */
const CHUNK_LINES = 256;
/** Whoever fetches finds the lines without parsing them. */
const [LINES_BEGIN, LINES_BETWEEN, LINES_END] = [',"lines":[\n', ',\n', '\n]}'];

/**
 * `after`, `limit`, `leaseMs`, then `boot` of the last answer, `kept` if values of rows are wanted, and a name
 * of one's own, by which leases are told apart.
 */
const recordsArguments = z.tuple([
  z.coerce.number().int().min(-1),
  z.coerce.number().int().min(1).max(LINES_LIMIT),
  z.coerce.number().int().min(0).max(LEASE_LIMIT_MS),
  z.string().default(''),
  z.enum(['removed', 'kept']).default('removed'),
  z.string().max(64).default(''),
]);

/** What a server answers. `lines` come as they are in a recording, with microseconds since 1970. */
export interface RecordsAnswer {
  readonly process: string;
  readonly role: 'meta' | 'replica';
  readonly pid: number;
  readonly address: string;
  readonly boot: string;
  /** Nothing that was said before belongs to these lines: they begin with the actors that live now. */
  readonly joined: boolean;
  /** To be asked with the next time. */
  readonly next: number;
  /** Lines that are lost since `after`. */
  readonly missed: number;
  /** There is more to fetch than went into this answer. */
  readonly more: boolean;
  /** When this was answered, in microseconds since 1970. */
  readonly nowUs: number;
  readonly lines: readonly TimedLine[];
}

/** The answer as JSON text, each line of the recording on a line of its own. */
export function recordsAnswer(
  recorder: Recorder,
  server: { readonly role: 'meta' | 'replica'; readonly address: Address },
  args: readonly string[],
): string {
  const parsed = recordsArguments.safeParse(args);
  if (!parsed.success) {
    const hint = 'expected: after, limit, lease in ms, boot, values (removed or kept), watcher';
    return JSON.stringify({ error: 'ERR_INVALID_PARAMETERS', hint });
  }
  const [after, limit, leaseMs, boot, values, watcher] = parsed.data;
  const wasOn = recorder.on;
  const joined = after < 0 || boot !== recorder.boot || !wasOn;
  const leaves = leaseMs === 0;
  const living = leaves ? [] : wasOn ? (joined ? recorder.living() : []) : recorder.start();
  const from = joined ? recorder.next : after;
  if (!leaves) recorder.lease({ watcher, forMs: leaseMs, from, values });
  const head = {
    process: recorder.process,
    role: server.role,
    pid: process.pid,
    address: formatAddress(server.address),
    boot: recorder.boot,
    joined,
    nowUs: recorder.nowUs,
  };
  const texts = living.map((line) => textOf(line, values));
  let next = from;
  let missed = 0;
  let bytes = 0;
  let left = limit;
  while (!joined && left > 0 && bytes < ANSWER_LIMIT_BYTES) {
    const part = recorder.readTexts(next, Math.min(left, CHUNK_LINES), values);
    missed += part.missed;
    if (part.next === next) break;
    for (const text of part.texts) {
      bytes += text.length;
      texts.push(text);
    }
    left -= part.texts.length;
    next = part.next;
  }
  const tail = JSON.stringify({ ...head, next, missed, more: next < recorder.next });
  // Whoever leaves fetches all there is first.
  if (leaves && next === recorder.next) recorder.endLease(watcher);
  return `${tail.slice(0, -1)}${LINES_BEGIN}${texts.join(LINES_BETWEEN)}${LINES_END}`;
}

/** An answer that has not been taken apart further than has to be. */
export interface FetchedRecords {
  readonly head: Omit<RecordsAnswer, 'lines'>;
  /** JSON of each line. */
  readonly texts: readonly string[];
}

/** @returns null for the sentence with which a server answers a command it does not know */
export function readRecordsAnswer(text: string): FetchedRecords | null {
  const at = text.indexOf(LINES_BEGIN);
  // JSON has no line breaks in its texts, so that what stands between lines stands nowhere else.
  if (at < 0 || !text.endsWith(LINES_END)) return null;
  try {
    const head = JSON.parse(`${text.slice(0, at)}}`) as FetchedRecords['head'];
    const lines = text.slice(at + LINES_BEGIN.length, -LINES_END.length);
    return { head, texts: lines === '' ? [] : lines.split(LINES_BETWEEN) };
  } catch {
    return null;
  }
}
