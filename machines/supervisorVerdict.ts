/**
 * What an answer means for whoever supervises a duplication: one pure function, so that the chart is a table of
 * sights. What is there counts; what was done before is remembered in the journal, and nowhere else.
 */
import { describeError } from './errors.js';
import type { ErrorName, Trouble } from './messages.js';
import type { RetryPolicy } from './retry.js';
import {
  type Heal,
  type HealKind,
  healOf,
  type SupervisionView,
  standsStill,
  stillWanted,
  wantedHeal,
} from './supervisorHeals.js';

/** What is durable at the operator's side before it is done. */
export interface SupervisionMemory {
  /**
   * `new`: nothing yet. `adding`: the duplication has been or is about to be asked for, with no table at the
   * follower. `tracking`: it is there. `healing`: `heal` is under way. `cleared`: a healing has removed it.
   */
  readonly step: 'new' | 'adding' | 'tracking' | 'healing' | 'cleared';
  /** The duplication that is looked after; 0: none. */
  readonly dupid: number;
  /** Duplications that were added from here when no table was at the follower. */
  readonly made: readonly number[];
  readonly heal: Heal | null;
  /** Healings begun so far; what survives a crash has to count across it. */
  readonly heals: number;
}

export const NOTHING_REMEMBERED: SupervisionMemory = {
  step: 'new',
  dupid: 0,
  made: [],
  heal: null,
  heals: 0,
};

/** What a supervisor asks for; each of them may be repeated without harm. */
export type SupervisionRequest = { readonly requestNo: number } & (
  | { readonly kind: 'Look' }
  /** Whether the ways that the duplication uses are open. */
  | { readonly kind: 'Preflight' }
  /** Durable at the operator's side when it is answered. */
  | { readonly kind: 'Record'; readonly memory: SupervisionMemory }
  /** ERR_APP_EXIST if a table of that name is at the follower. */
  | { readonly kind: 'Add' }
  /** Try again at once, where the source knows how. */
  | { readonly kind: 'Retry'; readonly dupid: number }
  /** Remove the duplication; its table stays. */
  | { readonly kind: 'Remove'; readonly dupid: number }
  /** Drop the follower table, if it is this one and belongs to this owner still. */
  | { readonly kind: 'Drop'; readonly appId: number; readonly owner: string | null }
  | { readonly kind: 'Verify'; readonly dupid: number }
);
export type SupervisionRequestKind = SupervisionRequest['kind'];

/** What comes back; `requestNo` tells a late answer from the awaited one. */
export interface SupervisionReply {
  readonly type: 'SUPERVISION_REPLY';
  readonly requestNo: number;
  readonly error: ErrorName;
  readonly view?: SupervisionView;
  /** Of a preflight. `blocked` may pass by itself or by a policy; `refused` needs other words. */
  readonly path?: 'open' | 'blocked' | 'refused';
  /** Of a comparison. */
  readonly equal?: boolean;
  readonly hint?: string;
}

export type SupervisionSight =
  /** Answers a question that nobody asks any more. */
  | 'stale'
  /** Worth repeating after a backoff. */
  | 'again'
  /** Not worth repeating. */
  | 'stop'
  | 'done'
  | 'open'
  | 'blocked'
  | 'refused'
  | 'equal'
  /** No duplication and no table: it can be added. */
  | 'absent'
  /** A duplication that the journal does not know yet. */
  | 'adopt'
  /** It gets on, or may. */
  | 'moving'
  /** It stands still, and a way may be shut. */
  | 'path'
  /** Something that destroys is needed, and allowed. */
  | 'heal'
  | 'remove'
  | 'drop'
  /** What a healing was to take away is gone. */
  | 'cleared'
  /** It ships, and both sides have not been compared. */
  | 'unverified'
  | 'reached'
  /** Somebody has to decide. */
  | 'handOver';

/** What a sight depends on; the chart's context has all of it. */
export interface SightContext {
  readonly requestNo: number;
  readonly asked: SupervisionRequestKind;
  readonly attempt: number;
  readonly quietLooks: number;
  readonly quietLooksLimit: number;
  readonly memory: SupervisionMemory;
  /** What was to be recorded last and is not known to be. */
  readonly next: SupervisionMemory | null;
  readonly heal: readonly HealKind[];
  readonly healLimit: number;
  readonly verify: boolean;
  readonly verified: boolean;
  readonly differs: boolean;
  readonly view: SupervisionView | null;
  readonly times: { readonly retry: RetryPolicy };
}

/** What `reply` means, given what was asked and what is remembered. Total: every reply has a sight. */
export function judgeSupervision(context: SightContext, reply: SupervisionReply): SupervisionSight {
  if (reply.requestNo !== context.requestNo) return 'stale';
  // A table that is there already: whose it is, looking will tell.
  const exists = context.asked === 'Add' && reply.error === 'ERR_APP_EXIST';
  if (reply.error !== 'ERR_OK' && !exists) {
    return describeError(reply.error).kind === 'retryable' && hasAttempts(context) ? 'again' : 'stop';
  }
  switch (context.asked) {
    case 'Preflight':
      return reply.path ?? (hasAttempts(context) ? 'again' : 'stop');
    case 'Verify':
      if (reply.equal === true) return 'equal';
      return isOwn(context.view) && mayHeal(context, 'recopy') ? 'heal' : 'handOver';
    case 'Look':
      if (reply.view === undefined) return hasAttempts(context) ? 'again' : 'stop';
      return judgeLook(context, reply.view);
    default:
      return 'done';
  }
}

