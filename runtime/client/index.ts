export { Cluster, type OpenClusterOptions, openCluster } from './cluster.js';
export { BridleError, type BridleErrorJson, type ErrorDetails, formatError, printable } from './errors.js';
export { type LoadOptions, type LoadProgress, type LoadReport, loadRows } from './load.js';
export type * from './model.js';
export { type InputRow, type ReadRowsOptions, type RowFormat, readRows } from './rows.js';
export {
  type Bytes,
  MAX_ROW_BYTES,
  type MultiGetOptions,
  type MultiGetResult,
  type PutOptions,
  type Row,
  type ScanOptions,
  Table,
} from './table.js';
export {
  type KeyExample,
  type PartitionCounts,
  type RowCounts,
  rowsDiffer,
  type VerifyMode,
  type VerifyOptions,
  type VerifyProgress,
  type VerifyReport,
  type VerifyState,
  verifyStateSchema,
  verifyTables,
} from './verify.js';
export { BulkWriter, type WritableRow, type WriterOptions } from './writer.js';
