/** What a follower cluster's meta server promises to `followerTable`. */
import assert from 'node:assert/strict';
import { formatOwner } from '../../../machines/index.js';
import type { TestFunctions } from '../paths/run.js';
import { checkCancellation, checkNothingStays, HASTY_MS, PATIENT_MS, soundError } from './checks.js';
import {
  ABSENT,
  type Ask,
  ask,
  change,
  done,
  drop,
  type FollowerMetaOptions,
  type FollowerMetaScene,
  type FollowerMetaWanted,
  foreign,
  isAbsent,
  isOurs,
  look,
  owner,
  PARTITIONS,
  query,
  stranger,
} from './follower-meta-scene.js';
import { casesFor, type DeclaredSuite, declareSuite } from './suite.js';

const { cases, given } = casesFor<FollowerMetaScene, FollowerMetaWanted>({ deadlineMs: PATIENT_MS });

given(
  'no table, when looked for, asked about or dropped, then it is absent, and dropping is harmless',
  [],
  async (scene) => {
    isAbsent(await ask(scene, look()));
    isAbsent(await ask(scene, query()));
    const { error } = await ask(scene, drop(owner));
    assert.ok(error === 'ERR_OK' || ABSENT.includes(error), error);
  },
);

given(
  'no table, when created, then it carries the whole identity and is still being made',
  [],
  async (scene) => {
    await done(scene, change('CreateTable'));
    const { followerStatus, partitionCount } = await isOurs(scene);
    assert.deepEqual(
      { followerStatus, partitionCount },
      { followerStatus: 'creating', partitionCount: PARTITIONS },
    );
  },
);

given('our table, when looked for, then the view is what the cluster has', [], async (scene) => {
  await done(scene, change('CreateTable'));
  const { table } = await done(scene, look());
  assert.deepEqual(table, await scene.table('users'));
  assert.ok(['AS_CREATING', 'AS_AVAILABLE'].includes(table?.status ?? ''), table?.status);
});

given('a table whose name begins alike, when ours is looked for, then there is none', [], async (scene) => {
  await done(scene, { ...change('CreateTable'), table: 'users2' } as Ask);
  isAbsent(await ask(scene, look('users')));
  isAbsent(await ask(scene, look('user')));
});

given(
  'our table, when created again, then nothing changes and nobody is told that it is somebody else’s',
  [],
  async (scene) => {
    await done(scene, change('CreateTable'));
    const before = await isOurs(scene);
    const again = await ask(scene, change('CreateTable'));
    assert.ok(['ERR_OK', 'ERR_APP_EXIST'].includes(again.error), again.error);
    assert.deepEqual(await isOurs(scene), before);
  },
);

given(
  'our table, when marked as created, twice, and a late creation comes, then it stays marked',
  [],
  async (scene) => {
    await done(scene, change('CreateTable'));
    await done(scene, change('MarkCreated'));
    await done(scene, change('MarkCreated'));
    assert.equal((await isOurs(scene)).followerStatus, 'created');
    assert.equal((await done(scene, look())).table?.followerStatus, 'created');
    await ask(scene, change('CreateTable'));
    assert.equal((await isOurs(scene)).followerStatus, 'created');
  },
);

for (const [whose, by] of [
  ['somebody else’s table', stranger],
  ['a table without an owner', null],
] as const) {
  given(
    `${whose}, when ours is created or marked, then it is refused and left alone (SPEC S-OWN-2)`,
    ['putTable'],
    async (scene) => {
      const before = await foreign(scene, by);
      for (const kind of ['CreateTable', 'MarkCreated'] as const) {
        soundError((await ask(scene, change(kind))).error);
        assert.deepEqual(await scene.table('users'), before);
      }
    },
  );

  given(`${whose}, when looked for, then its owner is told (SPEC S-OWN-1)`, ['putTable'], async (scene) => {
    await foreign(scene, by);
    assert.equal((await done(scene, look())).table?.owner, by && formatOwner(by));
  });

  given(
    `${whose}, when dropped by its owner’s name, then it goes; by another, then it stays`,
    ['putTable'],
    async (scene) => {
      await foreign(scene, by);
      for (const wrong of by === null ? [owner] : [owner, null]) {
        soundError((await ask(scene, drop(wrong))).error);
        assert.ok(await scene.table('users'), 'the table is left alone');
      }
      await done(scene, drop(by));
      assert.equal(await scene.table('users'), null);
    },
  );
}

given('our table, when dropped twice, then it is gone and the second time is harmless', [], async (scene) => {
  await done(scene, change('CreateTable'));
  await done(scene, drop(owner));
  assert.equal(await scene.table('users'), null);
  isAbsent(await ask(scene, look()));
  const { error } = await ask(scene, drop(owner));
  assert.ok(error === 'ERR_OK' || ABSENT.includes(error), error);
});

