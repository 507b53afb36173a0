/**
 * What a supervisor may destroy to get a duplication going, and what has to be seen before: pure rules. Nothing
 * here is ever done without permission, and nothing to a table that is not shown to be this duplication's.
 */
import type { Trouble } from './messages.js';
import type { DuplicationStatus } from './vocabulary.js';

/**
 * What has to be allowed by name.
 * - `drop-orphan`: remove a duplication that is stuck, drop the table that it has made itself and cannot take up
 *   (apache/incubator-pegasus#2146), add it again. Nothing was ever read from that table.
 * - `drop-leftover`: the same with a table that an earlier duplication of this source table has left.
 * - `recopy`: remove a duplication whose copy can never be complete again, drop the copy, add it again.
 */
export const HEALS = ['drop-orphan', 'drop-leftover', 'recopy'] as const;
/** One of them. */
export type HealKind = (typeof HEALS)[number];

/**
 * Whose the table at the follower is. `own`: this duplication's, in use or about to be. `orphan`: made by the
 * duplication that is there, which was added from here when no table was there, and never in use. `leftover`: made
 * by another duplication of this source table, and perhaps a copy that somebody keeps. `foreign`: anybody's.
 */
export type FollowerClaim = 'absent' | 'own' | 'orphan' | 'leftover' | 'foreign';

export interface FollowerSight {
  readonly claim: FollowerClaim;
  /** Never given twice by a cluster; 0: no table. */
  readonly appId: number;
  /** As the table's environment names it. */
  readonly owner: string | null;
}

/** Both clusters, looked at once. */
export interface SupervisionView {
  readonly status: DuplicationStatus | 'none';
  /** 0: none. */
  readonly dupid: number;
  /** Grows while it gets on. */
  readonly progress: number;
  /** The source says itself that it does not go on. */
  readonly blocked: boolean;
  /** -1: nobody tells. */
  readonly skippedMutations: number;
  /** What the source tells; a real one tells nothing. */
  readonly trouble: Trouble | null;
  readonly follower: FollowerSight;
}

/** A healing, by what it takes away: ids are never given twice, so repeating it takes nothing else. */
export interface Heal {
  readonly kind: HealKind;
  /** 0: there is none to remove. */
  readonly dupid: number;
  /** 0: there is no table to drop. */
  readonly appId: number;
  readonly owner: string | null;
}

export const healOf = (kind: HealKind, { dupid, follower }: SupervisionView): Heal => ({
  kind,
  dupid,
  appId: follower.appId,
  owner: follower.owner,
});

/** Statuses in which nothing of a follower table is in use yet. */
export const BEFORE_LOG: ReadonlySet<string> = new Set(['DS_INIT', 'DS_PREPARE', 'DS_APP']);

const INCOMPLETE = new Set(['BRIDLE_GAP', 'BRIDLE_SOURCE_BEHIND']);

/** No waiting makes the copy complete. */
export const isBroken = ({ skippedMutations, trouble }: SupervisionView): boolean =>
  skippedMutations > 0 || (trouble !== null && INCOMPLETE.has(trouble.error));

interface HealContext {
  readonly quietLooks: number;
  readonly quietLooksLimit: number;
  readonly view: SupervisionView | null;
  /** Both sides were compared and differ. */
  readonly differs: boolean;
}

const TAKES_AWAY: Readonly<Partial<Record<FollowerClaim, HealKind>>> = {
  orphan: 'drop-orphan',
  leftover: 'drop-leftover',
};

/** What would have to be done to what is seen; null: nothing that destroys. */
export function wantedHeal(context: HealContext, view: SupervisionView): HealKind | null {
  const { status, follower } = view;
  if (status === 'none') return TAKES_AWAY[follower.claim] ?? null;
  const replaceable = follower.claim === 'own' || follower.claim === 'absent';
  if (replaceable && isBroken(view)) return 'recopy';
  if (!standsStill(context, view)) return null;
  // Dropped while it was being filled, or later: a real source never asks for it anew, and ships into nothing.
  if (follower.claim === 'absent') return status === 'DS_APP' || status === 'DS_LOG' ? 'recopy' : null;
  return BEFORE_LOG.has(status) ? (TAKES_AWAY[follower.claim] ?? null) : null;
}

/** Whether a healing that was recorded is still called for. A duplication that got on meanwhile is left alone. */
export function stillWanted(context: HealContext, view: SupervisionView, heal: Heal): boolean {
  if (view.follower.appId !== heal.appId) return false;
  if (heal.kind === 'recopy') return context.differs || wantedHeal(context, view) === 'recopy';
  return BEFORE_LOG.has(view.status) && TAKES_AWAY[view.follower.claim] === heal.kind;
}

/** Whether the source says that it stands still, or nothing has moved for so many looks. */
export function standsStill(context: Omit<HealContext, 'differs'>, view: SupervisionView): boolean {
  const quiet = getsOn(context, view) ? 0 : context.quietLooks + 1;
  return view.blocked || quiet >= context.quietLooksLimit;
}

/** Whether it has moved since the last look. */
export const getsOn = ({ view: before }: Pick<HealContext, 'view'>, now: SupervisionView): boolean =>
  before === null ||
  now.progress > before.progress ||
  now.status !== before.status ||
  now.dupid !== before.dupid;
