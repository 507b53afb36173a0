/** What the `error` field of an rrdb response can say here: rocksdb status codes, never dsn errors. */
export const RrdbStatus = {
  OK: 0,
  NOT_FOUND: 1,
  INVALID_ARGUMENT: 4,
  /** There is more than fits into one reply. */
  INCOMPLETE: 7,
  /** For DUPLICATE: ask again, starting behind `appliedDecree`. */
  TRY_AGAIN: 13,
} as const;
