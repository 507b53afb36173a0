/** The follower's answer to a creation of a table that exists: duplication.md §5.3, and owners. */
import { describe, expect, it } from 'vitest';
import { decideCreate } from '../../machines/createDecision.js';

const OK = 'ERR_OK';
const EXISTS = 'ERR_APP_EXIST';
const STATE = 'ERR_INVALID_STATE';
const PARAMETERS = 'ERR_INVALID_PARAMETERS';
const MARKED = 'ERR_OK, marked';

type Status = 'absent' | 'creating' | 'created' | 'other';
type Cell = typeof OK | typeof EXISTS | typeof STATE | typeof PARAMETERS | typeof MARKED;
/** [status in the request][status of the table] */
type Matrix = Record<Status, Record<Status, Cell>>;

/** Upstream's, for a master that names no owner and a table that has none. */
const UPSTREAM: Matrix = {
  absent: { absent: EXISTS, creating: EXISTS, created: EXISTS, other: EXISTS },
  creating: { absent: STATE, creating: OK, created: EXISTS, other: PARAMETERS },
  created: { absent: STATE, creating: MARKED, created: OK, other: PARAMETERS },
  other: { absent: STATE, creating: PARAMETERS, created: PARAMETERS, other: PARAMETERS },
};
/** The owner has proven itself: `creating` after `created` is late, not wrong. */
const OWN: Matrix = { ...UPSTREAM, creating: { ...UPSTREAM.creating, created: OK } };
const REFUSED: Record<Status, Cell> = { absent: EXISTS, creating: EXISTS, created: EXISTS, other: EXISTS };
/** Somebody else's table: its state is nobody's business. */
const FOREIGN: Matrix = { absent: REFUSED, creating: REFUSED, created: REFUSED, other: REFUSED };

type Owner = 'none' | 'own' | 'foreign';
/** [owner in the request][owner of the table] (SPEC S-OWN-2). */
const BY_OWNER: Record<'none' | 'own', Record<Owner, Matrix>> = {
  none: { none: UPSTREAM, own: FOREIGN, foreign: FOREIGN },
  own: { none: FOREIGN, own: OWN, foreign: FOREIGN },
};
type Cluster = 'absent' | 'same' | 'other';
/** [cluster in the request][cluster of the table]: whether the rest is looked at. */
const BY_CLUSTER: Record<'absent' | 'same', Record<Cluster, boolean>> = {
  absent: { absent: false, same: false, other: false },
  same: { absent: false, same: true, other: false },
};

const CLUSTER = { absent: null, same: 'east', other: 'north' };
const STATUS = { absent: null, creating: 'creating', created: 'created', other: 'half-done' };
const OWNER = { none: null, own: 'east/users/7', foreign: 'east/users/8' };
const keys = <Key extends string>(record: Record<Key, unknown>) => Object.keys(record) as Key[];

const cases = keys(BY_CLUSTER).flatMap((requestCluster) =>
  keys(BY_CLUSTER[requestCluster]).flatMap((tableCluster) =>
    keys(BY_OWNER).flatMap((requestOwner) =>
      keys(BY_OWNER[requestOwner]).flatMap((tableOwner) =>
        keys(STATUS).flatMap((requestStatus) =>
          keys(STATUS).map((tableStatus) => ({
            request: { cluster: requestCluster, owner: requestOwner, status: requestStatus },
            table: { cluster: tableCluster, owner: tableOwner, status: tableStatus },
            expected: BY_CLUSTER[requestCluster][tableCluster]
              ? BY_OWNER[requestOwner][tableOwner][requestStatus][tableStatus]
              : EXISTS,
          })),
        ),
      ),
    ),
  ),
);

describe('a creation meets an existing table', () => {
  it(`given each of ${cases.length} combinations, then the answer is the one in the matrix`, () => {
    for (const { request, table, expected } of cases) {
      const decision = decideCreate(
        {
          masterCluster: CLUSTER[request.cluster],
          owner: OWNER[request.owner],
          followerStatus: STATUS[request.status],
        },
        {
          masterCluster: CLUSTER[table.cluster],
          owner: OWNER[table.owner],
          followerStatus: STATUS[table.status],
        },
      );
      const said = decision.markCreated ? `${decision.error}, marked` : decision.error;
      expect(said, JSON.stringify({ request, table })).toBe(expected);
    }
    expect(cases).toHaveLength(2 * 3 * 2 * 3 * 4 * 4);
  });

  it('given a duplication that was removed and added again, when it meets the old table, then it is refused (U3)', () => {
    const old = { masterCluster: 'east', owner: 'east/users/7', followerStatus: 'creating' };
    expect(decideCreate({ ...old, owner: 'east/users/8' }, old)).toEqual({
      error: EXISTS,
      markCreated: false,
    });
  });
});
