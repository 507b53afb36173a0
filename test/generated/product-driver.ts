/**
 * Makes the steps of the product happen on real clusters, one partition wide: each step of the model lets
 * happen exactly what it names, and nothing else does.
 *
 * | the model                          | the clusters                                                   |
 * |---|---|
 * | receive a question or an answer    | its frame arrives                                              |
 * | receive Sync, Holds, Hello         | a node sync whose report arrives                               |
 * | receive Order                      | the reply to the node sync of when the order was made          |
 * | timer                              | the timer of that name of that chart                           |
 * | storage does, storage refuses      | the commit becomes durable, or fails                           |
 * | checkpoint durable, installed      | the effect begins and runs to its end                          |
 * | crash, restart                     | the server and what it had not synced are gone; it starts      |
 * | receive Request                    | the operator asks                                              |
 */
import type { Message, TraceStep } from '../../runtime/checker/product/index.js';
import type { DuplicationModelOptions } from '../../runtime/checker/product/ours/index.js';
import { FOLLOWER_TABLE, SOURCE_TABLE, TIMES } from '../../runtime/checker/product/ours/options.js';
import type { Heard } from '../../runtime/checker/product/ours/source-meta.js';
import { DEFAULT_TIMES } from '../../runtime/cluster/config.js';
import type { NodeReport } from '../../runtime/cluster/node-sync.js';
import { SteppedClusters, type SteppedOptions, type Task } from '../../runtime/simulation/index.js';
import { Conversations, FIRST_RPC, NotDrivable } from './conversations.js';
import { answerLocates, LOCATE } from './locates.js';
import { NodeSyncs } from './node-syncs.js';
import { heardOf } from './reports.js';

/** Processes of the model and the servers that are them. */
export const SERVERS: Readonly<Record<string, string>> = {
  sourceMeta: 'east/meta',
  sourceNode0: 'east/replica-0',
  followerMeta: 'west/meta',
  followerNode0: 'west/replica-0',
};

const STATUS_OF_VERB = { pause: 'DS_PAUSE', start: 'DS_LOG', remove: 'DS_REMOVED' } as const;
const DISK_ERROR = 'EIO';

export const CLOSED = 'a node opens its partition with the first orders, in the model at once';
export const UNTOLD = 'the meta server that made the order is down, and the node sync is over';

export class ProductDriver {
  readonly stepped: SteppedClusters;
  /** Ids of the real duplications; the model's are 1, 2 and so on. */
  readonly ids: number[] = [];
  readonly #options: DuplicationModelOptions;
  readonly #conversations: Conversations;
  readonly #syncs: NodeSyncs;
  /** What nodes said, oldest first; a report may be on its way for long. */
  readonly #said: { readonly node: string; readonly partitions: NodeReport['partitions'] }[] = [];

  private constructor(stepped: SteppedClusters, options: DuplicationModelOptions) {
    this.stepped = stepped;
    this.#options = options;
    this.#conversations = new Conversations(stepped);
    this.#syncs = new NodeSyncs(stepped);
  }

  /** Stands where the model starts: a table with one row, and a duplication whose status is being written. */
  static async start(
    options: DuplicationModelOptions,
    tableMachine?: SteppedOptions['tableMachine'],
  ): Promise<ProductDriver> {
    const stepped = await SteppedClusters.start({
      times: {
        ...DEFAULT_TIMES,
        duplication: TIMES.duplication,
        partition: TIMES.partition,
        transfer: TIMES.transfer,
      },
      limits: { batchMutations: 1, parallelFiles: 1 },
      ...(tableMachine === undefined ? {} : { tableMachine }),
    });
    await stepped.clusters.createTable(SOURCE_TABLE, 1);
    await stepped.clusters.put(SOURCE_TABLE, 'row', '1', 'written');
    await stepped.hold();
    const driver = new ProductDriver(stepped, options);
    await driver.#add();
    driver.#conversations.ignorePresent();
    return driver;
  }

  /** @throws NotDrivable; Error when the clusters do something else than the model */
  async perform(step: TraceStep): Promise<void> {
    const { process, what, label, message } = step;
    if (what === 'start') return this.#begin(step);
    // Here nothing arrives before it is told to.
    if (what === 'delay') return;
    if (what === 'lose') this.#lose(message);
    else if (message === null) await this.#move(process, label);
    else await this.#receive(process, message, step);
    await answerLocates(this.stepped, this.#conversations);
    for (const sent of step.sends) await this.#noteSent(process, sent, message);
  }

  /** The orders of before the duplication are on their way. */
  async #begin({ sends }: TraceStep): Promise<void> {
    for (const sent of sends) if (sent.kind === 'Order') await this.#noteSent(sent.from, sent, null);
  }

