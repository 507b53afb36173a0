/** One line of a recording, held to its schema. */
import type * as z from 'zod/mini';
import { type HeaderLine, type Json, RECORDING_VERSION, type RecordingLine } from './lines.js';
import { RecordingError } from './recording-error.js';
import { headerSchema, LINE_SCHEMAS } from './schema.js';
import { isDeeperThan } from './text-depth.js';

/** A line of a type that this version does not know; see `Recording.unknown`. */
export interface UnknownLine {
  readonly t: 'unknown';
  /** Its own type. */
  readonly type: string;
  readonly value: Json;
}

/** Where a line stands, for errors. */
export interface Place {
  readonly file: string | null;
  /** From 1. */
  readonly line: number;
}

const NOT_ONE: { readonly what: string; readonly advice: string } = {
  what: 'this is no recording: a recording begins with a line {"t":"recording","version":1,…}',
  advice: 'Give a file that `bridle demo --record FILE` or `bridle check --record FILE` wrote',
};
/** Writers bound what they write to a handful of levels. */
export const LIMIT_LEVELS = 200;
const BROKEN = 'Take this line out to see the rest, or record anew';

/** @throws RecordingError NOT_A_RECORDING, NEWER_VERSION or BAD_LINE */
export function parseHeader(text: string, file: string | null = null): HeaderLine {
  const place: Place = { file, line: 1 };
  const value = json(text, place);
  if (!isObject(value) || value.t !== 'recording')
    throw new RecordingError('NOT_A_RECORDING', { ...place, ...NOT_ONE });
  const { version, madeBy } = value;
  if (typeof version === 'number' && version > RECORDING_VERSION) {
    throw new RecordingError('NEWER_VERSION', {
      ...place,
      what: `this recording is of version ${version}; versions up to ${RECORDING_VERSION} are understood here`,
      advice: `Open it with ${typeof madeBy === 'string' ? `${madeBy} or newer, which wrote it` : `a bridle that knows version ${version}`}`,
    });
  }
  return held(headerSchema, value, 'header', { place, advice: 'Record anew, or mend the header' });
}

/**
 * Any line after the header.
 *
 * @throws RecordingError BAD_LINE
 */
export function parseLine(text: string, place: Place): RecordingLine | UnknownLine {
  const value = json(text, place);
  if (!isObject(value) || typeof value.t !== 'string') {
    const what = value === undefined ? 'this is no JSON' : 'this is no line of a recording: it has no "t"';
    throw new RecordingError('BAD_LINE', { ...place, what: `${what}: ${shortened(text)}`, advice: BROKEN });
  }
  if (!Object.hasOwn(LINE_SCHEMAS, value.t)) {
    if (value.t !== 'recording') return { t: 'unknown', type: value.t, value };
    throw new RecordingError('BAD_LINE', {
      ...place,
      what: 'a second header: two recordings were put into one file',
      advice: 'Split the file before this line',
    });
  }
  const schema = LINE_SCHEMAS[value.t as RecordingLine['t']] as z.ZodMiniType<RecordingLine>;
  return held(schema, value, value.t, { place, advice: BROKEN });
}

function held<T>(
  schema: z.ZodMiniType<T>,
  value: Json,
  called: string,
  { place, advice }: { readonly place: Place; readonly advice: string },
): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path.length ? ` "${issue.path.join('.')}":` : '';
  const wrong = `not a valid line of type "${called}":${path} ${issue?.message ?? 'unlike its schema'}`;
  throw new RecordingError('BAD_LINE', { ...place, what: wrong, advice });
}

/**
 * @returns undefined for what is no JSON
 * @throws RecordingError BAD_LINE for what is nested too deeply
 */
function json(text: string, place: Place): Json | undefined {
  if (isDeeperThan(text, LIMIT_LEVELS)) {
    const what = `lists and objects are nested more than ${LIMIT_LEVELS} levels deep: ${shortened(text)}`;
    throw new RecordingError('BAD_LINE', { ...place, what, advice: BROKEN });
  }
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shortened(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 60)}…`;
}
