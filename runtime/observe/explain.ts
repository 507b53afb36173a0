/**
 * Why a duplication is where it is: one account for the command line, the API, alerts and the inspector.
 *
 * What is waited for comes from the charts' `meta`, what went wrong from their contexts and the journal,
 * what it means and what to type next from the error catalogue. Nothing is written twice.
 */
import { z } from 'zod';
import {
  DUPLICATION_STATUSES,
  describeError,
  FAIL_MODES,
  nextCommand,
  operatorVerbs,
  type StateMeta,
  type Trouble,
} from '../../machines/index.js';
import { diagnose, type Observed } from './diagnosis.js';
import type { TroubleHistory } from './journal.js';

const troubleView = z.object({
  error: z.string(),
  operation: z.string(),
  peer: z.string().optional(),
  hint: z.string().optional(),
  /** How often it was seen in a row. */
  count: z.number(),
  firstSeenMs: z.number(),
  what: z.string(),
  consequence: z.string(),
  causes: z.array(z.string()),
});

const waitView = z.object({
  /** `duplication`, `storage`, `followerTable`, `source partition 3`. */
  actor: z.string(),
  state: z.string(),
  waitingFor: z.string(),
  from: z.string(),
  leavesWhen: z.string(),
  sinceMs: z.number(),
  attempt: z.number().optional(),
  attemptsLimit: z.number().optional(),
  /** What happens by itself next, `tries again`, and when, if the server tells. */
  nextWhat: z.string().optional(),
  nextAtMs: z.number().optional(),
  trouble: troubleView.nullable(),
});

const diagnosis = z.object({
  /** False: this is what to look for, and has not been seen. */
  seen: z.boolean(),
  sign: z.string(),
  cause: z.string(),
  look: z.string(),
});

/** What a duplication waits for, from whom, since when, and what to do about it; as servers send it. */
export const explanationSchema = z.object({
  table: z.string(),
  duplicationId: z.number(),
  status: z.enum(DUPLICATION_STATUSES),
  failMode: z.enum(FAIL_MODES),
  remoteCluster: z.string(),
  remoteTable: z.string(),
  /** Status and what is the matter, in at most 80 columns. Empty from a server that is older. */
  headline: z.string().default(''),
  /** The same with all that belongs to it, however long. */
  line: z.string(),
  /** The rule of this cluster that stands in the way, in words; null if none is known to. */
  blockedBy: z.string().nullable().default(null),
  /** What the observations point to, likeliest first. */
  diagnosis: z.array(diagnosis).default([]),
  blocked: z.boolean(),
  stuck: z.string().nullable(),
  waiting: z.array(waitView),
  operatorCan: z.array(z.string()),
  /** The command to type next. */
  next: z.string(),
  /** Who has closed the table to clients, since when, and what opens it; left out or null: nobody. */
  fence: z.string().nullable().optional(),
  /** When each status was entered last, in milliseconds since 1970; a cluster may not tell. */
  enteredMs: z.partialRecord(z.enum(DUPLICATION_STATUSES), z.number()).optional(),
  /** The id that log lines of both clusters carry. */
  correlation: z.string().optional(),
  progress: z.object({
    partitionCount: z.number(),
    prepared: z.number(),
    ready: z.number(),
    lagDecrees: z.number(),
    confirmed: z.array(z.number()),
    lastCommitted: z.array(z.number()),
    copiedBytes: z.number(),
    totalBytes: z.number(),
    skippedMutations: z.number(),
    /** Age of the oldest mutation that the follower is not known to hold, at least; absent where nobody tells. */
    lagMs: z.number().optional(),
    /** Log at the source that is kept for this duplication only. */
    logHeldBytes: z.number().optional(),
  }),
});
/** One duplication's account of itself. A count that nobody told is -1. */
export type Explanation = z.infer<typeof explanationSchema>;
/** One wait: whose it is, for what, from whom, for how long, and the trouble if there is one. */
export type WaitView = z.infer<typeof waitView>;

/** One actor's part of the account. */
export interface ExplainedActor {
  readonly actor: string;
  readonly state: string;
  readonly meta: StateMeta;
  readonly sinceMs: number;
  readonly attempt?: number;
  readonly attemptsLimit?: number;
  readonly nextWhat?: string;
  readonly nextAtMs?: number;
  readonly trouble: TroubleHistory | null;
}

export interface ExplainInput
  extends Pick<
    Explanation,
    | 'table'
    | 'duplicationId'
    | 'status'
    | 'failMode'
    | 'remoteCluster'
    | 'remoteTable'
    | 'blocked'
    | 'stuck'
    | 'progress'
    | 'enteredMs'
    | 'correlation'
  > {
  /** Default `bridle`: a server that tells what is wrong. */
  readonly kind?: Observed['kind'];
  /** Default null. */
  readonly blockedBy?: string | null;
  /** Outermost first; the last one with trouble, or the last one, makes the headline. */
  readonly actors: readonly ExplainedActor[];
}