  async #move(process: string, label: string): Promise<void> {
    const { stepped } = this;
    const server = SERVERS[process] ?? process;
    const [word = ''] = label.split(' ');
    const timer = /^timer (.+?)(?:, early)?$/.exec(label)?.[1];
    if (timer !== undefined) return stepped.fire(server, timer);
    switch (word) {
      case 'crash':
        this.#syncs.forget(server);
        return stepped.crash(server);
      case 'restart':
        return stepped.restart(server);
      case 'sync':
        this.#said.push({ node: server, partitions: this.#partitionsOf(server) });
        return;
      case 'pause':
      case 'start':
      case 'remove':
      case 'add':
        // Nothing has happened yet: it does when the other side hears of it.
        return;
      case 'storage':
        return this.#storage(server, label);
      case 'client':
        return this.#write(Number(label.split(' ').at(-1)));
    }
    if (label.startsWith('the checkpoint')) return this.#checkpoint(server, label);
    throw new NotDrivable(`no way to ${label}`);
  }

  async #storage(server: string, label: string): Promise<void> {
    const { stepped } = this;
    const keys = server === 'west/meta' ? 'table/*' : /decree/.test(label) ? 'progress/*' : 'duplication/*';
    const waits = stepped.held('commit', server);
    // A decree that is stored already is not written again; those that wait are written together.
    if (keys === 'progress/*' && waits.length === 0) return;
    if (label.startsWith('storage refuses')) return stepped.refuse(server, keys, DISK_ERROR);
    await stepped.store(server, keys);
    if (server !== 'west/meta') return;
    // That a partition has been open is recorded when the table's own write is done; the model knows nothing of it.
    for (const commit of stepped.held('commit', server)) {
      if (commit.label.startsWith('table/')) await stepped.release(commit);
    }
  }

  async #checkpoint(server: string, label: string): Promise<void> {
    const { stepped } = this;
    const name = server === SERVERS.sourceNode0 ? 'prepareCheckpoint' : 'installCheckpoint';
    const waiting = stepped.held('effect', server).filter((task) => task.label.startsWith(name));
    const task = waiting.pop();
    if (task === undefined) throw new Error(`${server} does not wait to ${name}`);
    for (const old of waiting) stepped.drop(old);
    const { diskRules } = stepped.clusters.world;
    const fails = /fails|cannot/.test(label);
    if (fails) diskRules.push((operation) => (operation.what === 'rename' ? DISK_ERROR : undefined));
    await stepped.release(task);
    if (fails) diskRules.pop();
  }

  async #write(decree: number): Promise<void> {
    const { clusters } = this.stepped;
    const hosted = clusters.source.replica(0)?.partitions()[0];
    if (hosted?.store === null || hosted === undefined)
      throw new NotDrivable('the partition is not open yet');
    if (!clusters.source.isRunning('east/meta'))
      throw new NotDrivable('nobody tells the client where to write');
    const primary = clusters.operator.put(SOURCE_TABLE, 'row', String(decree), 'written');
    await clusters.world.drive(primary);
    await this.stepped.settle();
  }

  async #receive(process: string, message: Message, step: TraceStep): Promise<void> {
    const server = SERVERS[process] ?? process;
    switch (message.kind) {
      case 'Request':
        return this.#ask((message.body as { verb: keyof typeof STATUS_OF_VERB | 'add' }).verb);
      case 'Answer':
        return;
      case 'Order':
        return this.#follow(server, message);
      case 'Sync':
      case 'Holds':
      case 'Hello': {
        if (!this.#isUp(server)) return;
        const node = SERVERS[message.from] ?? message.from;
        if (!this.#isUp(node)) throw new NotDrivable('a report of a node that is down');
        return this.#syncs.report(node, server, this.#reportOf(message));
      }
      default:
        return this.#arrive(message, step);
    }
  }

  async #follow(node: string, order: Message): Promise<void> {
    if (await this.#syncs.order(node)) return;
    // It was made for an earlier life of the node, or went with a sync that is over: the node asks anew.
    const meta = SERVERS[order.from] ?? order.from;
    if (!this.#isUp(meta)) throw new NotDrivable(UNTOLD);
    await this.#syncs.report(node, meta, heardOf(order));
    if (!(await this.#syncs.order(node))) throw new NotDrivable(UNTOLD);
  }

  async #arrive(message: Message, step: TraceStep): Promise<void> {
    const { stepped } = this;
    const task = this.#conversations.frameOf(message);
    const asksSource = message.kind === 'QueryCheckpoint' || message.kind === 'CopyFile';
    if (asksSource && this.#isUp('east/replica-0') && !this.#isSourceOpen()) throw new NotDrivable(CLOSED);
    if (task === undefined) {
      if (message.late === true) return;
      throw new Error(`the model has ${message.kind} on its way, the network has not`);
    }
    if (step.what === 'receive a copy') stepped.clusters.world.schedule.releaseCopy(task);
    else stepped.clusters.world.schedule.release(task);
    await stepped.settle();
    // The model remembers who was retired in the same step as it looks.
    for (const commit of stepped.held('commit', 'west/meta')) {
      if (commit.label.startsWith('retired/')) await stepped.release(commit);
    }
    if (message.kind === 'QueryPartitions') await this.#secondQuestion(task, step);
  }

  /** Readiness takes two RPCs; the first one's answer is the model's answer only if there is no table. */
  async #secondQuestion(first: Task, { sends }: TraceStep): Promise<void> {
    const { stepped } = this;
    const isAbsent = sends.some(({ body }) => (body as { error?: string }).error === 'ERR_APP_NOT_EXIST');
    if (isAbsent || first.message === undefined) return;
    const answer = this.#conversations.answerTo(first.message);
    if (answer === undefined) return;
    await stepped.release(answer);
    const second = this.#conversations.fresh('east/meta', 'west/meta', LOCATE)[0];
    if (second === undefined) return;
    this.#conversations.moveOn(first.message, second, 'QueryPartitions');
    await stepped.release(second);
  }

  #lose(message: Message | null): void {
    const task = message === null ? undefined : this.#conversations.frameOf(message);
    if (task !== undefined) this.stepped.drop(task);
  }

  async #noteSent(process: string, sent: Message, cause: Message | null): Promise<void> {
    const { kind } = sent;
    const server = SERVERS[process] ?? process;
    const to = SERVERS[sent.to] ?? sent.to;
    if (FIRST_RPC[kind] !== undefined) this.#conversations.noteQuestion(sent, server, to);
    if (kind === 'Order') {
      // A report that came just now has brought the orders with it.
      const came =
        cause !== null && ['Sync', 'Holds', 'Hello'].includes(cause.kind) && SERVERS[cause.from] === to;
      if (!came && this.#isUp(to)) await this.#syncs.report(to, server, heardOf(sent));
    }
  }

  /** What the node said when this message was sent. @throws Error when it said something else than the model */
  #reportOf({ kind, body, from, late }: Message): (report: NodeReport) => NodeReport {
    if (kind === 'Hello') return (report) => report;
    const said = this.#said.filter(({ node }) => node === SERVERS[from]);
    const meant = kind === 'Sync' ? (body as unknown as { report: Heard }).report : null;
    const isMeant = ({ partitions }: (typeof said)[number]): boolean => {
      const [duplication] = partitions[0]?.duplications ?? [];
      return (
        meant === null || (duplication?.decree === meant.decree && duplication.prepared === meant.prepared)
      );
    };
    const found = late === true ? said.findLast(isMeant) : said.slice(-1).find(isMeant);
    if (found === undefined) {
      throw new Error(
        `the model reports ${JSON.stringify(meant)}, the node ${JSON.stringify(said.at(-1)?.partitions)}`,
      );
    }
    return (report) => ({ ...report, partitions: found.partitions });
  }

  async #ask(verb: keyof typeof STATUS_OF_VERB | 'add'): Promise<void> {
    const { clusters } = this.stepped;
    if (!clusters.source.isRunning('east/meta')) return;
    if (verb === 'add') return this.#add();
    const id = this.ids.at(-1) ?? 0;
    const change = { status: STATUS_OF_VERB[verb] };
    const remove = verb === 'remove' ? { followerTablePolicy: this.#options.onRemove } : {};
    clusters.operator.modifyDuplication(SOURCE_TABLE, id, { ...change, ...remove }).catch(() => undefined);
    await this.stepped.settle();
  }

  /** Adds the duplication, up to where its status waits to be written. */
  async #add(): Promise<void> {
    const { stepped } = this;
    const { policy, onRemove } = this.#options;
    const options = { remoteTable: FOLLOWER_TABLE, policy, dropFollowerOnRemove: onRemove === 'drop' };
    stepped.clusters.observeRemote(FOLLOWER_TABLE);
    stepped.clusters.operator.addDuplication(SOURCE_TABLE, 'west', options).catch(() => undefined);
    await stepped.settle();
    const look = this.#conversations.fresh('east/meta', 'west/meta', 'RPC_CM_LIST_APPS')[0];
    if (look?.message !== undefined) {
      await stepped.release(look);
      const answer = this.#conversations.answerTo(look.message);
      if (answer === undefined) await stepped.fire('east/meta', 'look before an addition');
      else await stepped.release(answer);
    }
    const hosted = stepped.clusters.source.meta?.duplications.all().at(-1);
    if (hosted === undefined) throw new NotDrivable('the addition is refused');
    this.ids.push(hosted.record.duplicationId);
  }

  #isSourceOpen(): boolean {
    const store = this.stepped.clusters.source.replica(0)?.partitions()[0]?.store;
    return store !== undefined && store !== null;
  }

  #isUp(server: string): boolean {
    const { source, follower } = this.stepped.clusters;
    return source.isRunning(server) || follower.isRunning(server);
  }

  #partitionsOf(node: string): NodeReport['partitions'] {
    const { source, follower } = this.stepped.clusters;
    const server = node === SERVERS.sourceNode0 ? source.replica(0) : follower.replica(0);
    return server?.partitions().map((partition) => partition.report()) ?? [];
  }
}
