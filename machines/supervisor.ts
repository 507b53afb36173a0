/**
 * Drives and heals a duplication on clusters that somebody else runs. Lives at the operator's side, and may die
 * and be resumed at any moment.
 *
 *            ┌──────────────────────────── pausing ◄── it gets on, or the answer failed
 *            ▼                                │
 *   ┌──► looking ──► checking ──► recording ──┴► adding ─┐
 *   │     │  │  │     (ways)          ▲                  │
 *   │     │  │  └── to be healed ─────┘                  │
 *   │     │  └────► removing, dropping ──────────────────┤     once: done ■
 *   │     └───────► verifying ──► reached ───────────────┼──►  else: keeping ⇄
 *   └────────────────────────────────────────────────────┘     somebody has to decide: gaveUp ■, or handedOver ⇄
 *
 * Every act is followed by a look, and what the clusters show decides what is next. What is remembered besides is
 * in the journal before it is done: so a run that is resumed destroys nothing twice and nothing unawares
 * (SPEC S-SUPERVISE-1, S-SUPERVISE-2). It never starts what is paused, and never changes a fail mode.
 */
import { describeStates } from './effects.js';
import { ask, type SupervisorOutput, supervisorSetup } from './supervisorSetup.js';
import type { SupervisionSight } from './supervisorVerdict.js';

const on = (...what: SupervisionSight[]) => ({ type: 'sees' as const, params: { what } });
const meta = describeStates('status', 'explain');
const BOTH = 'both clusters';
const THEN_LOOK = 'it answers, or the request deadline passes; then both clusters are looked at';
const timedOut = { after: { requestDeadline: { actions: 'timeOut' } } } as const;
const acts = { SUPERVISION_REPLY: { guard: on('done'), target: 'looking' } } as const;
const records = { target: '#supervisor.recording' } as const;

