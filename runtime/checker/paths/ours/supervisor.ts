import {
  type FollowerSight,
  type Heal,
  NOTHING_REMEMBERED,
  type SupervisionMemory,
  type SupervisionReply,
  type SupervisionView,
  type SupervisorContext,
  type SupervisorEvent,
  type SupervisorInput,
  supervisor,
} from '../../../../machines/index.js';
import { SUPERVISOR_TIMES } from '../../product/ours/supervisor/options.js';
import { pathModel } from '../model.js';
import { RETRY, staleNumber } from './times.js';

const INPUT: SupervisorInput = {
  memory: NOTHING_REMEMBERED,
  once: true,
  verify: true,
  heal: [],
  healLimit: 1,
  quietLooksLimit: 2,
  times: { ...SUPERVISOR_TIMES, retry: RETRY },
};

const NO_TABLE: FollowerSight = { claim: 'absent', appId: 0, owner: null };
const OWN: FollowerSight = { claim: 'own', appId: 2, owner: 'east/users/7' };
const ORPHAN: FollowerSight = { claim: 'orphan', appId: 2, owner: null };

/** Both clusters before anything is there. */
export const NONE: SupervisionView = {
  status: 'none',
  dupid: 0,
  progress: 0,
  blocked: false,
  skippedMutations: 0,
  trouble: null,
  follower: NO_TABLE,
};
const PREPARING: SupervisionView = { ...NONE, status: 'DS_PREPARE', dupid: 7 };
const SHIPS: SupervisionView = { ...PREPARING, status: 'DS_LOG', follower: OWN };
const ORPHANED: SupervisionView = { ...PREPARING, blocked: true, follower: ORPHAN };
const SHUT: SupervisionView = { ...PREPARING, blocked: true };

const HEAL: Heal = { kind: 'drop-orphan', dupid: 7, appId: 2, owner: null };
const TRACKING: SupervisionMemory = { ...NOTHING_REMEMBERED, step: 'tracking', dupid: 7, made: [7] };
const HEALING: SupervisionMemory = { ...TRACKING, step: 'healing', heal: HEAL, heals: 1 };

/** What a look may show, by what is remembered: the same sights everywhere would only make it larger. */
const VIEWS: Readonly<Record<SupervisionMemory['step'], readonly SupervisionView[]>> = {
  new: [NONE, PREPARING, { ...NONE, follower: ORPHAN }],
  adding: [NONE, PREPARING],
  cleared: [NONE, { ...NONE, follower: ORPHAN }],
  tracking: [
    NONE,
    PREPARING,
    { ...PREPARING, dupid: 8 },
    SHUT,
    ORPHANED,
    SHIPS,
    { ...SHIPS, status: 'DS_PAUSE' },
  ],
  healing: [{ ...NONE, follower: ORPHAN }, NONE, ORPHANED],
};

type Answer = Partial<SupervisionReply>;

function answersTo({ asked, memory }: SupervisorContext): readonly Answer[] {
  switch (asked) {
    case 'Look':
      return VIEWS[memory.step].map((view) => ({ view }));
    case 'Preflight':
      return [{ path: 'open' }, { path: 'blocked' }, { path: 'refused' }];
    case 'Verify':
      return [{ equal: true }, { equal: false }];
    default:
      return [{}];
  }
}

/** Repeatable with an outcome nobody knows, and not repeatable. */
const FAILURES: readonly Answer[] = [{ error: 'ERR_TIMEOUT' }, { error: 'ERR_ACL_DENY' }];

function events(context: SupervisorContext): readonly SupervisorEvent[] {
  const { requestNo } = context;
  return [
    { type: 'RETRY_NOW' },
    { type: 'SUPERVISION_REPLY', requestNo: staleNumber(requestNo), error: 'ERR_OK', view: SHIPS },
    ...[...answersTo(context), ...FAILURES].map(
      (answer): SupervisionReply => ({ type: 'SUPERVISION_REPLY', requestNo, error: 'ERR_OK', ...answer }),
    ),
  ];
}

export const supervisorModel = pathModel({
  machine: supervisor,
  options: {
    inputs: {
      new: INPUT,
      'that goes on watching': { ...INPUT, once: false },
      'resumed, with leave to heal': { ...INPUT, memory: TRACKING, heal: ['drop-orphan', 'recopy'] },
      'resumed in a healing': { ...INPUT, memory: HEALING, heal: ['drop-orphan'] },
    },
    events: ({ context }) => events(context),
    maxStates: 4_000,
  },
  faults: ({ type, error }) => {
    if (type === 'SUPERVISION_REPLY') return error === 'ERR_OK' ? null : `reply ${String(error)}`;
    return /Deadline|patience/.test(type) ? type : null;
  },
});
