/** What a migration would do, for people who want to see it before it begins. */
import type { CutOverReason } from '../../../machines/cutOver.js';
import type { MigrationView } from '../../../machines/migrationVerdict.js';
import type { MigrationRecord } from './journal.js';

/** One thing that has to be so, and whether it is. */
export interface PlanCheck {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** One step, in order. */
export interface PlanStep {
  readonly step: string;
  readonly does: string;
  /** Whether clients of the source can write meanwhile. */
  readonly writable: boolean;
  /** Whether there is a way back from here. */
  readonly undoable: boolean;
}

export interface MigrationPlan {
  readonly table: string;
  readonly source: string;
  readonly target: string;
  readonly remoteTable: string;
  readonly dupid: number;
  readonly journal: string;
  readonly status: string;
  readonly lagDecrees: number;
  readonly thresholdDecrees: number;
  readonly canCutOver: boolean;
  /** Why not. `wait`: a migration that begins now waits for it. `operator`: it would end at once. */
  readonly reasons: readonly CutOverReason[];
  readonly checks: readonly PlanCheck[];
  readonly steps: readonly PlanStep[];
}

interface PlanFacts
  extends Pick<
    MigrationRecord,
    'table' | 'remoteTable' | 'dupid' | 'verify' | 'thresholdDecrees' | 'source' | 'target'
  > {
  readonly journal: string;
  readonly there: MigrationRecord | undefined;
  readonly view: MigrationView;
  readonly reasons: readonly CutOverReason[];
}

export function planOf(facts: PlanFacts): MigrationPlan {
  const { table, source, target, remoteTable, dupid, journal, thresholdDecrees, view, reasons } = facts;
  return {
    table,
    source: source.name,
    target: target.name,
    remoteTable,
    dupid,
    journal,
    status: view.status,
    lagDecrees: view.lagDecrees,
    thresholdDecrees,
    canCutOver: reasons.length === 0 && checksOf(facts).every(({ ok }) => ok),
    reasons,
    checks: checksOf(facts),
    steps: stepsOf(facts),
  };
}

function checksOf({
  view,
  reasons,
  there,
  journal,
  remoteTable,
  target,
  thresholdDecrees,
}: PlanFacts): PlanCheck[] {
  const against = (code: CutOverReason['code']) => reasons.find((reason) => reason.code === code)?.text;
  const check = (name: string, why: string | undefined, fine: string): PlanCheck => ({
    check: name,
    ok: why === undefined,
    detail: why ?? fine,
  });
  const open = there !== undefined && there.step !== 'done' && there.step !== 'undone';
  return [
    check('status', against('no-duplication') ?? against('status'), `the duplication is in ${view.status}`),
    check('progress', against('blocked'), 'it goes on by itself'),
    check('lag', against('lag'), `${view.lagDecrees} mutations behind, at most ${thresholdDecrees}`),
    check('complete', against('skipped'), 'no mutation was skipped'),
    check('fence', against('fenced'), 'nobody else has closed the source'),
    check('served', against('no-primary'), 'every partition of the follower has a primary'),
    check(
      'follower',
      view.follower === 'follower' ? undefined : `${target.name}/${remoteTable} is ${view.follower}`,
      `${target.name}/${remoteTable} belongs to this duplication`,
    ),
    check('journal', open ? `${journal} tells of one that is not over` : undefined, `${journal} can be used`),
  ];
}

function stepsOf({
  table,
  source,
  target,
  remoteTable,
  verify,
  thresholdDecrees,
  journal,
}: PlanFacts): PlanStep[] {
  const from = `${source.name}/${table}`;
  const to = `${target.name}/${remoteTable}`;
  const step = (name: string, does: string, writable: boolean, undoable: boolean): PlanStep => ({
    step: name,
    does,
    writable,
    undoable,
  });
  return [
    step('waiting', `until ${to} is at most ${thresholdDecrees} mutations behind, for a while`, true, true),
    step(
      'fencing',
      `note it in ${journal}, then refuse clients' writes at ${from}; reads go on`,
      false,
      true,
    ),
    step('draining', `until ${to} holds every mutation of every partition`, false, true),
    verify
      ? step('verifying', 'compare both sides, row by row', false, true)
      : step('verifying', 'left out, as asked for', false, true),
    step('deciding', `look once more, then note in ${journal} that there is no way back`, false, true),
    step('handing over', `remove the duplication, keep ${to}, and open it to writes`, false, false),
    step('done', `${from} stays closed to writes, with word of where it has moved`, false, false),
  ];
}
