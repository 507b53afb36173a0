/**
 * What an answer of the follower's meta means for the creation of the follower table: one pure
 * function, so that the chart is a table of verdicts and the verdicts can be tested exhaustively.
 */
import { describeError } from './errors.js';
import type { FollowerReply, FollowerRequest, Readiness, TableView, Trouble } from './messages.js';
import type { RetryPolicy } from './retry.js';
import { type DuplicationIdentity, type ExistingTablePolicy, formatOwner } from './vocabulary.js';

export type Verdict =
  /** Answers a request nobody waits for any more. */
  | 'stale'
  /** The table does not exist. */
  | 'absent'
  /** Ours; what this run was asked to reach is reached. */
  | 'adopted'
  /** Nothing of ours is left; what the goal `dropped` was after. */
  | 'gone'
  /** Ours, not yet recorded as created. */
  | 'unmarked'
  /** Ours and recorded as created. */
  | 'marked'
  /** Somebody else's, and the operator allowed one replacement. */
  | 'replaceable'
  /** A request that changes something was carried out. */
  | 'done'
  /** "It exists": whose it is, looking will tell. */
  | 'exists'
  | 'ready'
  | 'moreReady'
  | 'notReady'
  /** Worth repeating after a backoff. */
  | 'again'
  /** Not worth repeating without an operator. */
  | 'stop';

/**
 * What a run is for. `adopted`: the table exists and is ours. `ready`: every partition also holds its
 * checkpoint. `dropped`: nothing of ours is left there.
 */
export type FollowerTableGoal = 'adopted' | 'ready' | 'dropped';

/** What a verdict depends on; the chart's context has all of it. */
export interface VerdictContext {
  readonly identity: DuplicationIdentity;
  readonly remoteTable: string;
  readonly partitionCount: number;
  readonly policy: ExistingTablePolicy;
  readonly goal: FollowerTableGoal;
  readonly times: { readonly retry: RetryPolicy };
  readonly requestNo: number;
  readonly asked: FollowerRequest['kind'];
  readonly attempt: number;
  readonly requested: boolean;
  /** Owner of the table that is about to be replaced. */
  readonly replacing: string | null;
  readonly replaced: boolean;
  readonly acknowledged: 'CreateTable' | 'DropTable' | null;
  /** How far the copy has come at most. */
  readonly furthest: Advance;
}

/** Partitions that are ready, and of the others the bytes that are copied. */
export interface Advance {
  readonly readyPartitions: number;
  readonly copiedBytes: number;
}

export const NO_ADVANCE: Advance = { readyPartitions: 0, copiedBytes: 0 };

/** While a partition is in trouble the bytes of the others do not count: they would hide it as long as they come. */
export function advanceOf(readiness: Readiness | undefined): Advance {
  const { readyPartitions = 0, copiedBytes = 0, trouble = null } = readiness ?? {};
  return { readyPartitions, copiedBytes: trouble === null ? copiedBytes : 0 };
}

/**
 * Whether one is further than the other. A ready partition counts more than bytes, for those of a partition that has
 * become ready are not counted any more.
 */
export function isFurther(one: Advance, other: Advance): boolean {
  if (one.readyPartitions !== other.readyPartitions) return one.readyPartitions > other.readyPartitions;
  return one.copiedBytes > other.copiedBytes;
}

/** Operations as `Trouble.operation` names them. */
const OPERATION: Record<FollowerRequest['kind'], string> = {
  LookTable: 'RPC_CM_LIST_APPS',
  CreateTable: 'RPC_CM_CREATE_APP',
  MarkCreated: 'RPC_CM_CREATE_APP',
  DropTable: 'RPC_CM_DROP_APP',
  QueryPartitions: 'RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX',
};

const ABSENT = new Set(['ERR_APP_NOT_EXIST', 'ERR_OBJECT_NOT_FOUND', 'ERR_APP_DROPPED']);

/** What `reply` means, given what was asked and what is allowed. Total: every reply has a verdict. */
export function judge(context: VerdictContext, reply: FollowerReply): Verdict {
  if (reply.requestNo !== context.requestNo) return 'stale';
  const problem = problemOf(context, reply);
  if (problem !== null) return repeatable(context, problem) ? 'again' : 'stop';
  switch (context.asked) {
    case 'LookTable':
      return judgeLook(context, reply);
    case 'CreateTable':
      return reply.error === 'ERR_APP_EXIST' ? 'exists' : 'done';
    case 'MarkCreated':
    case 'DropTable':
      return ABSENT.has(reply.error) ? 'absent' : 'done';
    case 'QueryPartitions':
      return judgeReadiness(context, reply);
  }
}

function judgeLook(context: VerdictContext, reply: FollowerReply): Verdict {
  const ours = isOurs(context, reply.table);
  if (context.goal === 'dropped') return ours ? 'replaceable' : 'gone';
  if (ABSENT.has(reply.error) || reply.table === undefined) return 'absent';
  if (!ours) return 'replaceable';
  if (context.goal === 'adopted') return 'adopted';
  return reply.table?.followerStatus === 'created' ? 'marked' : 'unmarked';
}

