/** States of processes and messages are objects of the heap; when it is full the program just ends. */
import { getHeapStatistics } from 'node:v8';

export function isHeapNearlyFull(): boolean {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  return used > 0.8 * limit;
}
