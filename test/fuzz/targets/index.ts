import type { FuzzTarget } from '../target.js';
import { DISK_TARGETS } from './disk.js';
import { STREAM_TARGETS } from './streams.js';
import { TEXT_TARGETS } from './texts.js';
import { WIRE_TARGETS } from './wire.js';

/** Everything that is fuzzed. */
export const TARGETS: readonly FuzzTarget[] = [
  ...WIRE_TARGETS,
  ...STREAM_TARGETS,
  ...DISK_TARGETS,
  ...TEXT_TARGETS,
];

export function targetNamed(name: string): FuzzTarget {
  const target = TARGETS.find((candidate) => candidate.name === name);
  if (target === undefined) {
    throw new RangeError(`no target ${name}; there are ${TARGETS.map(({ name }) => name).join(', ')}`);
  }
  return target;
}
