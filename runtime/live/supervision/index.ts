export { readSupervisionRecord, type SupervisionRecord } from './journal.js';
export {
  DEFAULT_SUPERVISOR_TIMES,
  type SuperviseOptions,
  type SupervisionTuning,
  supervise,
} from './supervise.js';
export {
  Supervision,
  type SupervisionEvent,
  type SupervisionResult,
  type SupervisionStatus,
} from './supervision.js';
