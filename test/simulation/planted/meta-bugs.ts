/** Defects of the source’s meta server: what is durable, what is shown, what is remembered. */
import type { PlantedBug } from './bug.js';

const HOSTED = 'runtime/cluster/meta/hosted-duplication.js';
const STORAGE = 'machines/duplicationStorage.js';

export const META_BUGS: readonly PlantedBug[] = [
  {
    name: 'a status is shown before it is durable',
    file: HOSTED,
    find: 'await this.#options.store.put({ key: duplicationKey(appId, duplicationId), value: next });',
    put: 'void this.#options.store.put({ key: duplicationKey(appId, duplicationId), value: next }).catch(() => undefined);',
  },
  {
    name: 'a confirmed decree is shown before it is durable',
    file: HOSTED,
    find: "outcomeOf('persistProgress', () => this.#options.store.saveProgress(appId, duplicationId, partition, decree))",
    put: "outcomeOf('persistProgress', async () => void this.#options.store.saveProgress(appId, duplicationId, partition, decree).catch(() => undefined))",
  },
  {
    name: 'DS_INIT is written',
    file: STORAGE,
    find: 'status: context.next?.status ?? context.status,',
    put: 'status: context.status,',
  },
  {
    name: 'a change that storage refused is not written again',
    file: STORAGE,
    find: "after: { storageRetry: 'writing' },",
    put: '',
  },
  {
    name: 'a pause is forgotten at a restart',
    file: HOSTED,
    find: 'durable: options.recovered ? { status: record.status, failMode: record.failMode } : null,',
    put: "durable: options.recovered ? { status: record.status === 'DS_PAUSE' ? 'DS_LOG' : record.status, failMode: record.failMode } : null,",
  },
  {
    name: 'confirmed decrees are forgotten at a restart',
    file: 'runtime/cluster/meta/duplication-registry.js',
    find: 'registry.#host(record, true, await options.store.progress(record), null);',
    put: 'registry.#host(record, true, (await options.store.progress(record)).map(() => -1), null);',
  },
  {
    name: 'the record of a removed duplication stays',
    file: HOSTED,
    find: "outcomeOf('deleteRecord', () => this.#options.store.deleteDuplication(appId, duplicationId))",
    put: "outcomeOf('deleteRecord', async () => undefined)",
  },
  {
    name: 'the watchdog never speaks',
    file: 'machines/watchdog.js',
    find: "entry: 'tellStuck',",
    put: '',
  },
];
