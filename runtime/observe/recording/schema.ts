/**
 * What a line of a recording has to be, as schemas: what a reader holds lines to, and what
 * docs/recording.schema.json is made from. The types in lines.ts say what the fields mean.
 *
 * Fields that are not known stay in the line, so that an older reader hands on what a newer writer wrote.
 */
import * as z from 'zod/mini';
import {
  type HeaderLine,
  type Json,
  RECORDING_VERSION,
  type RecordedEvent,
  type RecordingLine,
  type StateValue,
} from './lines.js';

// Zod compiles schemas with `new Function`, which the page's content security policy forbids and reports.
if ('document' in globalThis) z.config({ jitless: true });

// Whatever JSON.parse makes is JSON; looking through it again would only take time.
const json = z.any() as unknown as z.ZodMiniType<Json>;
const text = z.string();
const name = z.string().check(z.minLength(1));
const count = z.int().check(z.nonnegative());
const at = z.number().check(z.nonnegative());
const jsonObject = z.record(z.string(), json);

const stateValue: z.ZodMiniType<StateValue> = z.union([
  z.string(),
  z.record(
    z.string(),
    z.lazy(() => stateValue),
  ),
]);
const event = z.looseObject({ type: name }) as unknown as z.ZodMiniType<RecordedEvent>;
const mail = z.looseObject({ inbox: count, outbox: count, underWay: count });
const optional = z.optional;

/** Of the first line. */
export const headerSchema: z.ZodMiniType<HeaderLine> = z.looseObject({
  t: z.literal('recording'),
  version: z.int().check(z.minimum(1), z.maximum(RECORDING_VERSION)),
  source: z.enum(['live', 'simulation', 'counterexample']),
  title: text,
  madeBy: text,
  beganUs: z.nullable(z.number()),
  seed: optional(z.number()),
  values: z.enum(['removed', 'kept']),
});

const partitionState = z.looseObject({
  partition: count,
  source: optional(text),
  follower: optional(text),
  confirmed: optional(z.number()),
  lastCommitted: optional(z.number()),
  copiedBytes: optional(z.number()),
  totalBytes: optional(z.number()),
  trouble: optional(text),
});

const ofActor = { at, process: name, actor: name };

/** Of the lines after the header, by `t`. */
export const LINE_SCHEMAS: {
  readonly [T in RecordingLine['t']]: z.ZodMiniType<Extract<RecordingLine, { t: T }>>;
} = {
  chart: z.looseObject({ t: z.literal('chart'), chart: name, diagram: json }),
  process: z.looseObject({
    t: z.literal('process'),
    at,
    process: name,
    what: z.enum(['up', 'died', 'ended', 'restarted']),
    role: z.enum(['meta', 'replica', 'operator', 'client', 'other']),
    cluster: optional(text),
    address: optional(text),
    pid: optional(count),
    why: optional(text),
  }),
  actor: z.looseObject({
    t: z.literal('actor'),
    ...ofActor,
    parent: z.nullable(text),
    chart: z.nullable(text),
    state: z.nullable(stateValue),
    context: json,
    partition: optional(count),
    already: optional(z.boolean()),
    mail: optional(mail),
  }),
  end: z.looseObject({ t: z.literal('end'), ...ofActor, status: z.enum(['done', 'stopped', 'error']) }),
  step: z.looseObject({
    t: z.literal('step'),
    ...ofActor,
    event,
    from: optional(text),
    edges: z.array(text),
    state: optional(stateValue),
    changes: optional(jsonObject),
    removed: optional(z.array(text)),
    effects: optional(z.array(z.looseObject({ name: text, params: optional(json) }))),
    guards: optional(z.array(z.looseObject({ guard: text, params: optional(json), said: z.boolean() }))),
    mail: optional(mail),
  }),
  send: z.looseObject({
    t: z.literal('send'),
    at,
    id: name,
    process: name,
    to: name,
    kind: text,
    what: z.enum(['request', 'reply', 'message']),
    answers: optional(text),
    error: optional(text),
    bytes: optional(count),
    gpid: optional(text),
    body: optional(json),
    content: optional(json),
    fate: optional(z.enum(['lost', 'delayed'])),
  }),
  receive: z.looseObject({
    t: z.literal('receive'),
    at,
    id: name,
    process: name,
    copy: optional(z.boolean()),
    fate: optional(z.enum(['denied', 'dropped'])),
  }),
  lost: z.looseObject({ t: z.literal('lost'), at, id: name, why: text, process: optional(name) }),
  fault: z.looseObject({ t: z.literal('fault'), at, what: text, process: optional(name) }),
  note: z.looseObject({
    t: z.literal('note'),
    at,
    process: optional(name),
    level: z.enum(['info', 'warn', 'error']),
    text,
    facts: optional(json),
  }),
  explain: z.looseObject({ t: z.literal('explain'), at, explanation: json }),
  partitions: z.looseObject({
    t: z.literal('partitions'),
    at,
    table: text,
    duplication: count,
    count: count.check(z.maximum(1_000_000)),
    changed: z.array(partitionState),
  }),
  gap: z.looseObject({ t: z.literal('gap'), at, process: name, lines: z.nullable(count), why: text }),
  verdict: z.looseObject({
    t: z.literal('verdict'),
    at,
    property: text,
    verdict: z.enum(['holds', 'violated', 'unknown']),
    why: text,
    loopFrom: optional(z.number()),
  }),
};

/** JSON Schema of one line, whichever it is. */
export function recordingJsonSchema(): Record<string, Json> {
  const [header, ...others] = [headerSchema, ...Object.values(LINE_SCHEMAS)].map(
    (schema) => JSON.parse(JSON.stringify(z.toJSONSchema(schema))) as Record<string, Json>,
  );
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: `A line of a Bridle recording, version ${RECORDING_VERSION}`,
    description:
      'A recording is JSON Lines: a header, then one of the others per line. Lines of other types may come and are to be kept.',
    anyOf: [header, ...others].map(({ $schema: _, ...schema } = {}) => schema),
  };
}
