/** A move of a partition: durable before anybody acts on it, undone before the decision, only forward after it (SPEC S-MOVE-1). */
import { describe, expect, it } from 'vitest';
import {
  type PartitionMoveEvent,
  type PartitionMoveInput,
  partitionMove,
} from '../../machines/partitionMove.js';
import { type Drive, drive } from '../support/chart.js';
import { moveInput, trouble } from '../support/inputs.js';

type Run = Drive<typeof partitionMove>;
const start = (more: Partial<PartitionMoveInput> = {}): Run => drive(partitionMove, moveInput(more));
const PERSISTED: PartitionMoveEvent = { type: 'MOVE_PERSISTED' };
const REFUSED: PartitionMoveEvent = { type: 'MOVE_PERSIST_FAILED', error: 'ERR_DISK_INSUFFICIENT' };
const left = (more: object = {}): PartitionMoveEvent => ({
  type: 'LEFT',
  ballot: 3,
  holds: true,
  decree: 9,
  ...more,
});
const fetched = (more: object = {}): PartitionMoveEvent => ({
  type: 'FETCHED',
  ballot: 3,
  decree: 9,
  ...more,
});
const leaving = () => start().send(PERSISTED);
const fetching = () => leaving().send(left());
const deciding = () => fetching().send(fetched());

describe('until the decision', () => {
  it('given a request, then the attempt is written before the old node is told', () => {
    const run = start();
    expect(run.at).toBe('recording');
    expect(run.effects('persistMove')).toMatchObject([{ step: 'begin' }]);
    expect([run.hasTag('leaves'), run.hasTag('fetches')]).toEqual([false, false]);
    run.send(PERSISTED);
    expect([run.at, run.hasTag('leaves'), run.hasTag('fetches')]).toEqual(['leaving', true, false]);
  });

  it('given the attempt cannot be written, then it is made sure that nothing of it is on the disk', () => {
    const run = start().send(REFUSED);
    expect(run.effects('persistMove')).toMatchObject([
      { step: 'undo', trouble: { error: 'ERR_DISK_INSUFFICIENT' } },
    ]);
    expect(run.send(PERSISTED).at).toBe('undone');
  });

  it('given the old node has closed it, then and only then the new one fetches it', () => {
    const run = leaving().send(left({ ballot: 2 }));
    expect(run.at).toBe('leaving');
    run.send(left());
    expect([run.at, run.hasTag('leaves'), run.hasTag('fetches')]).toEqual(['fetching', true, true]);
    expect(run.context).toMatchObject({ decree: 9, holds: true });
  });

  it('given the old node has no data of it, then there is nothing to fetch', () => {
    const run = leaving().send(left({ holds: false, decree: -1 }));
    expect(run.at).toBe('deciding.writing');
    expect(run.effects('persistMove')).toMatchObject([{ step: 'complete', holds: false }]);
  });

  it.each<[string, () => Run, PartitionMoveEvent | string, string]>([
    ['the old node does not answer', leaving, 'leaveDeadline', 'ERR_TIMEOUT'],
    [
      'the old node cannot close it',
      leaving,
      { type: 'LEAVE_FAILED', ballot: 3, trouble: trouble('ERR_DISK_IO_ERROR') },
      'ERR_DISK_IO_ERROR',
    ],
    ['the new node does not come forward', fetching, 'stalledFetch', 'ERR_TIMEOUT'],
    [
      'the new node cannot fetch it',
      fetching,
      { type: 'FETCH_FAILED', ballot: 3, trouble: trouble('ERR_ACL_DENY') },
      'ERR_ACL_DENY',
    ],
    ['the new node holds too little', fetching, fetched({ decree: 8 }), 'ERR_INCONSISTENT_STATE'],
    ['the new node holds too much', fetching, fetched({ decree: 10 }), 'ERR_INCONSISTENT_STATE'],
  ])('given %s, then it is undone, and the record says why', (_, begin, what, error) => {
    const run = begin();
    if (typeof what === 'string') run.fire(what);
    else run.send(what);
    expect(run.at).toBe('undoing.writing');
    // Until that is durable the old node stays closed.
    expect([run.hasTag('leaves'), run.hasTag('fetches')]).toEqual([true, false]);
    expect(run.effects('persistMove')).toMatchObject([{ step: 'undo', trouble: { error } }]);
    run.send(REFUSED);
    run.fire('storageRetry');
    expect(run.effects('persistMove')).toMatchObject([{ step: 'undo', trouble: { error } }]);
    expect(run.send(PERSISTED).at).toBe('undone');
  });

  it('given progress, then the new node gets its time again', () => {
    const run = fetching();
    run.send({ type: 'FETCH_PROGRESS', ballot: 3 });
    expect([run.at, run.timers.length]).toEqual(['fetching', 1]);
  });
});

describe('from the decision on', () => {
  it.each<[string, PartitionMoveEvent]>([
    ['the new node fails', { type: 'FETCH_FAILED', ballot: 3, trouble: trouble('ERR_DISK_IO_ERROR') }],
    ['the old node fails', { type: 'LEAVE_FAILED', ballot: 3, trouble: trouble('ERR_DISK_IO_ERROR') }],
    ['the old node says again that it has left', left()],
  ])('given %s, then it goes forward all the same', (_, event) => {
    const run = deciding().send(event);
    expect(run.at).toBe('deciding.writing');
  });

  it('given storage fails, then it is written again, and the move ends well', () => {
    const run = deciding().send(REFUSED);
    expect(run.at).toBe('deciding.failed');
    run.fire('storageRetry');
    expect(run.effects('persistMove')).toMatchObject([{ step: 'complete', holds: true }]);
    expect(run.send(PERSISTED).at).toBe('moved');
    expect(run.context.trouble).toBe(null);
  });
});

describe('around it', () => {
  it('given a meta server that has restarted, then the move goes on with the old node', () => {
    const run = start({ recorded: true });
    expect([run.at, run.allEffects('persistMove').length]).toEqual(['leaving', 0]);
  });

  it.each<[string, () => Run]>([
    ['leaving', leaving],
    ['fetching', fetching],
    ['deciding', deciding],
  ])('given the table is dropped while %s, then there is nothing to move', (_, begin) => {
    const run = begin().send({ type: 'TABLE_GONE' });
    expect([run.at, run.context.trouble?.error]).toEqual(['undone', 'ERR_APP_DROPPED']);
  });
});
