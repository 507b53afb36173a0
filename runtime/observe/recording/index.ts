/** The format of recordings: its lines, reading and writing them. */
export * from './lines.js';
export * from './read.js';
export * from './read-file.js';
export { recordingJsonSchema } from './schema.js';
