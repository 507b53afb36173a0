import type { Gpid } from '../../pegasus/schema.js';

/** Names a checkpoint of a partition to other nodes, without telling where on this machine it is. */
export interface CheckpointToken {
  readonly gpid: Gpid;
  readonly decree: number;
}

/** @example formatToken({ gpid: { appId: 2, partitionIndex: 7 }, decree: 4021 }) // '2.7/checkpoint.4021' */
export function formatToken({ gpid, decree }: CheckpointToken): string {
  return `${gpid.appId}.${gpid.partitionIndex}/checkpoint.${decree}`;
}

/** Inverse of formatToken; undefined for anything that it cannot have written. */
export function parseToken(text: string): CheckpointToken | undefined {
  const match = /^(\d{1,10})\.(\d{1,10})\/checkpoint\.(\d{1,16})$/.exec(text);
  if (match === null) return undefined;
  const [appId, partitionIndex, decree] = match.slice(1).map(Number) as [number, number, number];
  const token = { gpid: { appId, partitionIndex }, decree };
  return formatToken(token) === text ? token : undefined;
}
