/** The products whose paths are driven: one thing goes wrong in each. */
import { DEFAULTS, type DuplicationModelOptions } from '../../runtime/checker/product/ours/index.js';

type Changes = Partial<Omit<DuplicationModelOptions, 'crashes' | 'operator'>> & {
  readonly crashes?: Partial<DuplicationModelOptions['crashes']>;
  readonly operator?: Partial<DuplicationModelOptions['operator']>;
};

/** Segments of a log are never so small that one partition's would be collected. */
function product(name: string, changes: Changes): DuplicationModelOptions {
  return {
    ...DEFAULTS,
    ...changes,
    name,
    gc: false,
    crashes: { ...DEFAULTS.crashes, ...changes.crashes },
    operator: { ...DEFAULTS.operator, ...changes.operator },
  };
}

export const PRODUCTS: readonly DuplicationModelOptions[] = [
  product('a lost message', { loss: 1, writes: 1 }),
  product('a repeated message', { duplication: 1, writes: 1 }),
  product('the source’s meta server crashes', { crashes: { sourceMeta: 1 } }),
  product('the source’s node crashes', { crashes: { sourceNode: 1 } }),
  product('the follower’s meta server crashes', { crashes: { followerMeta: 1 } }),
  product('the follower’s node crashes', { crashes: { followerNode: 1 } }),
  product('storage refuses a write', { storageTimeouts: 1 }),
  product('an operator pauses, starts and removes', {
    operator: { pause: 1, start: 1, remove: 1 },
    writes: 1,
  }),
  product('a removal that keeps the table', { operator: { remove: 1 }, onRemove: 'keep' }),
  product('an answer that is late', { slowAnswers: 1, loss: 1 }),
];
