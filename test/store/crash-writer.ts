/** Writes until it is killed; prints each acknowledged decree. Run by `crash.test.ts`. */
import { PartitionStore } from '../../runtime/store/index.js';
import { applyCounter } from './crash-state.js';

const directory = process.argv[2]!;
const store = await PartitionStore.open({
  directory,
  apply: applyCounter,
  logOptions: { segmentSizeBytes: 20_000 },
});
process.stdout.write(`open ${store.lastCommittedDecree}\n`);
const workers = Array.from({ length: 16 }, async () => {
  for (;;) {
    const { decree, result } = await store.write({ code: 'COUNT', message: Buffer.alloc(100, 1) });
    if (decree !== result) throw new Error(`decree ${decree} counted as ${result}`);
    process.stdout.write(`${decree}\n`);
  }
});
const checkpoints = (async () => {
  for (;;) {
    const { decree } = await store.checkpoint();
    await store.collectLog(decree - 50);
    await store.checkpoints.prune(2);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
})();
await Promise.all([...workers, checkpoints]);
