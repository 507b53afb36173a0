/** Codes about tables, duplications and where their partitions live. */
import type { ErrorFacts, PegasusErrorName } from './entry.js';

export const TABLE_ERRORS = {
  ERR_APP_EXIST: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'The cluster that was asked already has a table of that name, and it is not handed over.',
    consequence:
      'Nothing was created or overwritten. If an earlier request of this duplication made the table, its owner mark shows that and the duplication goes on; otherwise it stays blocked until somebody decides what the table is.',
    causes: [
      'The table was there before: somebody uses it, or it is left over from a removed duplication.',
      'Another duplication copies into it.',
      'The answer to an earlier creation was lost and the follower is too old to recognise the repeat.',
    ],
    next: 'bridle table list --meta {peer}',
  },
  ERR_APP_NOT_EXIST: {
    kind: 'terminal',
    outcomeUnknown: false,
    what: 'There is no available table of that name on the cluster that was asked.',
    consequence: 'Nothing was done. A table that is being created or dropped counts as absent too.',
    causes: [
      'The name is misspelt.',
      'The command went to the other cluster.',
      'The table has been dropped, or is not available yet.',
    ],
    next: 'bridle table list',
  },
  ERR_APP_DROPPED: {
    kind: 'terminal',
    outcomeUnknown: false,
    what: 'The table has been dropped.',
    consequence: 'Its data is kept only until the hold time ends. A duplication from it has nothing to copy.',
    causes: ['Somebody dropped the table while a request was under way.'],
    next: 'bridle table list',
  },
  ERR_BUSY_CREATING: {
    kind: 'retryable',
    outcomeUnknown: false,
    what: 'The table is being created right now.',
    consequence:
      'Harmless: usually two requests of the same duplication crossed. The next look finds the table and its owner.',
    causes: [
      'An earlier creation is not finished.',
      'Several servers reported at once and each asked for the table.',
    ],
    next: 'bridle status {table}',
  },
  ERR_BUSY_DROPPING: {
    kind: 'retryable',
    outcomeUnknown: false,
    what: 'A table of that name is being dropped.',
    consequence: 'A new one can be created once the old one is gone; until then the duplication waits.',
    causes: [
      'The follower table of an earlier duplication is being dropped.',
      'An operator has just dropped it.',
    ],
    next: 'bridle status {table}',
  },
  ERR_INVALID_PARAMETERS: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'The server rejects the request as it was asked: a value or a change of status is not allowed.',
    consequence:
      'Nothing was changed. Repeating the same request gets the same answer; explain lists what is allowed in the present status.',
    causes: [
      'The verb is not legal now, for example pausing before log shipping has begun.',
      'The target is the source cluster itself, or it has no cluster id or no meta servers configured.',
      'Another duplication already copies into that remote table.',
      'The replica count does not fit the servers that are alive.',
    ],
    next: 'bridle explain {table}',
  },
  ERR_INVALID_STATE: {
    kind: 'retryable',
    outcomeUnknown: false,
    what: 'The server asked is not in the role the request needs, most often because the primary has moved.',
    consequence:
      'Nothing was done. The table configuration is fetched anew and the present primary is asked. If it is the answer to creating a follower table, waiting will not help: that table names a source but not how far its set-up is, and has to be dropped on the follower.',
    causes: [
      'The partition has changed its primary or has none at the moment.',
      'The follower table was created by an older version that does not write the set-up status.',
    ],
    next: 'bridle explain {table}',
  },
  ERR_INACTIVE_STATE: {
    kind: 'retryable',
    outcomeUnknown: false,
    what: 'At least one partition has no working primary yet.',
    consequence:
      'Normal for some seconds after the follower table was created. If it lasts, the follower cannot fetch the checkpoint, and its own last error says why.',
    causes: [
      'The follower is still copying.',
      'The follower replica servers cannot reach the source meta or replica servers.',
      'The source has no checkpoint to give, or the follower has no disk space.',
    ],
    next: 'bridle explain {table}',
  },
  ERR_NOT_ENOUGH_MEMBER: {
    kind: 'retryable',
    outcomeUnknown: false,
    what: 'A partition has fewer copies than it needs to take writes.',
    consequence: 'The duplication waits until another copy is ready; writes to that partition are refused.',
    causes: [
      'Secondaries are still learning from their primary.',
      'A replica server is down.',
      'The cluster has fewer servers than the table has copies.',
    ],
    next: 'bridle status {table}',
  },
  ERR_INCONSISTENT_STATE: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'Source and follower table do not have the same number of partitions.',
    consequence:
      'Rows would land in the wrong partitions, so nothing is copied. The follower table has to be dropped and made again; dropping it deletes what it holds.',
    causes: [
      'The table was made by hand, or for an earlier duplication, with another partition count.',
      'The source table was split after the follower table had been created.',
    ],
    next: 'bridle remove {table} --follower drop',
  },
  ERR_OBJECT_NOT_FOUND: {
    kind: 'retryable',
    outcomeUnknown: false,
    what: 'The server does not have what was asked for: a partition, a file, a table or a duplication.',
    consequence:
      'For a partition the configuration is fetched anew and its present server is asked. If the follower table itself is gone, explain says so; if a duplication is meant, it has been removed.',
    causes: [
      'The partition has moved to another server.',
      'The follower table was dropped on the follower cluster.',
      'The duplication was removed, or its number is wrong.',
    ],
    next: 'bridle explain {table}',
  },
  ERR_DUP_EXIST: {
    kind: 'success',
    outcomeUnknown: false,
    what: 'This table is being duplicated to that cluster already.',
    consequence:
      'Nothing was added, the existing duplication goes on. Check its remote table name: a different name given now has no effect.',
    causes: ['The command was repeated.', 'The answer to the first request was lost.'],
    next: 'bridle status {table}',
  },
  ERR_OPERATION_DISABLED: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'This request is switched off for the table, usually because the table is being duplicated.',
    consequence:
      'Nothing was done. Increment and check-and-set would give another result when replayed on the follower, so they are refused while a duplication exists; dropping the table is refused until the duplication is removed.',
    causes: [
      'A client uses a write that is not idempotent on a duplicating table.',
      'Somebody drops a table that still has a duplication.',
      'An operator denies this request in the table environment.',
    ],
    next: 'bridle status {table}',
  },
  ERR_VERSION_OUTDATED: {
    kind: 'retryable',
    outcomeUnknown: false,
    what: 'The request was built on an older configuration of the partition than the server has.',
    consequence: 'It was ignored, which is right. Fetch the configuration and ask again.',
    causes: ['The partition has changed its primary since.', 'The message was delayed in the network.'],
    next: 'bridle status {table}',
  },
  ERR_INVALID_VERSION: {
    kind: 'retryable',
    outcomeUnknown: false,
    what: 'The ballot or version that came with the request is not the present one.',
    consequence: 'It was ignored. The sender has to read the present version first.',
    causes: ['The configuration changed between reading and asking.'],
    next: 'bridle status {table}',
  },
  ERR_SPLITTING: {
    kind: 'retryable',
    outcomeUnknown: false,
    what: 'The partitions of the table are being split.',
    consequence:
      'Dropping, and now and then a write, has to wait. Do not split a table while it is duplicated.',
    causes: ['A partition split is under way.'],
    next: 'bridle status {table}',
  },
  ERR_PARENT_PARTITION_MISUSED: {
    kind: 'retryable',
    outcomeUnknown: false,
    what: 'The row belongs to a partition that a split has made, but the old one was asked.',
    consequence: 'Nothing was done. Fetch the table configuration and ask the right partition.',
    causes: ['The partition count has doubled since the configuration was read.'],
    next: 'bridle status {table}',
  },
  ERR_CHILD_NOT_READY: {
    kind: 'retryable',
    outcomeUnknown: false,
    what: 'A partition made by a split does not serve requests yet.',
    consequence: 'Nothing was done. Fetch the configuration and ask again a little later.',
    causes: ['The split is not finished.'],
    next: 'bridle status {table}',
  },
} satisfies Partial<Record<PegasusErrorName, ErrorFacts>>;