export function explain(input: ExplainInput): Explanation {
  const { actors, kind = 'bridle', blockedBy = null, ...facts } = input;
  const waiting = actors.map(waitOf);
  const headline = [...waiting].reverse().find(({ trouble }) => trouble !== null) ?? waiting.at(-1);
  const trouble = headline?.trouble ?? null;
  return {
    ...facts,
    headline: headlineOf(input, headline),
    line: lineOf(input, headline),
    blockedBy,
    diagnosis: diagnose({
      kind,
      table: input.table,
      dupid: input.duplicationId,
      remoteCluster: input.remoteCluster,
      status: input.status,
      troubles: actors.flatMap((actor) => actor.trouble ?? []),
      partitionCount: input.progress.partitionCount,
      prepared: input.progress.prepared,
      confirmed: input.progress.confirmed,
      lagDecrees: input.progress.lagDecrees,
      skippedMutations: input.progress.skippedMutations,
    }),
    waiting,
    operatorCan: [
      ...new Set([...actors.flatMap(({ meta }) => meta.operatorCan), ...operatorVerbs(input.status)]),
    ],
    next: nextOf(input, trouble),
  };
}

/** The command to type after reading the explanation, so never the one that prints it. */
function nextOf(input: ExplainInput, trouble: WaitView['trouble']): string {
  const { table, status } = input;
  if (trouble === null) {
    if (status === 'DS_LOG') return `bridle verify ${table}`;
    return status === 'DS_PAUSE' ? `bridle start ${table}` : `bridle status ${table} --watch`;
  }
  // One direction is shut: whether this cluster shuts it is the first thing to look at.
  if (UNREACHABLE.test(trouble.hint ?? '')) return 'bridle policy show';
  const next = nextCommand(trouble.error, {
    table,
    remoteTable: input.remoteTable,
    cluster: input.remoteCluster,
    dupid: String(input.duplicationId),
    operation: trouble.operation,
    ...(trouble.peer === undefined ? {} : { peer: trouble.peer }),
  });
  return next.startsWith('bridle explain') ? `bridle retry ${table}` : next;
}

const UNREACHABLE = /cannot reach/;

/** Trouble with what the catalogue knows about it. */
export function describeTrouble(trouble: TroubleHistory): z.infer<typeof troubleView> {
  const { what, consequence, causes } = describeError(trouble.error);
  const { error, operation, peer, hint, count, firstSeenMs } = trouble;
  return {
    error,
    operation,
    ...(peer === undefined ? {} : { peer }),
    ...(hint === undefined ? {} : { hint }),
    count,
    firstSeenMs,
    what,
    consequence,
    causes: [...causes],
  };
}

function waitOf(explained: ExplainedActor): WaitView {
  const { actor, state, meta, sinceMs, attempt, attemptsLimit, nextWhat, nextAtMs, trouble } = explained;
  return {
    actor,
    state,
    waitingFor: meta.waitingFor,
    from: meta.from,
    leavesWhen: meta.leavesWhen,
    sinceMs,
    ...(attempt === undefined ? {} : { attempt }),
    ...(attemptsLimit === undefined ? {} : { attemptsLimit }),
    ...(nextWhat === undefined || nextAtMs === undefined ? {} : { nextWhat, nextAtMs }),
    trouble: trouble === null ? null : describeTrouble(trouble),
  };
}

/** As wide as a terminal, a subject line or a pager's message. */
export const HEADLINE_COLUMNS = 80;

function beginOf({ status, blocked, stuck, progress }: ExplainInput): string {
  const mood = blocked ? ' BLOCKED' : stuck === null ? '' : ` STUCK (${stuck})`;
  const lag =
    status === 'DS_LOG' && progress.lagDecrees > 0 ? `, ${progress.lagDecrees} mutations behind` : '';
  return `${status}${mood}${lag}`;
}

/** As much as fits; what is left out is in the blocks below it. */
function headlineOf(input: ExplainInput, wait: WaitView | undefined): string {
  const begin = beginOf(input);
  if (wait === undefined) return begin;
  const { trouble } = wait;
  if (trouble === null) return cut(`${begin} · waiting for ${wait.waitingFor}`);
  const { error, peer, count } = trouble;
  const forms = [
    `${shortTrouble(trouble)}, ${count}×`,
    `${error}${peer === undefined ? '' : ` at ${peer}`}, ${count}×`,
    `${error}, ${count}×`,
  ].map((form) => `${begin} · ${form}`);
  return forms.find(({ length }) => length <= HEADLINE_COLUMNS) ?? cut(forms.at(-1) ?? begin);
}

function cut(text: string): string {
  if (text.length <= HEADLINE_COLUMNS) return text;
  const kept = text.slice(0, HEADLINE_COLUMNS - 1);
  const space = kept.lastIndexOf(' ');
  return `${kept.slice(0, space > HEADLINE_COLUMNS / 2 ? space : kept.length)}…`;
}

function lineOf(input: ExplainInput, headline: WaitView | undefined): string {
  const wait = headline === undefined ? '' : ` · waiting for ${headline.waitingFor}`;
  const { trouble } = headline ?? {};
  const why = trouble
    ? ` · ${trouble.hint ?? trouble.what} (${shortTrouble(trouble)}, ${trouble.count}×)`
    : '';
  return `${beginOf(input)}${wait}${why}`;
}

/** `ERR_TIMEOUT in RPC_NFS_COPY at 127.0.0.1:34801` */
export function shortTrouble(trouble: Trouble): string {
  const place = trouble.peer === undefined ? '' : ` at ${trouble.peer}`;
  return `${trouble.error} in ${trouble.operation}${place}`;
}
