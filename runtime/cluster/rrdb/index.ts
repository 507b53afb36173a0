/** The data plane of a replica server: the state machine of a partition, and the RPCs that read and write it. */

export { ClientAdmission, DENIAL_RULE, parseDenial } from './client-admission.js';
export type { RrdbStore, ServingPartition } from './gate.js';
export { RrdbService, type RrdbServiceOptions } from './service.js';
export { type RrdbApplyOptions, type RrdbResult, rrdbApply, sourceMark } from './state.js';
export { RrdbStatus } from './status.js';
