/** What a duplication at the source's meta promises; its storage and answers are in files of their own. */
import type {
  DuplicationContext as Context,
  DuplicationEvent as Event,
  FollowerTableInput,
  DuplicationInput as Input,
} from '../../../../machines/index.js';
import type { PossibleEvent } from '../../paths/automatic.js';
import { duplicationAnswers } from './duplication-answers.js';
import { duplicationStorage } from './duplication-storage.js';
import { duplicationWatch } from './duplication-watch.js';
import { asked, type ChartPromise, promisesOf, timerOf, type View } from './promise.js';

const LIFE = 'living.lifecycle.';
/** States that have a follower table at work, and what it is for. */
const GOALS: Readonly<Record<string, FollowerTableInput['goal']>> = {
  'DS_PREPARE.creatingFollower': 'adopted',
  'DS_APP.waitingReady': 'ready',
  'DS_REMOVED.droppingFollower': 'dropped',
};

const lifeOf = ({ control }: View<Context>): string =>
  control
    .split(' + ')
    .find((leaf) => leaf.startsWith(LIFE))
    ?.slice(LIFE.length) ?? control;
const storageOf = ({ control }: View<Context>): string =>
  control.split(' + ').find((leaf) => leaf.startsWith('living.storage.')) ?? control;

function help(view: View<Context>): PossibleEvent | null {
  const event = (given: Event): PossibleEvent => ({ event: given });
  const { writeNo, writing, confirmed, prepared } = view.context;
  const [life, storage] = [lifeOf(view), storageOf(view)];
  if (storage.endsWith('writing')) return event({ type: 'STATUS_PERSISTED', writeNo });
  if (storage.endsWith('failed')) return timerOf(view, 'duplication.living.storage.failed');
  const late = writing.findIndex((decree, p) => decree !== confirmed[p]);
  if (late >= 0) return event({ type: 'PROGRESS_PERSISTED', partition: late, decree: writing[late]! });
  if (life === 'DS_PREPARE.checkpointing') {
    const partition = prepared.findIndex((yes, p) => !yes || confirmed[p]! < 0);
    if (partition < 0) return null;
    return event({
      type: 'CONFIRM',
      partition,
      decree: 1,
      followerHolds: true,
      prepared: true,
      lastCommitted: 1,
      trouble: null,
    });
  }
  if (life in GOALS) {
    const output = { goal: GOALS[life] };
    return { event: { type: 'xstate.done.actor.followerTable', actorId: 'followerTable', output } as never };
  }
  return life === 'DS_REMOVED.deletingRecord' ? event({ type: 'RECORD_DELETED' }) : null;
}

