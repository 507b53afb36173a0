/** What the environment of a table says, and what becomes of it: pure rules over a record. */
import {
  ENV_DENY_CLIENT_REQUEST,
  ENV_FENCE,
  ENV_FOLLOWER_APP_STATUS,
  ENV_MASTER_APP_NAME,
  ENV_MASTER_CLUSTER,
  ENV_MASTER_METAS,
  ENV_OWNER,
  type HandshakeEnvs,
} from '../../../machines/index.js';
import { parseFenceNote } from '../../observe/fence.js';
import { DENIAL_RULE, parseDenial } from '../rrdb/index.js';
import { whyNotFenced, whyNotLifted } from './fence.js';
import type { TableRecord } from './meta-store.js';

export const ENVS_LIMIT_BYTES = 64 * 1024;

/** Variables to set and to take away. */
export interface EnvChange {
  readonly set: ReadonlyMap<string, string>;
  readonly remove: readonly string[];
  /** Values that whoever asks believes to be there: the note of a fence that is lifted. */
  readonly expected: ReadonlyMap<string, string>;
}

/** What a record has after a change, or why it stays as it is. */
export type EnvsOrRefusal = Pick<TableRecord, 'envs' | 'liftedFence'> | { readonly refused: string };

/** What makes no sense in any state of the table; null: nothing. The handshake's own are not an operator's to change. */
export function whyNotChanged({ envs }: TableRecord, { set, remove }: EnvChange): string | null {
  const reserved = [...set.keys(), ...remove].find((key) => key.startsWith('duplication.'));
  if (reserved !== undefined) return `${reserved} belongs to the duplication handshake`;
  if (JSON.stringify([...set, envs]).length > ENVS_LIMIT_BYTES) {
    return `environment over ${ENVS_LIMIT_BYTES} bytes`;
  }
  const denial = set.get(ENV_DENY_CLIENT_REQUEST);
  return denial !== undefined && parseDenial(denial) === null
    ? `${ENV_DENY_CLIENT_REQUEST}: ${DENIAL_RULE}`
    : null;
}

/** A fence is closed and lifted only by whom it belongs to. */
export function changedEnvs(
  { envs, liftedFence }: TableRecord,
  { set, remove, expected }: EnvChange,
): EnvsOrRefusal {
  const shown = expected.get(ENV_FENCE);
  const why =
    whyNotFenced(envs[ENV_FENCE], set.get(ENV_FENCE), liftedFence) ??
    (shown === undefined ? null : whyNotLifted(envs[ENV_FENCE], shown));
  if (why !== null) return { refused: why };
  const next = { ...envs, ...Object.fromEntries(set) };
  for (const key of remove) delete next[key];
  const lifted = parseFenceNote(shown);
  return { envs: next, ...(lifted === null ? {} : { liftedFence: { id: lifted.id, run: lifted.run } }) };
}

/** Without the handshake and without a fence, for whoever names the owner; once more changes nothing. */
export function releasedEnvs({ envs }: TableRecord, owner: string): EnvsOrRefusal {
  const has = envs[ENV_OWNER];
  if (has === undefined && envs[ENV_MASTER_CLUSTER] === undefined) return { envs };
  if (has !== owner) return { refused: `it belongs to ${has ?? 'nobody'}` };
  const left = Object.entries(envs).filter(
    ([key]) => !key.startsWith('duplication.') && key !== ENV_FENCE && key !== ENV_DENY_CLIENT_REQUEST,
  );
  return { envs: Object.fromEntries(left) };
}

/** The duplication part of an environment. */
export function handshakeOf(envs: ReadonlyMap<string, string>): HandshakeEnvs {
  return {
    masterCluster: envs.get(ENV_MASTER_CLUSTER) ?? null,
    owner: envs.get(ENV_OWNER) ?? null,
    followerStatus: envs.get(ENV_FOLLOWER_APP_STATUS) ?? null,
  };
}

/** Where a follower table's data comes from; null for an ordinary table. */
export function masterOf(record: TableRecord): { cluster: string; metas: string[]; table: string } | null {
  const cluster = record.envs[ENV_MASTER_CLUSTER];
  const metas = record.envs[ENV_MASTER_METAS];
  if (cluster === undefined || metas === undefined) return null;
  return {
    cluster,
    metas: metas.split(',').filter(Boolean),
    table: record.envs[ENV_MASTER_APP_NAME] ?? record.name,
  };
}