function judgeReadiness(context: VerdictContext, reply: FollowerReply): Verdict {
  // Dropped, or dropped and made anew by somebody else, between two questions: look again.
  if (ABSENT.has(reply.error) || (reply.table && !isOurs(context, reply.table))) return 'absent';
  const advance = advanceOf(reply.readiness);
  if (advance.readyPartitions === context.partitionCount) return 'ready';
  // Than ever before: a partition that comes and goes again and again brings nothing forward.
  return isFurther(advance, context.furthest) ? 'moreReady' : 'notReady';
}

/** The error that stands in the way, or null when the answer is one the chart can go on with. */
function problemOf(context: VerdictContext, reply: FollowerReply): string | null {
  const { asked } = context;
  const lastAttempt = context.attempt + 1 >= context.times.retry.limitAttempts;
  if (asked === 'LookTable' && contradicts(context, reply)) return 'ERR_TRY_AGAIN';
  if (ABSENT.has(reply.error)) {
    if (asked === 'LookTable' || asked === 'DropTable') return null;
    // Counted as an attempt: a follower that lists the table and then does not know it ends blocked.
    return asked === 'CreateTable' || lastAttempt ? reply.error : null;
  }
  if (reply.error === 'ERR_APP_EXIST' && asked === 'CreateTable') {
    // Counted as an attempt: a follower that says "exists" and "absent" in turn ends blocked.
    return lastAttempt ? reply.error : null;
  }
  if (describeError(reply.error).kind !== 'success') return reply.error;
  if (asked === 'QueryPartitions') {
    if (lastAttempt && reply.table && !isOurs(context, reply.table)) return 'BRIDLE_FOREIGN_TABLE';
    const count = reply.readiness?.partitionCount;
    return count !== undefined && count !== context.partitionCount ? 'ERR_INCONSISTENT_STATE' : null;
  }
  if (asked !== 'LookTable' || reply.table === undefined) return null;
  if (reply.table?.status === 'AS_DROPPING') return 'ERR_BUSY_DROPPING';
  if (reply.table?.status === 'AS_CREATING') return 'ERR_BUSY_CREATING';
  if (context.goal === 'dropped') return null;
  if (!isOurs(context, reply.table)) {
    return context.policy === 'replace' && !context.replaced ? null : 'BRIDLE_FOREIGN_TABLE';
  }
  return reply.table?.partitionCount === context.partitionCount ? null : 'ERR_INCONSISTENT_STATE';
}

/**
 * A creation was acknowledged and no table is there, or a drop and the table is there as if nothing had
 * been asked. Asking again at once would go round for ever without a pause, so it counts as a failure.
 */
function contradicts(context: VerdictContext, reply: FollowerReply): boolean {
  if (context.acknowledged === 'CreateTable') {
    return ABSENT.has(reply.error) || (reply.error === 'ERR_OK' && reply.table === undefined);
  }
  return (
    context.acknowledged === 'DropTable' &&
    reply.table?.status === 'AS_AVAILABLE' &&
    (context.goal === 'dropped' ? isOurs(context, reply.table) : reply.table.owner === context.replacing)
  );
}

/** SPEC S-OWN-1: ours means the whole identity, not only the same source cluster. */
function isOurs(context: VerdictContext, table: TableView | undefined): boolean {
  if (table?.owner !== formatOwner(context.identity)) return false;
  // Under `fail` a table that was there before this run asked is not trusted, whatever it says.
  return context.policy !== 'fail' || context.requested || context.goal !== 'adopted';
}

function repeatable(context: VerdictContext, error: string): boolean {
  return describeError(error).kind === 'retryable' && context.attempt + 1 < context.times.retry.limitAttempts;
}

/** The reply as trouble, in the terms the operator will read. */
export function troubleOf(context: VerdictContext, reply: FollowerReply): Trouble {
  const problem = problemOf(context, reply) ?? reply.error;
  const exhausted = describeError(problem).kind === 'retryable' && !repeatable(context, problem);
  const hint = exhausted
    ? `the last of ${context.times.retry.limitAttempts} attempts ended with ${problem}`
    : problem === 'BRIDLE_FOREIGN_TABLE'
      ? `table ${context.remoteTable} belongs to ${ownerInWords(reply.table)}`
      : reply.hint;
  return {
    error: exhausted ? 'ERR_RETRY_EXHAUSTED' : problem,
    operation: OPERATION[context.asked],
    ...(reply.peer === undefined ? {} : { peer: reply.peer }),
    ...(hint === undefined ? {} : { hint }),
  };
}

/** `ownerInWords({owner: null, masterCluster: null})` → `nobody's duplication`. */
export function ownerInWords(table: Pick<TableView, 'owner' | 'masterCluster'> | undefined): string {
  if (table?.owner) return `duplication ${table.owner}`;
  if (table?.masterCluster) return `a duplication of cluster ${table.masterCluster}, made by another tool`;
  return 'no duplication: it is a table of its own';
}
