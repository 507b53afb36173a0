/** Looking at what runs: the public entry `bridle/inspect`. */
export { loopbackPort, openStately, type Stately, type StatelyOptions } from '../adapters/statelyai.js';
export { type Inspectable, type InspectOptions, type Inspector, inspect } from './inspect.js';
export type { ControlCommand, InspectedRun, RunControl } from './inspected-run.js';
export { type OfflinePage, writeOfflinePage } from './offline.js';
export { openRecording, type RecordedRun } from './recorded-run.js';
export { type InspectorServer, type ServeInspectorOptions, serveInspector } from './server.js';