given(
  'partitions that come forward, then exactly those are ready, and whose table it is is told',
  ['makeReady'],
  async (scene) => {
    await done(scene, change('CreateTable'));
    for (const readyPartitions of [0, 1, PARTITIONS]) {
      await scene.makeReady('users', readyPartitions);
      const { readiness, table } = await done(scene, query());
      assert.deepEqual(
        [readiness?.readyPartitions, readiness?.partitionCount],
        [readyPartitions, PARTITIONS],
      );
      assert.equal(table?.owner, formatOwner(owner));
    }
  },
);

given('many requests at once, then each gets its own answer', [], async (scene, within) => {
  await done(scene, change('CreateTable'));
  const asked = Array.from({ length: 20 }, (_, at) => ask(scene, at % 2 === 0 ? look() : look('nobody')));
  const replies = await within('twenty looks', Promise.all(asked));
  for (const [at, { error }] of replies.entries()) assert.equal(error === 'ERR_OK', at % 2 === 0, error);
});

for (const [what, make] of [
  ['a creation', () => change('CreateTable')],
  ['a drop', () => drop(owner)],
] as const) {
  given(
    `the answer to ${what} is lost, then that is told as worth repeating, and repeating is harmless`,
    ['loseNextAnswer'],
    async (scene, within) => {
      if (what === 'a drop') await done(scene, change('CreateTable'));
      await scene.loseNextAnswer();
      soundError((await within(what, ask(scene, make()))).error, 'retryable');
      const { error } = await within('the same again', ask(scene, make()));
      const harmless = ['ERR_OK', ...(what === 'a drop' ? ABSENT : ['ERR_APP_EXIST'])];
      assert.ok(harmless.includes(error), error);
      if (what === 'a drop') assert.equal(await scene.table('users'), null);
      else await isOurs(scene);
    },
    { deadlineMs: HASTY_MS },
  );
}

given(
  'nobody answers, then each kind of request ends by its deadline and is worth repeating',
  ['silence'],
  async (scene, within) => {
    await scene.silence();
    for (const request of [look(), change('CreateTable'), change('MarkCreated'), drop(owner), query()]) {
      soundError((await within(request.kind, ask(scene, request))).error, 'retryable');
    }
  },
  { deadlineMs: HASTY_MS },
);

given(
  'nobody answers, when a request is called off, then it settles and keeps nothing',
  ['silence'],
  async (scene, within) => {
    await scene.silence();
    for (const make of [look, () => change('CreateTable'), query]) {
      await checkCancellation(within, (signal) => scene.port.ask(make(), signal));
    }
  },
);

given('many requests with one signal, then nothing stays behind on it', [], (scene, within) =>
  checkNothingStays(within, (signal) => ask(scene, look(), signal)),
);

given('the cluster refuses, then its error is told as it is', ['refuse'], async (scene) => {
  await scene.refuse('ERR_ACL_DENY');
  for (const request of [look(), change('CreateTable'), change('MarkCreated'), drop(owner), query()]) {
    const reply = await ask(scene, request);
    assert.equal(reply.error, 'ERR_ACL_DENY', request.kind);
    assert.equal(reply.table, undefined);
  }
});

given(
  'answers that are noise, then that is an error and no table',
  ['garble'],
  async (scene, within) => {
    await scene.garble();
    for (const request of [look(), change('CreateTable'), query()]) {
      const reply = await within(request.kind, ask(scene, request));
      assert.ok(!ABSENT.includes(reply.error), 'noise does not prove that there is no table');
      soundError(reply.error);
      assert.equal(reply.table, undefined);
    }
  },
  { deadlineMs: HASTY_MS },
);

given(
  'nobody is there, then it is worth repeating, and works again when somebody is',
  ['goAway', 'comeBack'],
  async (scene, within) => {
    await done(scene, change('CreateTable'));
    await scene.goAway();
    soundError((await within('a look', ask(scene, look()))).error, 'retryable');
    await scene.comeBack();
    // The first request may still find a connection that has gone.
    await within('a look', ask(scene, look()));
    assert.equal((await within('a look', done(scene, look()))).table?.owner, formatOwner(owner));
  },
  { deadlineMs: 5_000 },
);

/**
 * Whether something can be `followerTable`'s way to the follower's meta server.
 *
 * @example
 * followerMetaPortSuite('my cluster', { start: ({ deadlineMs }) => startScene(deadlineMs) }, { describe, it });
 */
export function followerMetaPortSuite(
  name: string,
  options: FollowerMetaOptions,
  functions: TestFunctions,
): DeclaredSuite {
  return declareSuite(name, cases, options, functions);
}
