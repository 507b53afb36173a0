/**
 * What a meta server answers when asked to create a table that already exists: a total table over what
 * the request says and what the table says.
 *
 * It keeps upstream's matrix for masters that know only the first four environment variables, and adds
 * the owner: a table that names its owner is acknowledged to that owner alone (SPEC S-OWN-2).
 */
import type { FollowerAppStatus } from './vocabulary.js';

/** The duplication part of a table's environment, of a request or of an existing table. */
export interface HandshakeEnvs {
  readonly masterCluster: string | null;
  readonly owner: string | null;
  /** As it stands in the environment; anything but `creating` and `created` is refused. */
  readonly followerStatus: string | null;
}

export interface CreateDecision {
  readonly error: string;
  /** The one side effect there can be: record the table as created before answering. */
  readonly markCreated: boolean;
}

const answer = (error: string, markCreated = false): CreateDecision => ({ error, markCreated });

/** Upstream's matrix: [status in the request][status of the table]. */
const MATRIX: Record<FollowerAppStatus, Record<FollowerAppStatus, CreateDecision>> = {
  creating: { creating: answer('ERR_OK'), created: answer('ERR_APP_EXIST') },
  created: { creating: answer('ERR_OK', true), created: answer('ERR_OK') },
};

function isStatus(status: string | null): status is FollowerAppStatus {
  return status === 'creating' || status === 'created';
}

/**
 * @example
 * decideCreate(
 *   { masterCluster: 'a', owner: 'a/t/7', followerStatus: 'creating' },
 *   { masterCluster: 'a', owner: 'a/t/7', followerStatus: 'creating' },
 * ) // { error: 'ERR_OK', markCreated: false }
 */
export function decideCreate(request: HandshakeEnvs, table: HandshakeEnvs): CreateDecision {
  if (request.masterCluster === null || table.masterCluster !== request.masterCluster) {
    return answer('ERR_APP_EXIST');
  }
  // A requester that names no owner cannot prove that an owned table is its own, and the reverse.
  if (request.owner !== table.owner) return answer('ERR_APP_EXIST');
  if (request.followerStatus === null) return answer('ERR_APP_EXIST');
  if (table.followerStatus === null) return answer('ERR_INVALID_STATE');
  if (!isStatus(request.followerStatus) || !isStatus(table.followerStatus)) {
    return answer('ERR_INVALID_PARAMETERS');
  }
  // Ours, whole identity proven: repeating `creating` after `created` is late, not wrong.
  if (request.owner !== null && request.followerStatus === 'creating') return answer('ERR_OK');
  return MATRIX[request.followerStatus][table.followerStatus];
}
