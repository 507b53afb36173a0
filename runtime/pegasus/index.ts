export * from './client.js';
export * from './codes.js';
export * from './context.js';
export * from './enums.js';
export * from './errors.js';
export type { Address, BaseType, Field, Fields, Gpid, Infer, StructType, WireType } from './schema.js';
export * from './schemas/index.js';
export * from './server.js';
