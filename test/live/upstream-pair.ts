/**
 * Two meta servers that behave like Apache Pegasus before its #2144, in a simulated world: a source that repeats
 * its request for the follower table with every sync, and a follower that says ERR_APP_EXIST to whoever asks twice.
 * Written after upstream's documentation; there is no data in it.
 */
import { ENV_MASTER_APP_NAME, ENV_MASTER_CLUSTER, ENV_MASTER_METAS } from '../../machines/vocabulary.js';
import {
  type Address,
  type AppInfo,
  type DuplicationEntry,
  formatAddress,
  type Handlers,
  RpcServer,
} from '../../runtime/pegasus/index.js';
import type { World } from '../../runtime/simulation/index.js';

const SYNC_MS = 10_000;
const [PREPARE, APP, LOG, REMOVED] = [1, 2, 3, 5];

class UpstreamCluster {
  readonly name: string;
  readonly meta: Address;
  readonly replica: Address;
  readonly tables = new Map<string, AppInfo>();
  readonly duplications: DuplicationEntry[] = [];
  /** Ids of tables that were dropped, in order. */
  readonly dropped: number[] = [];
  readonly removed: number[] = [];
  #lastApp = 0;
  #lastDup = 1_700_000_000;

  constructor(name: string, at: number) {
    this.name = name;
    this.meta = { host: `10.0.${at}.1`, port: 34_601 };
    this.replica = { host: `10.0.${at}.2`, port: 34_801 };
  }

  addTable(appName: string, envs: Readonly<Record<string, string>> = {}): AppInfo {
    this.#lastApp += 1;
    const info: AppInfo = {
      ...{ status: 1, appType: 'pegasus', appName, appId: this.#lastApp, partitionCount: 1 },
      ...{ envs: new Map(Object.entries(envs)), isStateful: true, maxReplicaCount: 1 },
      ...{ expireSecond: 0, createSecond: 1_700_000_000, dropSecond: 0, initPartitionCount: 1 },
    };
    this.tables.set(appName, info);
    return info;
  }

  async serve(world: World): Promise<void> {
    const { clock, network } = world.environment({ server: `${this.name} meta`, alive: true });
    const unknown: Handlers = { RPC_CLI_CLI_CALL: ({ cmd }) => `unknown command '${cmd}'` };
    const meta = new RpcServer({ handlers: { ...unknown, ...this.#handlers() }, clock, network });
    const replica = new RpcServer({ handlers: unknown, clock, network });
    await world.drive(Promise.all([meta.listen(this.meta), replica.listen(this.replica)]));
  }

  #handlers(): Handlers {
    return {
      RPC_CM_CLUSTER_INFO: () => ({
        err: 'ERR_OK',
        keys: ['cluster_name', 'primary_meta_server', 'meta_function_level'],
        values: [this.name, formatAddress(this.meta), 'lively'],
      }),
      RPC_CM_LIST_NODES: () => ({ err: 'ERR_OK', infos: [{ status: 1, node: this.replica }] }),
      RPC_CM_LIST_APPS: () => ({ err: 'ERR_OK', infos: [...this.tables.values()] }),
      RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX: ({ appName }) => {
        const table = this.tables.get(appName);
        const appId = table?.appId ?? 0;
        const head = { appId, partitionCount: table === undefined ? 0 : 1, isStateful: true };
        if (table === undefined) return { err: 'ERR_OBJECT_NOT_FOUND', ...head, partitions: [] };
        const partition = {
          ...{ pid: { appId, partitionIndex: 0 }, ballot: 1, maxReplicaCount: 1, primary: this.replica },
          ...{ secondaries: [], lastDrops: [], lastCommittedDecree: 0, partitionFlags: 0 },
        };
        return { err: 'ERR_OK', ...head, partitions: [partition] };
      },
      RPC_CM_DROP_APP: ({ appName }) => {
        const table = this.tables.get(appName);
        if (table === undefined) return { err: 'ERR_APP_NOT_EXIST' };
        this.dropped.push(table.appId);
        this.tables.delete(appName);
        return { err: 'ERR_OK' };
      },
      RPC_CM_ADD_DUPLICATION: ({ appName, remoteClusterName, remoteAppName = appName }) => {
        const appid = this.tables.get(appName)?.appId ?? 0;
        if (appid === 0) return { err: 'ERR_APP_NOT_EXIST', appid, dupid: 0 };
        const there = this.duplications.find(({ remote }) => remote === remoteClusterName);
        if (there !== undefined) return { err: 'ERR_DUP_EXIST', appid, dupid: there.dupid, remoteAppName };
        this.#lastDup += 1;
        const dupid = this.#lastDup;
        const partitionStates = new Map([[0, { confirmedDecree: -1, lastCommittedDecree: 9 }]]);
        const added = { dupid, status: PREPARE, remote: remoteClusterName, createTs: 1, remoteAppName };
        this.duplications.push({ ...added, partitionStates } as DuplicationEntry);
        return { err: 'ERR_OK', appid, dupid, remoteAppName };
      },
      RPC_CM_MODIFY_DUPLICATION: ({ dupid, status }) => {
        const at = this.duplications.findIndex((one) => one.dupid === dupid);
        const there = this.duplications[at];
        if (there === undefined) return { err: 'ERR_OBJECT_NOT_FOUND', appid: 0 };
        if (status === REMOVED) {
          this.removed.push(dupid);
          this.duplications.splice(at, 1);
        } else this.duplications[at] = { ...there, status: status ?? there.status };
        return { err: 'ERR_OK', appid: 1 };
      },
      RPC_CM_QUERY_DUPLICATION: () => ({ err: 'ERR_OK', appid: 1, entryList: this.duplications }),
      RPC_CM_LIST_DUPLICATION: () => ({ err: 'ERR_NOT_IMPLEMENTED', hintMessage: '', appStates: new Map() }),
    };
  }
}

export class UpstreamPair {
  readonly source = new UpstreamCluster('onebox', 1);
  readonly follower = new UpstreamCluster('onebox2', 2);
  /** Creations that are carried out and whose answer the source never gets: how many more. */
  loseAnswers = 0;
  readonly #world: World;

  private constructor(world: World) {
    this.#world = world;
  }

  static async start(world: World): Promise<UpstreamPair> {
    const pair = new UpstreamPair(world);
    await pair.source.serve(world);
    await pair.follower.serve(world);
    pair.#tick();
    return pair;
  }

  #tick(): void {
    const clock = this.#world.clock({ server: 'onebox meta', alive: true });
    clock.setTimeout(() => {
      this.#sync();
      this.#tick();
    }, SYNC_MS);
  }

  #sync(): void {
    const { duplications } = this.source;
    for (const [at, entry] of duplications.entries()) {
      const next = entry.status === PREPARE ? this.#create(entry) : entry.status === APP ? LOG : entry.status;
      duplications[at] = { ...entry, status: next };
    }
  }

  /** The status that the source comes to. */
  #create({ remoteAppName = '' }: DuplicationEntry): number {
    // It exists: mine or anybody's is all the same to this follower.
    if (this.follower.tables.has(remoteAppName)) return PREPARE;
    this.follower.addTable(remoteAppName, {
      [ENV_MASTER_CLUSTER]: this.source.name,
      [ENV_MASTER_METAS]: formatAddress(this.source.meta),
      [ENV_MASTER_APP_NAME]: 'users',
    });
    if (this.loseAnswers === 0) return APP;
    this.loseAnswers -= 1;
    return PREPARE;
  }
}
