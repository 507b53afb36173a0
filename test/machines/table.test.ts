/** The follower's half of the handshake: nothing is answered before it is durable. */
import { describe, expect, it } from 'vitest';
import { type TableEvent, type TableInput, table, WAITING_REQUESTERS_LIMIT } from '../../machines/table.js';
import { type Drive, drive } from '../support/chart.js';
import { FOREIGN, OWNER, tableInput } from '../support/inputs.js';

type Run = Drive<typeof table>;
const start = (more: Partial<TableInput> = {}): Run => drive(table, tableInput(more));
const available = (more: Partial<TableInput> = {}): Run =>
  start({ durable: 'AS_AVAILABLE', requester: null, ...more });
const create = (
  requester: string,
  more: Partial<Extract<TableEvent, { type: 'CREATE' }>> = {},
): TableEvent => ({
  type: 'CREATE',
  requester,
  successIfExist: false,
  partitionCount: 4,
  replicaCount: 3,
  envs: { masterCluster: 'east', owner: OWNER, followerStatus: 'creating' },
  ...more,
});
const mark = (requester: string): TableEvent =>
  create(requester, { envs: { masterCluster: 'east', owner: OWNER, followerStatus: 'created' } });
const drop = (requester: string, more: object = {}): TableEvent => ({ type: 'DROP', requester, ...more });
const PERSISTED: TableEvent = { type: 'TABLE_PERSISTED' };
const FAILED: TableEvent = { type: 'TABLE_PERSIST_FAILED', error: 'ERR_FS_INTERNAL' };
const EXISTS_FOR_OTHERS = { masterCluster: 'east', owner: FOREIGN, followerStatus: 'creating' };

describe('creating', () => {
  it('given a new table, when it is durable, then and only then the requester is answered', () => {
    const run = start();
    expect(run.effectNames).toEqual(['persistTable']);
    expect(run.effects('persistTable')).toEqual([{ status: 'AS_AVAILABLE', followerStatus: 'creating' }]);
    run.send(PERSISTED);
    expect(run.effects('answer')).toEqual([{ requesters: ['first'], error: 'ERR_OK' }]);
    expect(run.at).toBe('AS_AVAILABLE.idle');
  });

  it('given storage fails, then it is retried and the requester is answered once', () => {
    const run = start().send(FAILED);
    expect(run.at).toBe('AS_CREATING.failed');
    expect(run.context.trouble).toBe('ERR_FS_INTERNAL');
    run.fire('storageRetry');
    expect(run.effectNames).toEqual(['persistTable']);
    run.send(PERSISTED);
    expect(run.allEffects('answer')).toEqual([{ requesters: ['first'], error: 'ERR_OK' }]);
    expect(run.context).toMatchObject({ waiting: [], trouble: null });
  });

  it.each(['writing', 'failed'])(
    'given it is %s, when others ask, then they are told to come again',
    (state) => {
      const run = state === 'failed' ? start().send(FAILED) : start();
      run.send(create('second'));
      expect(run.effects('answer')).toEqual([{ requesters: ['second'], error: 'ERR_BUSY_CREATING' }]);
      run.send(drop('third'));
      expect(run.effects('answer')).toEqual([{ requesters: ['third'], error: 'ERR_BUSY_CREATING' }]);
      expect(run.context.waiting).toEqual(['first']);
    },
  );
});

