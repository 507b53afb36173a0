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

export const MetaFunctionLevel = {
  STOPPED: 100,
  BLIND: 200,
  FREEZED: 300,
  STEADY: 400,
  LIVELY: 500,
  INVALID: 10000,
} as const;

export const ConfigType = {
  INVALID: 0,
  ASSIGN_PRIMARY: 1,
  UPGRADE_TO_PRIMARY: 2,
  ADD_SECONDARY: 3,
  UPGRADE_TO_SECONDARY: 4,
  DOWNGRADE_TO_SECONDARY: 5,
  DOWNGRADE_TO_INACTIVE: 6,
  REMOVE: 7,
  ADD_SECONDARY_FOR_LB: 8,
  PRIMARY_FORCE_UPDATE_BALLOT: 9,
  DROP_PARTITION: 10,
  REGISTER_CHILD: 11,
} as const;

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

export const UpdateType = {
  PUT: 0,
  INCR: 1,
  CHECK_AND_SET: 2,
  CHECK_AND_MUTATE_PUT: 3,
  CHECK_AND_MUTATE_REMOVE: 4,
} as const;

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

export const DuplicationMode = { FULL: 0, INCREMENTAL: 1 } as const;
