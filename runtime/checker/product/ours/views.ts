/** What properties look at in the states of the product's processes. */
import type {
  DuplicationContext,
  DuplicationStatus,
  FollowerTableContext,
} from '../../../../machines/index.js';
import type { Position } from '../../paths/stepper.js';
import { contextOf, type TroupeState } from '../troupe.js';
import type { SourceMetaState } from './source-meta.js';

export const DUPLICATION = 'duplication';
export const FOLLOWER_CHART = 'followerTable';

/** What the source's meta server shows and holds. */
export interface SourceMetaView {
  readonly up: boolean;
  readonly id: number;
  /** Visible to everybody; null without a duplication. */
  readonly status: DuplicationStatus | null;
  readonly failMode: string | null;
  readonly durable: DuplicationStatus | null;
  readonly confirmed: readonly number[];
  /** Nothing is being written. */
  readonly idle: boolean;
}

export function seeSourceMeta({ up, disk, charts }: SourceMetaState): SourceMetaView {
  const context = duplicationOf(charts);
  return {
    up,
    id: disk.lastId,
    status: context?.status ?? null,
    failMode: context?.failMode ?? null,
    durable: disk.record?.status ?? null,
    confirmed: disk.confirmed,
    idle: context === undefined || context.next === null,
  };
}

export const duplicationOf = (charts: TroupeState | null): DuplicationContext | undefined =>
  contextOf<DuplicationContext>(charts ?? {}, DUPLICATION);

export const followerTableOf = (charts: TroupeState | null): FollowerTableContext | undefined =>
  contextOf<FollowerTableContext>(charts ?? {}, FOLLOWER_CHART);

/** Active leaves of a chart as paths, e.g. `living.lifecycle.DS_LOG`. */
export function leavesOf(position: Position | undefined): readonly string[] {
  return (position?.snapshot._nodes ?? [])
    .filter(({ type }) => type === 'atomic' || type === 'final')
    .map(({ path }) => path.join('.'))
    .sort();
}

/** What each state of a chart says about itself. */
export interface MetaSaid {
  readonly waitingFor: string;
  readonly from: string;
  readonly settled?: string;
}

export function metasOf(position: Position | undefined): readonly MetaSaid[] {
  const nodes = (position?.snapshot._nodes ?? []) as readonly { readonly meta?: MetaSaid }[];
  return nodes.flatMap(({ meta }) => (meta === undefined ? [] : [meta]));
}
