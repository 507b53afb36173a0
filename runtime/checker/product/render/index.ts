/** Results of the product explorer as text, as JSON and as diagrams. */
export {
  type CounterexampleJson,
  type ModelJson,
  type Overall,
  overall,
  type PropertyJson,
  type ResultsJson,
  resultsAsJson,
  SCHEMA,
} from './json.js';
export { type Look, PLAIN, paint, table } from './layout.js';
export { counterexampleAsMermaid } from './mermaid.js';
export {
  type CounterexampleRecordingOptions,
  counterexampleAsRecording,
  type RecordedCounterexample,
} from './recording.js';
export { resultAsText } from './summary.js';
export { counterexampleAsText } from './trace.js';
export { assumptionsInWords, countInWords, fails, lengthOf } from './words.js';
