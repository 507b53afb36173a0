export * from './admin.js';
export * from './digest.js';
export * from './duplication.js';
export * from './layout.js';
export * from './rrdb.js';
export * from './transfer.js';
