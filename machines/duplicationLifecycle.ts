/** The statuses of a duplication and what each waits for; see `duplication.ts` for the picture. */
import { assign, sendTo } from 'xstate';
import {
  chart,
  expect,
  FOLLOWER_META,
  followerInput,
  leavingFor,
  meta,
  persisted,
} from './duplicationChart.js';

export const lifecycle = chart.createStateConfig({
  initial: 'recovering',
  states: {
    recovering: {
      meta: meta('nothing: the durable record decides', 'nobody', 'at once'),
      always: [
        { guard: { type: 'durably', params: { status: 'DS_PREPARE' } }, target: 'DS_PREPARE' },
        { guard: { type: 'durably', params: { status: 'DS_APP' } }, target: 'DS_APP' },
        { guard: { type: 'durably', params: { status: 'DS_LOG' } }, target: 'DS_LOG' },
        { guard: { type: 'durably', params: { status: 'DS_PAUSE' } }, target: 'DS_PAUSE' },
        { guard: { type: 'durably', params: { status: 'DS_REMOVED' } }, target: 'DS_REMOVED' },
        { target: 'DS_INIT' },
      ],
    },
    DS_INIT: {
      tags: 'DS_INIT',
      ...leavingFor('DS_PREPARE', 'DS_PREPARE'),
      entry: [expect('prepare'), { type: 'askFor', params: { to: 'DS_PREPARE' } }],
    },
    DS_PREPARE: {
      tags: 'DS_PREPARE',
      entry: expect('prepare'),
      on: { STATUS_PERSISTED: { guard: persisted('DS_REMOVED'), target: 'DS_REMOVED' } },
      initial: 'checkpointing',
      states: {
        checkpointing: {
          meta: meta(
            'a durable checkpoint of every partition',
            'the source’s replica servers',
            'all partitions have reported a prepared checkpoint',
          ),
          always: { guard: 'allPrepared', target: 'creatingFollower' },
        },
        creatingFollower: {
          meta: meta(
            'the follower table to exist and to be ours',
            FOLLOWER_META,
            'the table carries this duplication’s identity',
            { operatorCan: ['explain', 'retry', 'remove'] },
          ),
          entry: expect('create'),
          invoke: {
            src: 'followerTable',
            id: 'followerTable',
            input: followerInput('adopted'),
            onDone: { target: 'leaving', actions: ['followerGoesOn', 'tellProgress'] },
          },
          on: { RETRY_NOW: { actions: sendTo('followerTable', { type: 'RETRY_NOW' }) } },
        },
        leaving: leavingFor('DS_APP', '#duplication.living.lifecycle.DS_APP'),
      },
    },
    DS_APP: {
      tags: 'DS_APP',
      entry: expect('copy'),
      on: { STATUS_PERSISTED: { guard: persisted('DS_REMOVED'), target: 'DS_REMOVED' } },
      initial: 'waitingReady',
      states: {
        waitingReady: {
          meta: meta(
            'every follower partition to hold its checkpoint',
            'the follower’s replica servers, which copy from the source',
            'the follower reports all partitions ready',
            { operatorCan: ['explain', 'retry', 'remove'] },
          ),
          invoke: {
            src: 'followerTable',
            id: 'followerTable',
            input: followerInput('ready'),
            onDone: { target: 'leaving', actions: ['followerGoesOn', 'tellProgress'] },
          },
          on: { RETRY_NOW: { actions: sendTo('followerTable', { type: 'RETRY_NOW' }) } },
        },
        leaving: leavingFor('DS_LOG', '#duplication.living.lifecycle.DS_LOG'),
      },
    },
    DS_LOG: {
      tags: 'DS_LOG',
      entry: 'expectShipping',
      meta: meta(
        'nothing: mutations are shipped as they come',
        'the source’s replica servers',
        'an operator pauses or removes it',
        { operatorCan: ['explain', 'pause', 'remove', 'fail-mode', 'verify'], settled: 'done' },
      ),
      on: {
        CONFIRM: [
          {
            guard: 'advances',
            actions: [
              {
                type: 'persistProgress',
                params: ({ event }) => ({ partition: event.partition, decree: event.decree }),
              },
              'noteConfirm',
              expect('ship'),
            ],
          },
          { guard: 'troubled', actions: ['noteConfirm', expect('ship'), 'tellTrouble'] },
          { guard: 'behind', actions: ['noteConfirm', expect('ship')] },
          // One partition that has caught up does not calm the watchdog for the others.
          { guard: 'othersBehind', actions: 'noteConfirm' },
          { actions: ['noteConfirm', 'expectNothing'] },
        ],
        STATUS_PERSISTED: [
          { guard: persisted('DS_PAUSE'), target: 'DS_PAUSE' },
          { guard: persisted('DS_REMOVED'), target: 'DS_REMOVED' },
        ],
      },
    },
    DS_PAUSE: {
      tags: 'DS_PAUSE',
      entry: 'expectNothing',
      meta: meta(
        'an operator to start it again; the source keeps its logs meanwhile',
        'an operator',
        '`bridle start` or `bridle remove` is typed',
        {
          operatorCan: ['explain', 'start', 'remove', 'fail-mode'],
          settled: 'done',
        },
      ),
      on: {
        STATUS_PERSISTED: [
          { guard: persisted('DS_LOG'), target: 'DS_LOG' },
          { guard: persisted('DS_REMOVED'), target: 'DS_REMOVED' },
        ],
      },
    },
    DS_REMOVED: {
      tags: 'DS_REMOVED',
      entry: ['expectNothing', 'clearTrouble', 'forgetBlock'],
      initial: 'deciding',
      states: {
        deciding: {
          always: [
            { guard: ({ context }) => context.onRemove === 'drop', target: 'droppingFollower' },
            { target: 'deletingRecord' },
          ],
        },
        droppingFollower: {
          meta: meta(
            'the follower table to be dropped, as `--follower drop` demands',
            FOLLOWER_META,
            'no table of ours is left there; logs are released already',
            { operatorCan: ['explain', 'retry'] },
          ),
          invoke: {
            src: 'followerTable',
            id: 'followerTable',
            input: followerInput('dropped'),
            onDone: { target: 'deletingRecord', actions: 'followerGoesOn' },
          },
          on: { RETRY_NOW: { actions: sendTo('followerTable', { type: 'RETRY_NOW' }) } },
        },
        deletingRecord: {
          meta: meta(
            'the record of the duplication to be deleted',
            'the meta server’s storage',
            'it is deleted; failures are retried',
            { operatorCan: ['explain'] },
          ),
          entry: { type: 'deleteRecord', params: {} },
          on: { RECORD_DELETED: '#duplication.released' },
          after: {
            storageRetry: {
              target: 'deletingRecord',
              reenter: true,
              actions: assign({ storageTrouble: { error: 'ERR_TIMEOUT', operation: 'deleteRecord' } }),
            },
          },
        },
      },
    },
  },
});
