/** A follower cluster under test, and what its suite asks of it. */
import assert from 'node:assert/strict';
import type { FollowerMetaPort } from '../../../actors/ports.js';
import {
  type DuplicationIdentity,
  type FollowerReply,
  type FollowerRequest,
  formatOwner,
  type TableView,
} from '../../../machines/index.js';
import { noAbort } from './checks.js';
import type { SceneBase, SuiteOptions, With } from './suite.js';

/** A follower cluster without tables, and the port to it. */
export interface FollowerMetaScene extends SceneBase {
  readonly port: FollowerMetaPort;
  /** What the cluster really has, looked at from beside the port; null: no such table. */
  readonly table: (name: string) => Promise<TableView | null>;
  /** Somebody else creates a table; `owner` null: without any duplication. */
  readonly putTable?: (name: string, owner: DuplicationIdentity | null) => Promise<void>;
  /** So many partitions of the table hold their checkpoint now; the others do not. */
  readonly makeReady?: (name: string, partitions: number) => Promise<void>;
  /** The next request is carried out, and its answer never arrives. */
  readonly loseNextAnswer?: () => Promise<void> | void;
  /** From now on requests arrive and nobody answers. */
  readonly silence?: () => Promise<void> | void;
  /** From now on the cluster answers every request with this error. */
  readonly refuse?: (error: string) => Promise<void> | void;
  /** From now on answers are noise. */
  readonly garble?: () => Promise<void> | void;
  /** Nobody is there to be asked; then somebody is again, and has what was there before. */
  readonly goAway?: () => Promise<void> | void;
  readonly comeBack?: () => Promise<void> | void;
}

export interface FollowerMetaWanted {
  /** After which the port gives a request up, in milliseconds. */
  readonly deadlineMs: number;
}

export type FollowerMetaOptions = SuiteOptions<FollowerMetaScene, FollowerMetaWanted>;

export const owner: DuplicationIdentity = { sourceCluster: 'east', sourceTable: 'users', duplicationId: 7 };
export const stranger: DuplicationIdentity = { ...owner, duplicationId: 8 };
export const PARTITIONS = 4;
export const ABSENT = ['ERR_APP_NOT_EXIST', 'ERR_OBJECT_NOT_FOUND', 'ERR_APP_DROPPED'];

export type Ask = Parameters<FollowerMetaPort['ask']>[0];
let lastRequestNo = 0;
const numbered = <Body extends object>(body: Body) => ({ ...body, requestNo: ++lastRequestNo });
export const look = (table = 'users'): Ask => numbered({ kind: 'LookTable', table } as const);
export const query = (table = 'users'): Ask => numbered({ kind: 'QueryPartitions', table } as const);
export const change = (kind: 'CreateTable' | 'MarkCreated', by = owner): Ask =>
  numbered({ kind, table: 'users', owner: by, partitionCount: PARTITIONS, replicaCount: 1 });
export const drop = (by: DuplicationIdentity | null): Ask =>
  numbered({ kind: 'DropTable', table: 'users', expectedOwner: by && formatOwner(by) } as const);

export async function ask({ port }: FollowerMetaScene, request: FollowerRequest, signal = noAbort()) {
  const reply: FollowerReply = await port.ask(request, signal);
  assert.equal(reply.type, 'FOLLOWER_REPLY');
  assert.equal(reply.requestNo, request.requestNo, 'the reply carries the number of its request');
  return reply;
}
export async function done(scene: FollowerMetaScene, request: FollowerRequest): Promise<FollowerReply> {
  const reply = await ask(scene, request);
  assert.equal(reply.error, 'ERR_OK', `${request.kind}: ${reply.hint ?? ''}`);
  return reply;
}
/** Somebody else's table, put there by the scene. */
export async function foreign(
  scene: With<FollowerMetaScene, 'putTable'>,
  by: DuplicationIdentity | null,
): Promise<TableView> {
  await scene.putTable('users', by);
  const table = await scene.table('users');
  assert.ok(table, 'the scene has put a table there');
  return table;
}
export async function isOurs(scene: FollowerMetaScene, by = owner): Promise<TableView> {
  const table = await scene.table('users');
  assert.ok(table, 'the table is there');
  assert.equal(table.owner, formatOwner(by));
  assert.equal(table.masterCluster, by.sourceCluster);
  return table;
}
export function isAbsent({ error, table, readiness }: FollowerReply): void {
  assert.ok(ABSENT.includes(error), `${error} says that there is no such table`);
  assert.equal(table, undefined);
  assert.equal(readiness, undefined);
}