const hasAttempts = ({ attempt, times }: SightContext): boolean => attempt + 1 < times.retry.limitAttempts;
/** Whether the command line allows it. */
export const isPermitted = ({ heal }: SightContext, kind: HealKind): boolean => heal.includes(kind);
const isOwn = (view: SupervisionView | null): boolean => view?.follower.claim === 'own';
const mayHeal = (context: SightContext, kind: HealKind): boolean =>
  isPermitted(context, kind) && context.memory.heals < context.healLimit;

function judgeLook(context: SightContext, view: SupervisionView): SupervisionSight {
  const { memory } = context;
  const { status } = view;
  if (status === 'DS_REMOVED') return standsStill(context, view) ? 'handOver' : 'moving';
  if (memory.heal !== null) return judgeHealing(context, view, memory.heal);
  const heal = wantedHeal(context, view);
  if (status === 'none') {
    // Whoever removed it had a reason; it is not added behind their back. Nor if the journal could not be told of it.
    if (memory.step === 'tracking' || context.next?.step === 'tracking') return 'handOver';
    if (view.follower.claim === 'absent') return 'absent';
  } else {
    if (view.dupid !== memory.dupid) return 'adopt';
    if (status === 'DS_PAUSE') return 'handOver';
  }
  if (heal !== null) return mayHeal(context, heal) ? 'heal' : 'handOver';
  if (status === 'none') return 'handOver';
  if (status === 'DS_LOG' && !view.blocked && view.follower.claim !== 'absent') {
    return context.verify && !context.verified ? 'unverified' : 'reached';
  }
  if (!standsStill(context, view) && !seemsShut(context, view)) return 'moving';
  const mayBeShut = view.follower.claim !== 'foreign' && isOfTheWay(view.trouble);
  return mayBeShut && hasAttempts(context) ? 'path' : 'handOver';
}

/** With a trouble that a shut way makes, whether one is shut is found out before all patience has ended. */
function seemsShut(context: SightContext, view: SupervisionView): boolean {
  const soonerLimit = Math.max(1, Math.floor(context.quietLooksLimit / SOONER));
  return (
    view.trouble !== null &&
    isOfTheWay(view.trouble) &&
    standsStill({ ...context, quietLooksLimit: soonerLimit }, view)
  );
}

const SOONER = 4;

/** What was recorded is done only as long as it is still so. */
function judgeHealing(context: SightContext, view: SupervisionView, heal: Heal): SupervisionSight {
  if (view.status === 'none') {
    const { claim, appId, owner } = view.follower;
    const there = claim !== 'absent' && appId === heal.appId && owner === heal.owner;
    if (!there) return 'cleared';
    return isPermitted(context, heal.kind) ? 'drop' : 'handOver';
  }
  if (view.dupid !== heal.dupid) return 'cleared';
  if (view.status === 'DS_PAUSE') return 'handOver';
  if (!stillWanted(context, view, heal)) return 'cleared';
  return isPermitted(context, heal.kind) ? 'remove' : 'handOver';
}

const OF_THE_WAY = /^ERR_(TIMEOUT|NETWORK_FAILURE|ACL_DENY|RETRY_EXHAUSTED|INACTIVE_STATE|SESSION_RESET)$/;
/** Nothing told is no trouble known: that is what a real cluster says. */
const isOfTheWay = (trouble: Trouble | null): boolean => trouble === null || OF_THE_WAY.test(trouble.error);

/** What the journal has to say before the next step is done; null where nothing is to be recorded. */
export function memoryAfter(context: SightContext, reply: SupervisionReply): SupervisionMemory | null {
  const { memory } = context;
  const view = reply.view ?? context.view;
  switch (judgeSupervision(context, reply)) {
    case 'open':
      return { ...memory, step: 'adding', dupid: 0 };
    case 'adopt': {
      const { dupid = 0 } = view ?? {};
      const made = memory.step === 'adding' ? [...memory.made, dupid].slice(-MADE_KEPT) : memory.made;
      return { ...memory, step: 'tracking', dupid, made };
    }
    case 'heal': {
      if (view === null) return null;
      const kind = context.asked === 'Verify' ? 'recopy' : wantedHeal(context, view);
      if (kind === null) return null;
      return { ...memory, step: 'healing', heal: healOf(kind, view), heals: memory.heals + 1 };
    }
    case 'cleared':
      return { ...memory, step: 'cleared', dupid: 0, heal: null };
    default:
      return null;
  }
}

/** Healings are few, so are these. */
const MADE_KEPT = 8;