describe('available', () => {
  it('given the owner repeats its creation, then OK, and nothing is written', () => {
    const run = available().send(create('again'));
    expect(run.effects('answer')).toEqual([{ requesters: ['again'], error: 'ERR_OK' }]);
    expect(run.effects('persistTable')).toEqual([]);
  });

  it('given somebody else creates it, then ERR_APP_EXIST, and nothing is written', () => {
    const run = available().send(create('other', { envs: EXISTS_FOR_OTHERS }));
    expect(run.effects('answer')).toEqual([{ requesters: ['other'], error: 'ERR_APP_EXIST' }]);
    expect(run.effects('persistTable')).toEqual([]);
  });

  it.each([
    [{}, 'ERR_OK'],
    [{ partitionCount: 8 }, 'ERR_INVALID_PARAMETERS'],
    [{ replicaCount: 1 }, 'ERR_INVALID_PARAMETERS'],
  ])('given success_if_exist and options %j, then %s', (more, error) => {
    const run = available().send(create('x', { successIfExist: true, ...more }));
    expect(run.effects('answer')).toEqual([{ requesters: ['x'], error }]);
  });

  it('given the owner marks it created, then it is written first and answered after', () => {
    const run = available().send(mark('marker'));
    expect(run.effectNames).toEqual(['persistTable']);
    expect(run.effects('persistTable')).toEqual([{ status: 'AS_AVAILABLE', followerStatus: 'created' }]);
    expect(run.context.followerStatus).toBe('creating');
    run.send(PERSISTED);
    expect(run.effects('answer')).toEqual([{ requesters: ['marker'], error: 'ERR_OK' }]);
    expect(run.context.followerStatus).toBe('created');
    // Marking again finds it marked.
    run.send(mark('marker'));
    expect(run.effectNames).toEqual(['answer']);
  });

  it('given several mark it while it fails to be written, then all are answered, once, when it is durable', () => {
    const run = available().send(mark('a')).send(mark('b')).send(FAILED).send(mark('c'));
    expect(run.allEffects('answer')).toEqual([]);
    run.fire('storageRetry').send(PERSISTED);
    expect(run.allEffects('answer')).toEqual([{ requesters: ['a', 'b', 'c'], error: 'ERR_OK' }]);
  });

  it('given the mark is being written, then the owner’s creation, a foreign one and a drop are answered at once', () => {
    const run = available().send(mark('a'));
    run.send(create('own'));
    expect(run.effects('answer')).toEqual([{ requesters: ['own'], error: 'ERR_OK' }]);
    run.send(create('other', { envs: EXISTS_FOR_OTHERS }));
    expect(run.effects('answer')).toEqual([{ requesters: ['other'], error: 'ERR_APP_EXIST' }]);
    run.send(drop('dropper'));
    expect(run.effects('answer')).toEqual([{ requesters: ['dropper'], error: 'ERR_BUSY' }]);
  });

  it('given too many wait, then the next is told ERR_BUSY: the list has a limit', () => {
    const run = available();
    for (let at = 0; at < WAITING_REQUESTERS_LIMIT + 5; at++) run.send(mark(`r${at}`));
    expect(run.context.waiting).toHaveLength(WAITING_REQUESTERS_LIMIT);
    expect(run.effects('answer')).toEqual([
      { requesters: [`r${WAITING_REQUESTERS_LIMIT + 4}`], error: 'ERR_BUSY' },
    ]);
  });
});

describe('dropping', () => {
  it('given the table is the source of a duplication, then dropping is refused with a hint, until that ends', () => {
    const run = available().send({ type: 'DUPLICATING', yes: true }).send(drop('x'));
    expect(run.effects('answer')).toEqual([
      {
        requesters: ['x'],
        error: 'ERR_OPERATION_DISABLED',
        hint: 'the table is the source of a duplication; remove the duplication first',
      },
    ]);
    run.send({ type: 'DUPLICATING', yes: false }).send(drop('x'));
    expect(run.at).toBe('AS_DROPPING.writing');
  });

  it('given another owner than expected, then dropping is refused', () => {
    const run = available().send(drop('x', { expectedOwner: FOREIGN }));
    expect(run.effects('answer')).toMatchObject([{ requesters: ['x'], error: 'ERR_INVALID_STATE' }]);
    expect(run.at).toBe('AS_AVAILABLE.idle');
  });

  it('given the expected owner, then the removal is written first, retried, and everyone answered once', () => {
    const run = available().send(drop('x', { expectedOwner: OWNER }));
    expect(run.effects('persistTable')).toEqual([{ status: 'AS_DROPPED', followerStatus: 'creating' }]);
    run.send(drop('y')).send(FAILED);
    run.send(create('z'));
    expect(run.effects('answer')).toEqual([{ requesters: ['z'], error: 'ERR_BUSY_DROPPING' }]);
    run.fire('storageRetry').send(PERSISTED);
    expect(run.effects('answer')).toEqual([{ requesters: ['x', 'y'], error: 'ERR_OK' }]);
    expect(run.status).toBe('done');
  });
});

describe('recovery', () => {
  it.each([
    ['AS_CREATING', 'AS_CREATING.writing', ['persistTable']],
    ['AS_AVAILABLE', 'AS_AVAILABLE.idle', []],
    ['AS_DROPPING', 'AS_DROPPING.writing', ['persistTable']],
  ] as const)('given %s is durable, then it goes on in %s', (durable, at, effects) => {
    const run = start({ durable, requester: null });
    expect(run.at).toBe(at);
    expect(run.effectNames).toEqual(effects);
  });
});
