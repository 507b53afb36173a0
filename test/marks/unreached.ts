/** Why no run and no test reaches a mark. */
const DEFECT = 'only a defect of ours logs it; a simulated run that meets one fails (`NoAbort`)';
const PROCESS =
  'of a server’s own process; the simulation has none, and tests with real ones do not read their logs';

const CHANCE = 'runs reach it by chance, and none of those that were gathered did: try more seeds';

export const UNREACHED: Readonly<Record<string, string>> = {
  BRIDLE_NO_PROGRESS:
    'the reason of a standstill without an error: every standstill brought about so far has one',
  BRIDLE_SERVER_DIED: 'a server of `bridle up` that ends by itself at its start; not brought about yet',
  BRIDLE_TLS_EXPIRED: 'tests have no certificate that expires while it is in use',
  ERR_NETWORK_START_FAILED:
    'listening that fails for another reason than a taken port; not brought about yet',
  ERR_NOT_IMPLEMENTED: 'requests that only other clients than ours make; not brought about yet',
  ERR_VERSION_OUTDATED:
    'one server writes its metadata alone, so nobody comes between; not brought about yet',
  'a failed partition did not close cleanly': CHANCE,
  'a request failed unexpectedly': DEFECT,
  'an effect broke its contract': DEFECT,
  'cannot delete a dropped partition': 'needs a disk that refuses to delete, just when a table is dropped',
  'cannot delete fetched files': 'needs a disk that refuses to delete, just after a checkpoint was installed',
  'cannot start': PROCESS,
  'new certificates are in use': PROCESS,
  'stopping failed': PROCESS,
  'uncaught exception': DEFECT,
  'unhandled rejection': DEFECT,
};