export const supervisor = supervisorSetup.createMachine({
  id: 'supervisor',
  context: ({ input }) => ({
    ...input,
    requestNo: 0,
    asked: 'Look',
    attempt: 0,
    quietLooks: 0,
    view: null,
    trouble: null,
    next: null,
    verified: false,
    differs: false,
    reason: null,
  }),
  initial: 'looking',
  // Wherever something is asked for. What comes a second time comes with a number that is over.
  on: {
    SUPERVISION_REPLY: [
      { guard: on('stop'), target: '.handingOver', actions: 'giveReason' },
      { guard: on('again'), target: '.pausing', actions: 'noteTrouble' },
    ],
  },
  output: ({ context }): SupervisorOutput => ({
    outcome: context.reason === null ? 'reached' : 'handedOver',
    reason: context.reason,
  }),
  states: {
    looking: {
      meta: meta(
        'what both clusters show',
        BOTH,
        'they answer; past the request deadline they are asked again',
      ),
      entry: [...ask('Look')],
      ...timedOut,
      on: {
        SUPERVISION_REPLY: [
          { guard: on('moving'), target: 'pausing', actions: 'noteView' },
          { guard: on('absent', 'path'), target: 'checking', actions: 'noteView' },
          // What is planned follows from the look before this one, too.
          { guard: on('adopt', 'heal', 'cleared'), ...records, actions: ['plan', 'noteView'] },
          { guard: on('remove'), target: 'removing', actions: 'noteView' },
          { guard: on('drop'), target: 'dropping', actions: 'noteView' },
          { guard: on('unverified'), target: 'verifying', actions: 'noteView' },
          { guard: on('reached'), target: 'reached', actions: 'noteView' },
          { guard: on('handOver'), target: 'handingOver', actions: ['giveReason', 'noteView'] },
        ],
      },
    },
    pausing: {
      meta: meta('the duplication to get on', 'the servers of both clusters', 'the next look is due'),
      after: { pause: 'looking' },
      on: { RETRY_NOW: 'looking' },
    },
    checking: {
      initial: 'probing',
      after: { patience: { target: 'handingOver', actions: 'giveReason' } },
      states: {
        probing: {
          meta: meta(
            'every way to be tried by the servers that use it',
            BOTH,
            'they have answered, or are late',
          ),
          entry: [...ask('Preflight')],
          after: { preflightDeadline: { actions: 'timeOut' } },
          on: {
            SUPERVISION_REPLY: [
              { guard: on('refused'), target: '#supervisor.handingOver', actions: 'giveReason' },
              { guard: on('blocked'), target: 'pausing', actions: 'noteShut' },
              { guard: 'opensAnew', ...records, actions: 'plan' },
              { guard: on('open'), target: 'retrying' },
            ],
          },
        },
        pausing: {
          meta: meta(
            'a way that is shut to be opened',
            'whoever runs the network and its policies',
            'it is tried again; past all patience somebody has to decide',
            { operatorCan: ['preflight', 'policy'] },
          ),
          after: { pathRecheck: 'probing' },
          on: { RETRY_NOW: 'probing' },
        },
        retrying: {
          meta: meta('the source to try again at once', 'the source', THEN_LOOK),
          entry: [...ask('Retry')],
          ...timedOut,
          on: {
            SUPERVISION_REPLY: [{ guard: on('done'), target: '#supervisor.pausing', actions: 'noteRetried' }],
          },
        },
      },
    },
    recording: {
      meta: meta(
        'the journal to say what is done next',
        'the disk of the operator',
        'it is durable; past the deadline everything is looked at again',
      ),
      entry: [...ask('Record')],
      ...timedOut,
      on: {
        SUPERVISION_REPLY: [{ guard: on('done'), target: 'recorded', actions: 'noteRecorded' }],
      },
    },
    recorded: {
      meta: meta('nothing: what was recorded decides', 'nobody', 'at once'),
      always: [{ guard: 'adds', target: 'adding' }, { target: 'looking' }],
    },
    adding: {
      meta: meta('the source to take the duplication', 'the source', THEN_LOOK),
      entry: [...ask('Add')],
      ...timedOut,
      on: acts,
    },
    removing: {
      meta: meta('the duplication to be removed, as was allowed', 'the source', THEN_LOOK),
      entry: [...ask('Remove')],
      ...timedOut,
      on: acts,
    },
    dropping: {
      meta: meta('the follower table to be dropped, as was allowed', 'the follower', THEN_LOOK),
      entry: [...ask('Drop')],
      ...timedOut,
      on: acts,
    },
    verifying: {
      meta: meta(
        'both sides to be compared row by row',
        BOTH,
        'they are; past the deadline for it, it is looked at and tried again',
      ),
      entry: [...ask('Verify')],
      after: { verifyDeadline: { actions: 'timeOut' } },
      on: {
        SUPERVISION_REPLY: [
          { guard: on('equal'), target: 'reached', actions: 'noteEqual' },
          { guard: on('heal'), ...records, actions: ['plan', 'noteDiffers'] },
          { guard: on('handOver'), target: 'handingOver', actions: ['giveReason', 'noteDiffers'] },
        ],
      },
    },
    reached: {
      meta: meta('nothing: it ships', 'nobody', 'at once'),
      entry: 'forgetTrouble',
      always: [{ guard: 'once', target: 'done' }, { target: 'keeping' }],
    },
    keeping: {
      meta: meta('the next trouble, which may never come', 'the clusters', 'the next look is due'),
      after: { keepPoll: 'looking' },
      on: { RETRY_NOW: 'looking' },
    },
    handingOver: {
      meta: meta('nothing: somebody has to decide', 'nobody', 'at once'),
      always: [{ guard: 'once', target: 'gaveUp' }, { target: 'handedOver' }],
    },
    handedOver: {
      tags: 'blocked',
      meta: meta('somebody to decide what the reason names', 'an operator', 'it is looked at again, slowly', {
        settled: 'blocked',
        operatorCan: ['explain', 'retry', 'supervise'],
      }),
      after: { blockedRecheck: { target: 'looking', actions: 'beginAnew' } },
      on: { RETRY_NOW: { target: 'looking', actions: 'beginAnew' } },
    },
    done: { type: 'final', meta: meta('nothing: it ships', 'nobody', 'never', { settled: 'done' }) },
    gaveUp: {
      type: 'final',
      meta: meta('nothing: the reason names who has to decide', 'nobody', 'never', { settled: 'done' }),
    },
  },
});
