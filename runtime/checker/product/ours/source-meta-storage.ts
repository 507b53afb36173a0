/** The storage of the source's meta server: what it holds, and the writes that it has been told. */
import type { DuplicationStatus, FailMode, FollowerTableOnRemove } from '../../../../machines/index.js';
import { type ChartEvent, withAt } from './plain.js';

export interface MetaRecord {
  readonly id: number;
  readonly status: DuplicationStatus;
  readonly failMode: FailMode;
  readonly onRemove: FollowerTableOnRemove;
}

/** What survives a crash. */
export interface MetaDisk {
  readonly record: MetaRecord | null;
  readonly confirmed: readonly number[];
  readonly lastId: number;
}

/** A write that storage has been told and has not done yet. */
export type Write =
  | { readonly kind: 'status'; readonly writeNo: number; readonly record: MetaRecord }
  | { readonly kind: 'progress'; readonly partition: number; readonly decree: number }
  | { readonly kind: 'delete' };

/** @example writeInWords({ kind: 'delete' }) // 'delete' */
export function writeInWords(write: Write): string {
  switch (write.kind) {
    case 'status':
      return `write ${write.record.status}`;
    case 'progress':
      return `write decree ${write.decree} of ${write.partition}`;
    case 'delete':
      return 'delete';
  }
}

export function diskAfter(disk: MetaDisk, write: Write): MetaDisk {
  const { record, confirmed } = disk;
  switch (write.kind) {
    case 'status':
      return { ...disk, record: write.record };
    case 'progress':
      return record === null
        ? disk
        : {
            ...disk,
            confirmed: withAt(
              confirmed,
              write.partition,
              Math.max(write.decree, confirmed[write.partition] ?? -1),
            ),
          };
    case 'delete':
      return { ...disk, record: null, confirmed: confirmed.map(() => -1) };
  }
}

/** What the chart hears when the write is done. */
export function doneEvent(write: Write): ChartEvent {
  switch (write.kind) {
    case 'status':
      return { type: 'STATUS_PERSISTED', writeNo: write.writeNo };
    case 'progress':
      return { ...write, type: 'PROGRESS_PERSISTED' };
    case 'delete':
      return { type: 'RECORD_DELETED' };
  }
}

/** What the chart hears when storage refuses it; null: nothing, it repeats the write by itself. */
export function refusedEvent(write: Write): ChartEvent | null {
  const error = 'ERR_ZOOKEEPER_OPERATION';
  switch (write.kind) {
    case 'status':
      return { type: 'STATUS_PERSIST_FAILED', writeNo: write.writeNo, error };
    case 'progress':
      return { ...write, type: 'PROGRESS_PERSIST_FAILED', error };
    case 'delete':
      return null;
  }
}
