// Numbers as they stand on the wire. Decoders keep unknown numbers: a newer server may have more.

export const AppStatus = {
  INVALID: 0,
  AVAILABLE: 1,
  CREATING: 2,
  CREATE_FAILED: 3,
  DROPPING: 4,
  DROP_FAILED: 5,
  DROPPED: 6,
  RECALLING: 7,
} as const;

export const NodeStatus = { INVALID: 0, ALIVE: 1, UNALIVE: 2 } as const;

export const AppEnvOperation = { INVALID: 0, SET: 1, DEL: 2, CLEAR: 3 } as const;

/** REGEX exists and no server supports it. */
export const PatternMatchType = {
  INVALID: 0,
  ALL: 1,
  EXACT: 2,
  ANYWHERE: 3,
  PREFIX: 4,
  POSTFIX: 5,
  REGEX: 6,
} as const;

export const ChecksumType = { INVALID: 0, NONE: 1, MD5: 2 } as const;

export const PartitionStatus = {
  INVALID: 0,
  INACTIVE: 1,
  ERROR: 2,
  PRIMARY: 3,
  SECONDARY: 4,
  POTENTIAL_SECONDARY: 5,
  PARTITION_SPLIT: 6,
} as const;

export const FilterType = { NO_FILTER: 0, ANYWHERE: 1, PREFIX: 2, POSTFIX: 3 } as const;

/** INIT and REMOVED count as "invalid": such a duplication is not synced. */
export const DuplicationStatus = {
  DS_INIT: 0,
  DS_PREPARE: 1,
  DS_APP: 2,
  DS_LOG: 3,
  DS_PAUSE: 4,
  DS_REMOVED: 5,
} as const;

export const DuplicationFailMode = { FAIL_SLOW: 0, FAIL_SKIP: 1, FAIL_FAST: 2 } as const;
