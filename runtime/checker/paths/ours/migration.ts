import {
  type MigrationContext,
  type MigrationEvent,
  type MigrationInput,
  type MigrationReply,
  type MigrationView,
  migration,
} from '../../../../machines/index.js';
import { pathModel } from '../model.js';
import { RETRY, staleNumber } from './times.js';

const INPUT: MigrationInput = {
  start: 'new',
  verify: true,
  thresholdDecrees: 10,
  calmLooksWanted: 2,
  times: {
    requestDeadlineMs: 5_000,
    pollMs: 250,
    waitingDeadlineMs: 600_000,
    fencingDeadlineMs: 30_000,
    drainingDeadlineMs: 30_000,
    verifyDeadlineMs: 600_000,
    patienceMs: 60_000,
    blockedRecheckMs: 60_000,
    retry: RETRY,
  },
};

/** Close enough, nothing done yet. */
const READY: MigrationView = {
  status: 'DS_LOG',
  blocked: false,
  lagDecrees: 1,
  skippedMutations: 0,
  followerPartitionsMissing: 0,
  fence: 'open',
  drained: false,
  follower: 'follower',
};
const CLOSED: MigrationView = { ...READY, fence: 'in-force' };
const GONE: MigrationView = { ...CLOSED, status: 'gone', drained: false };

const DRAINED: MigrationView = { ...CLOSED, drained: true };

/** What a look may show, by the phase that looks: the same sights everywhere would only make it larger. */
const VIEWS: Readonly<Record<string, readonly MigrationView[]>> = {
  waiting: [READY, { ...READY, lagDecrees: 99 }, { ...READY, fence: 'foreign' }],
  fencing: [
    READY,
    { ...READY, fence: 'asked' },
    { ...READY, fence: 'earlier' },
    CLOSED,
    { ...READY, fence: 'foreign' },
  ],
  draining: [READY, CLOSED, DRAINED],
  deciding: [READY, CLOSED, DRAINED],
  handingOver: [
    READY,
    DRAINED,
    GONE,
    { ...GONE, fence: 'open' },
    { ...GONE, follower: 'ordinary' },
    { ...GONE, follower: 'foreign' },
  ],
  undoing: [READY, CLOSED],
};

type Answer = Partial<MigrationReply>;

function answersTo(asked: MigrationContext['asked'], phase: string): readonly Answer[] {
  if (asked === 'Look') return (VIEWS[phase] ?? []).map((view) => ({ view }));
  return asked === 'Verify' ? [{ equal: true }, { equal: false }] : [{}];
}

/** Repeatable with an outcome nobody knows, and not repeatable. */
const FAILURES: readonly Answer[] = [{ error: 'ERR_TIMEOUT' }, { error: 'ERR_ACL_DENY' }];

function events({ requestNo, asked }: MigrationContext, phase: string): readonly MigrationEvent[] {
  return [
    { type: 'CANCEL' },
    { type: 'RETRY_NOW' },
    { type: 'MIGRATION_REPLY', requestNo: staleNumber(requestNo), error: 'ERR_OK', view: CLOSED },
    ...[...answersTo(asked, phase), ...FAILURES].map(
      (answer): MigrationReply => ({ type: 'MIGRATION_REPLY', requestNo, error: 'ERR_OK', ...answer }),
    ),
  ];
}

const phaseOf = (value: unknown): string =>
  typeof value === 'string' ? value : (Object.keys(value as object)[0] ?? '');

export const migrationModel = pathModel({
  machine: migration,
  options: {
    inputs: {
      new: INPUT,
      'resumed with the source closed, unverified': { ...INPUT, start: 'fenced', verify: false },
      'resumed after the decision': { ...INPUT, start: 'decided' },
      'to be undone': { ...INPUT, start: 'undo' },
    },
    events: ({ context, value }) => events(context, phaseOf(value)),
    maxStates: 4_000,
  },
  faults: ({ type, error }) => {
    if (type === 'MIGRATION_REPLY') return error === 'ERR_OK' ? null : `reply ${String(error)}`;
    return type.includes('Deadline') ? type : null;
  },
});
