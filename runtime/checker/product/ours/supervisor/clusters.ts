/**
 * Both clusters as an upstream source shows them: a duplication that creates a table once and takes it up only if
 * it hears the answer, a table that may be anybody's, a way that may be shut, and operators of their own.
 */
import type { FollowerSight, SupervisionView } from '../../../../../machines/index.js';
import { defineProcess, type Message, type Move, type Outcome, type Process } from '../../model.js';
import { answerTo, textOf, view } from '../plain.js';
import {
  BREAK_BUDGET,
  CLUSTERS,
  LOST_BUDGET,
  STRANGER_BUDGET,
  type SupervisorModelOptions,
} from './options.js';

export interface ClustersState {
  /** The duplication; 0: none. Ids are never given twice. */
  readonly dup: number;
  readonly lastDup: number;
  readonly status: 'DS_PREPARE' | 'DS_LOG' | 'DS_PAUSE';
  /** The answer to the creation was lost: it stays in DS_PREPARE for ever. */
  readonly deaf: boolean;
  /** `by`: the duplication that made it; 0: a stranger; -1: one before all this. */
  readonly table: { readonly appId: number; readonly by: number } | null;
  readonly lastApp: number;
  readonly complete: boolean;
  readonly open: boolean;
  /** What was dropped and must not be. */
  readonly harm: 'a stranger’s table' | 'the table of a living duplication' | null;
}

/** What is asked, with what the asker remembers. */
interface Asked {
  readonly asked: string;
  readonly dupid: number;
  readonly appId: number;
  readonly made: readonly number[];
}

export function clusters(options: SupervisorModelOptions): Process {
  const { table, shut } = options;
  const there = table === 'none' ? null : { appId: 1, by: table === 'foreign' ? 0 : -1 };
  return defineProcess<ClustersState>({
    name: CLUSTERS,
    start: () => ({
      local: {
        dup: 0,
        lastDup: 0,
        status: 'DS_PREPARE',
        deaf: false,
        table: there,
        lastApp: there === null ? 0 : 1,
        complete: true,
        open: !shut,
        harm: null,
      },
    }),
    moves,
    receive: (local, message) => [receives(local, message)],
    key: textOf,
    describe: ({ dup, status, deaf, table: now, open }) =>
      `${dup === 0 ? 'no duplication' : `${dup} in ${status}${deaf ? ', deaf' : ''}`}, ${now === null ? 'no table' : `table ${now.appId} by ${now.by}`}${open ? '' : ', shut'}`,
  });
}

function moves(local: ClustersState): Move<ClustersState>[] {
  const { dup, status, deaf, table, open, lastApp, complete } = local;
  const all: Move<ClustersState>[] = [];
  const does = (label: string, kind: Move<ClustersState>['kind'], next: Partial<ClustersState>, more = {}) =>
    all.push({ label, kind, local: { ...local, ...next }, ...more });
  const preparing = dup !== 0 && status === 'DS_PREPARE';
  const created = { appId: lastApp + 1, by: dup };
  if (preparing && table === null && open && !deaf) {
    const made = { table: created, lastApp: lastApp + 1 };
    does('the follower creates the table', 'effect', { ...made, status: 'DS_LOG' });
    does(
      'the follower creates the table, unheard',
      'fault',
      { ...made, deaf: true },
      { budget: LOST_BUDGET },
    );
  }
  if (table === null) {
    const strange = { appId: lastApp + 1, by: 0 };
    const budget = { budget: STRANGER_BUDGET };
    does('somebody creates a table', 'environment', { table: strange, lastApp: lastApp + 1 }, budget);
  }
  if (dup !== 0 && status === 'DS_LOG') {
    does('an operator pauses', 'operator', { status: 'DS_PAUSE' }, { budget: 'pause' });
    if (complete) does('the copy breaks', 'fault', { complete: false }, { budget: BREAK_BUDGET });
  }
  if (dup !== 0 && status === 'DS_PAUSE') {
    does('an operator starts', 'operator', { status: 'DS_LOG' }, { budget: 'start' });
  }
  if (dup !== 0) does('an operator removes', 'operator', { dup: 0 }, { budget: 'remove' });
  if (!open) does('somebody opens the way', 'operator', { open: true });
  return all;
}

function receives(local: ClustersState, message: Message): Outcome<ClustersState> {
  const { asked, dupid, appId, made } = message.body as unknown as Asked;
  const { dup, table, lastDup, open, complete } = local;
  const answer = (body: object) => answerTo(message, 'Answer', view({ asked, error: 'ERR_OK', ...body }));
  const does = (next: Partial<ClustersState>): Outcome<ClustersState> => ({
    local: { ...local, ...next },
    sends: [answer({})],
  });
  switch (asked) {
    case 'Look':
      return { local, sends: [answer({ view: seen(local, made) })] };
    case 'Preflight':
      return { local, sends: [answer({ path: open ? 'open' : 'blocked' })] };
    case 'Verify':
      return { local, sends: [answer({ equal: complete })] };
    case 'Add': {
      if (table !== null) return { local, sends: [answer({ error: 'ERR_APP_EXIST' })] };
      if (dup !== 0) return does({});
      const begun = { status: 'DS_PREPARE', deaf: false, complete: true } as const;
      return does({ ...begun, dup: lastDup + 1, lastDup: lastDup + 1 });
    }
    case 'Remove':
      return does(dup === dupid ? { dup: 0 } : {});
    case 'Drop': {
      if (table === null) return does({});
      if (table.appId !== appId) return { local, sends: [answer({ error: 'BRIDLE_FOREIGN_TABLE' })] };
      const harm =
        table.by === 0
          ? 'a stranger’s table'
          : table.by === dup
            ? 'the table of a living duplication'
            : local.harm;
      return does({ table: null, harm });
    }
    default:
      return does({});
  }
}

function seen(local: ClustersState, made: readonly number[]): SupervisionView {
  const { dup, status, deaf, table, complete, open } = local;
  const preparing = dup !== 0 && status === 'DS_PREPARE';
  return {
    status: dup === 0 ? 'none' : status,
    dupid: dup,
    progress: 0,
    blocked: preparing && (deaf || table !== null || !open),
    skippedMutations: complete ? 0 : 1,
    trouble: open || !preparing ? null : { error: 'ERR_TIMEOUT', operation: 'RPC_CM_CREATE_APP' },
    follower: sightOf(local, made),
  };
}

function sightOf({ dup, status, table }: ClustersState, made: readonly number[]): FollowerSight {
  if (table === null) return { claim: 'absent', appId: 0, owner: null };
  const { appId, by } = table;
  if (by === 0) return { claim: 'foreign', appId, owner: null };
  const owner = `east/users/${by}`;
  if (by !== dup) return { claim: 'leftover', appId, owner };
  if (status !== 'DS_PREPARE') return { claim: 'own', appId, owner };
  return { claim: made.includes(by) ? 'orphan' : 'leftover', appId, owner };
}
