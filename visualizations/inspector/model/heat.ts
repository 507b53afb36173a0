/** Cells of a map of partitions: what each is like, in a letter, a word and a number. */
import type { PartitionState } from '../../../runtime/observe/recording/lines.js';

export type Heat = 'waiting' | 'copying' | 'behind' | 'current' | 'trouble' | 'gone';

export interface Cell {
  readonly partition: number;
  readonly heat: Heat;
  /** Tells kinds apart where colours do not. */
  readonly letter: string;
  /** `partition 7: copying, 43 %; source serving` */
  readonly words: string;
}

const LETTER: Record<Heat, string> = {
  waiting: '·',
  copying: 'C',
  behind: 'B',
  current: '✓',
  trouble: '!',
  gone: '✕',
};

const GONE = new Set(['absent', 'missing', 'failed', 'unreachable']);

export function heatCells(partitions: readonly PartitionState[]): readonly Cell[] {
  return [...partitions]
    .filter((each) => each !== undefined)
    .sort((a, b) => a.partition - b.partition)
    .map((each) => {
      const heat = heatOf(each);
      return { partition: each.partition, heat, letter: LETTER[heat], words: wordsOf(each, heat) };
    });
}

/** How many cells of each kind there are, the most urgent first. */
export function heatCounts(
  cells: readonly Cell[],
): readonly { readonly heat: Heat; readonly letter: string; readonly count: number }[] {
  const order: readonly Heat[] = ['trouble', 'gone', 'copying', 'behind', 'waiting', 'current'];
  return order
    .map((heat) => ({ heat, letter: LETTER[heat], count: cells.filter((cell) => cell.heat === heat).length }))
    .filter(({ count }) => count > 0);
}

function heatOf({ source, follower, confirmed, lastCommitted, trouble }: PartitionState): Heat {
  if (trouble !== undefined) return 'trouble';
  if (source !== undefined && GONE.has(source)) return 'gone';
  if (follower === 'missing' || follower === 'failed') return 'gone';
  if (follower === 'copying' || follower === 'opening') return 'copying';
  if (follower !== 'serving' && follower !== 'ready') return 'waiting';
  const lag = lagOf(confirmed, lastCommitted);
  return lag !== null && lag > 0 ? 'behind' : 'current';
}

function wordsOf(state: PartitionState, heat: Heat): string {
  const { partition, source, follower, copiedBytes, totalBytes, confirmed, lastCommitted, trouble } = state;
  const parts: string[] = [heat];
  if (copiedBytes !== undefined && totalBytes !== undefined && totalBytes > 0) {
    parts[0] = `${heat}, ${Math.floor((100 * copiedBytes) / totalBytes)} % copied`;
  }
  const lag = lagOf(confirmed, lastCommitted);
  if (lag !== null) parts.push(`${lag} mutations behind`);
  if (source !== undefined) parts.push(`source ${source}`);
  if (follower !== undefined) parts.push(`follower ${follower}`);
  if (trouble !== undefined) parts.push(trouble);
  return `partition ${partition}: ${parts.join('; ')}`;
}

function lagOf(confirmed: number | undefined, lastCommitted: number | undefined): number | null {
  if (confirmed === undefined || lastCommitted === undefined || confirmed < 0 || lastCommitted < 0)
    return null;
  return Math.max(0, lastCommitted - confirmed);
}