const lifecycle: readonly ChartPromise<Context, Event, Input>[] = [
  {
    name: 'the status shown is the one that is lived (S-DURABLE-1)',
    ofStep: ({ after }) =>
      after.status !== 'active' || lifeOf(after).startsWith(after.context.status)
        ? null
        : `${after.context.status} is shown in ${lifeOf(after)}`,
  },
  {
    name: 'the durable record decides (S-DURABLE-1)',
    ofStart: ({ after, input }) => {
      const { status, failMode, confirmed, writing, onRemove } = after.context;
      if (status !== (input.durable?.status ?? 'DS_INIT')) return `${status} is shown`;
      if (!lifeOf(after).startsWith(status)) return `${status} begins in ${lifeOf(after)}`;
      if (failMode !== (input.durable?.failMode ?? 'FAIL_SLOW')) return 'the fail mode is forgotten';
      if (onRemove !== input.onRemove) return 'it forgets what becomes of the follower table';
      const known = [confirmed, writing].every((list) => list.join() === input.confirmed.join());
      return known ? null : 'confirmed decrees are forgotten';
    },
  },
  {
    name: 'a follower table is at work where one is waited for (L-SETTLE-1)',
    ofStep: ({ before, after, effects }) => {
      const life = lifeOf(after);
      const goal = GOALS[life];
      if (after.children.includes('followerTable') !== (goal !== undefined)) return `in ${life}`;
      const began = goal !== undefined && lifeOf(before) !== life;
      const spawned = effects.find(({ kind, name }) => kind === 'spawn' && name === 'followerTable');
      if (began && spawned === undefined) return 'none is started';
      if (spawned === undefined) return null;
      const given = spawned.params as FollowerTableInput;
      const { identity, remoteTable, confirmed, remoteReplicaCount, policy, times } = after.context;
      if (given.goal !== goal) return `it is to reach ${given.goal}`;
      const told =
        given.identity === identity &&
        given.remoteTable === remoteTable &&
        given.partitionCount === confirmed.length &&
        given.replicaCount === remoteReplicaCount &&
        given.policy === policy &&
        given.times === times.followerTable;
      return told ? null : 'it is told something else';
    },
    ofStart: ({ effects, input }) => {
      const watchdog = effects.find(({ kind, name }) => kind === 'spawn' && name === 'watchdog');
      return watchdog?.params === input.times.watchdog ? null : 'no watchdog, or another patience';
    },
  },
  {
    name: 'each step of the way is taken, and in order (L-SETTLE-1)',
    ofStep: ({ before, after, event }) => {
      const [from, to] = [lifeOf(before), lifeOf(after)];
      const done = (event as { type: string }).type === 'xstate.done.actor.followerTable';
      const { prepared, confirmed, onRemove } = after.context;
      const ready = prepared.every(Boolean) && confirmed.every((decree) => decree >= 0);
      if (to === 'DS_PREPARE.checkpointing' && ready) return 'prepared, and it waits';
      if (to === 'DS_PREPARE.creatingFollower' && from !== to && !ready)
        return 'not every partition is prepared';
      if (from in GOALS && done) {
        const next = `${from.split('.')[0]}.${from.startsWith('DS_REMOVED') ? 'deletingRecord' : 'leaving'}`;
        if (to !== next) return `the follower table is done, and it is in ${to}`;
      }
      const early = to.endsWith('leaving') && from !== to && !done;
      if (early) return 'it goes on before the follower table is done';
      if (to.endsWith('DS_REMOVED.deletingRecord') && from !== to && !done && onRemove === 'drop')
        return 'the follower table is not dropped';
      if (to === 'DS_REMOVED.droppingFollower' && onRemove !== 'drop') return 'the follower table is dropped';
      return null;
    },
  },
  {
    name: 'Releases (L-RELEASE-1)',
    ofStep: ({ before, after, event, timer, effects }) => {
      const deleting = lifeOf(after) === 'DS_REMOVED.deletingRecord';
      const again =
        deleting && lifeOf(before) === 'DS_REMOVED.deletingRecord' && timer?.includes('deletingRecord');
      const began = deleting && lifeOf(before) !== 'DS_REMOVED.deletingRecord';
      const deletes = asked(effects, 'deleteRecord').length > 0;
      if (deletes !== Boolean(began || again)) return deletes ? 'deleted for no reason' : 'not deleted';
      const { storageTrouble: trouble } = after.context;
      if (again && trouble?.error !== 'ERR_TIMEOUT') return 'the trouble is not told';
      if (again && trouble?.operation !== 'deleteRecord') return 'the trouble has no place';
      const gone = event.type === 'RECORD_DELETED' && lifeOf(before) === 'DS_REMOVED.deletingRecord';
      return gone === (after.status === 'done') ? null : 'record and duplication do not end together';
    },
    ofStart: ({ after, effects }) =>
      (lifeOf(after) === 'DS_REMOVED.deletingRecord') === asked(effects, 'deleteRecord').length > 0
        ? null
        : 'the record is not deleted, or too early',
  },
  {
    name: 'an operator’s retry gets through (L-OBEY-1)',
    ofStep: ({ before, event, effects }) => {
      if (event.type !== 'RETRY_NOW') return null;
      const due = lifeOf(before) in GOALS;
      return asked(effects, 'RETRY_NOW').length === (due ? 1 : 0) ? null : 'it does not';
    },
  },
];

export const duplicationPromises = promisesOf<Context, Event, Input>({
  noDeadline: {
    'duplication.living.storage.idle': 'waits for nothing',
    'duplication.living.lifecycle.DS_INIT': 'the write beside it has the storage deadline',
    'duplication.living.lifecycle.DS_PREPARE.checkpointing': 'the watchdog counts',
    'duplication.living.lifecycle.DS_PREPARE.creatingFollower': 'the follower table has deadlines of its own',
    'duplication.living.lifecycle.DS_PREPARE.leaving': 'the write beside it has the storage deadline',
    'duplication.living.lifecycle.DS_APP.waitingReady': 'the follower table has deadlines of its own',
    'duplication.living.lifecycle.DS_APP.leaving': 'the write beside it has the storage deadline',
    'duplication.living.lifecycle.DS_LOG': 'the aim; the watchdog counts as soon as a partition lags',
    'duplication.living.lifecycle.DS_PAUSE': 'an operator asked for it and ends it',
    'duplication.living.lifecycle.DS_REMOVED.droppingFollower': 'the follower table has deadlines of its own',
  },
  toldOnce: ['duplication.living.storage.writing'],
  help,
  settled: (view) => {
    const quiet = storageOf(view) === 'living.storage.idle';
    return quiet && (lifeOf(view) === 'DS_LOG' || lifeOf(view) === 'DS_PAUSE');
  },
  promises: [...lifecycle, ...duplicationStorage, ...duplicationAnswers, ...duplicationWatch],
});
