/**
 * A checkpoint that every server offers and that belongs to no table: what a preflight reads before there is
 * anything to copy. It lives in memory and has no path, so a request for it touches no disk and pins nothing.
 */
import { createHash } from 'node:crypto';
import type { Gpid } from '../../pegasus/schema.js';
import type { CheckpointInfo } from '../../store/checkpoint-store.js';
import { formatToken } from './checkpoint-token.js';

/** Tables have ids from 1, so this is nobody's partition. */
export const PROBE_GPID: Gpid = { appId: 0, partitionIndex: 0 };

/** More than one packet, because a path that swallows only full-size packets is a path that copies nothing. */
const PROBE_SIZE_BYTES = 64 * 1024;

/** The same bytes on every server, so that the reader can tell whether they arrived as they were sent. */
export const PROBE_CONTENT: Buffer = Buffer.from(
  Array.from({ length: PROBE_SIZE_BYTES }, (_, at) => (at * 31 + (at >> 8)) & 0xff),
);

export const PROBE_FILE = {
  name: 'probe',
  sizeBytes: PROBE_SIZE_BYTES,
  md5: createHash('md5').update(PROBE_CONTENT).digest('hex'),
} as const;

export const PROBE_CHECKPOINT: CheckpointInfo = {
  formatVersion: 1,
  decree: 0,
  marks: {},
  files: [PROBE_FILE],
  directory: '',
  sizeBytes: PROBE_SIZE_BYTES,
};

/** Its directory, as requests name it. */
export const PROBE_TOKEN: string = formatToken({ gpid: PROBE_GPID, decree: PROBE_CHECKPOINT.decree });
