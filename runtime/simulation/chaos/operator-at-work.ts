/** Whoever operates both clusters: adds, pauses, removes, sets policies; and whether he is obeyed. */
import {
  DUPLICATION_STATUSES,
  type DuplicationStatus,
  FAIL_MODES,
  type FailMode,
} from '../../../machines/index.js';
import type { PolicyRule } from '../../cluster/policy.js';
import { formatAddress, RpcError } from '../../pegasus/index.js';
import type { Operator } from '../operator.js';
import type { VirtualClusters } from '../virtual-clusters.js';
import { type ChaosTrouble, NEW_NODE, OLD_NODE, type Topology, type Verb } from './plan.js';
import type { Processes } from './processes.js';
import type { Judge } from './properties.js';

/** Every request is answered within this; what has to be looked up at the follower first takes longest. */
export const ANSWER_BOUND_MS = 60_000;
const TRY_AGAIN_MS = 10_000;

export interface Answer {
  readonly error: string;
  readonly hint: string;
}

export interface AtWorkOptions {
  readonly clusters: VirtualClusters;
  readonly processes: Processes;
  readonly judge: Judge;
  readonly topology: Topology;
}

type Changes = { readonly status?: DuplicationStatus; readonly failMode?: FailMode };

export class OperatorAtWork {
  readonly #options: AtWorkOptions;
  readonly #wanted = { east: [] as readonly PolicyRule[], west: [] as readonly PolicyRule[] };
  /** How often each status and fail mode was asked for. */
  readonly #asked = new Map<string, number>();
  #requests = 0;
  #latestMove: Readonly<Record<string, string | undefined>> = {};

  constructor(options: AtWorkOptions) {
    this.#options = options;
  }

  /** How often this status or fail mode has been asked for so far. */
  asked(what: DuplicationStatus | FailMode): number {
    return this.#asked.get(what) ?? 0;
  }

  act(action: Verb, hit: () => void): void {
    void this.#act(action).then((answer) => {
      if (answer !== null) hit();
    });
  }

  /** Moves a partition to another node of its cluster, wherever it is by then. */
  move({ cluster, partition, further }: Extract<ChaosTrouble, { kind: 'move' }>, hit: () => void): void {
    const { clusters, topology } = this.#options;
    const isSource = cluster === 'east';
    const side = isSource ? clusters.source : clusters.follower;
    const name = isSource ? topology.table : topology.remoteTable;
    const index = partition % topology.partitions;
    const place = side.meta?.tables.available(name)?.partitions[index];
    if (place === undefined) return;
    const servers = side.servers.slice(1);
    const nodes = servers.map((server) => formatAddress(side.addressOf(server)));
    const from = nodes.indexOf(place.node);
    const next = (from + further) % nodes.length;
    const to = nodes[next] ?? '';
    this.#latestMove = { [OLD_NODE]: servers[from], [NEW_NODE]: servers[next] };
    const operator = isSource ? clusters.operator : clusters.followerOperator;
    operator.movePartition(name, index, to).then(
      (error) => {
        if (error === 'ERR_OK') hit();
      },
      () => undefined,
    );
  }

  /** Whose name this is, also of a node of the latest move; null: nothing has been moved. */
  serverMeant(name: string): string | null {
    if (name !== OLD_NODE && name !== NEW_NODE) return name;
    return this.#latestMove[name] ?? null;
  }

  /** A table of the duplication's remote name appears at the follower, and is nobody's. */
  makeForeignTable(hit: () => void): void {
    const { clusters, topology } = this.#options;
    const { remoteTable, partitions } = topology;
    clusters.followerOperator.createTable(remoteTable, partitions).then(
      (error) => {
        if (error === 'ERR_OK') hit();
      },
      () => undefined,
    );
  }

  /** Asks until it is in force, or something else is wanted. */
  setPolicy(
    cluster: 'east' | 'west',
    rules: readonly PolicyRule[],
    inForce: () => void = () => undefined,
  ): void {
    this.#wanted[cluster] = rules;
    void this.#setPolicy(cluster, rules).then((done) => {
      if (done) inForce();
    });
  }

  /** Adds; null when nobody answered. */
  async add(policy: string, dropFollowerOnRemove: boolean): Promise<Answer | null> {
    const { topology } = this.#options;
    const answer = await this.#ask('add', ({ operator }) =>
      operator.call(
        'RPC_CM_ADD_DUPLICATION',
        {
          appName: topology.table,
          remoteClusterName: 'west',
          remoteAppName: topology.remoteTable,
          isDuplicatingCheckpoint: true,
          existingTablePolicy: policy,
          dropFollowerOnRemove,
        },
        ANSWER_BOUND_MS,
      ),
    );
    return answer === null ? null : answerOf(answer);
  }

  /** Changes the duplication that is there; null when there is none, or nobody answered. */
  async change(
    verb: string,
    change: Changes & { followerTablePolicy?: 'keep' | 'drop'; retryNow?: boolean },
  ) {
    const id = await this.#currentId();
    if (id === null) return null;
    const { status, failMode, ...more } = change;
    for (const what of [status, failMode]) {
      if (what !== undefined) this.#asked.set(what, this.asked(what) + 1);
    }
    const before = this.#requests;
    const answer = await this.#ask(verb, ({ operator }) =>
      operator.call(
        'RPC_CM_MODIFY_DUPLICATION',
        {
          appName: this.#options.topology.table,
          dupid: id,
          ...(status === undefined ? {} : { status: DUPLICATION_STATUSES.indexOf(status) }),
          ...(failMode === undefined ? {} : { failMode: FAIL_MODES.indexOf(failMode) }),
          ...more,
        },
        ANSWER_BOUND_MS,
      ),
    );
    if (answer === null) return null;
    const { error, hint } = answerOf(answer);
    const { judge } = this.#options;
    if (error === 'ERR_INVALID_PARAMETERS') {
      judge.check(
        'Obeys',
        /legal in|FAIL_FAST/.test(hint),
        () => `${verb} is refused with ${JSON.stringify(hint)}`,
      );
    }
    // Nobody else has asked for anything meanwhile: what was answered is what is on the disk.
    if (error === 'ERR_OK' && status !== undefined && this.#requests === before + 1) {
      const durable = this.#durableStatus(id);
      const holds = durable === status || (status === 'DS_REMOVED' && durable === null);
      judge.check('DurableFirst', holds, () => `${verb} is answered, and durable is ${durable ?? 'nothing'}`);
    }
    return { error, hint };
  }

  async #act(action: Verb): Promise<Answer | null> {
    switch (action.verb) {
      case 'add':
        return this.add(action.policy, action.onRemove === 'drop');
      case 'pause':
        return this.change('pause', { status: 'DS_PAUSE' });
      case 'start':
        return this.change('start', { status: 'DS_LOG' });
      case 'retry':
        return this.change('retry', { retryNow: true });
      case 'fail-mode':
        return this.change('fail-mode', { failMode: action.failMode });
      case 'remove':
        return this.change('remove', {
          status: 'DS_REMOVED',
          ...(action.follower === null ? {} : { followerTablePolicy: action.follower }),
        });
    }
  }

  async #currentId(): Promise<number | null> {
    const { clusters, topology } = this.#options;
    const found = await this.#ask('query', () => clusters.operator.duplications(topology.table));
    return found?.at(-1)?.id ?? null;
  }

  /** What comes of a request; null if nothing did, which only a server that died may do. */
  async #ask<Value>(
    what: string,
    ask: (clusters: { operator: Operator }) => Promise<Value>,
  ): Promise<Value | null> {
    const { clusters, processes, judge } = this.#options;
    const meta = `${clusters.source.name}/meta`;
    const life = processes.lifeOf(meta);
    const wasRunning = clusters.source.isRunning(meta);
    const open = this.#isOpen();
    this.#requests += 1;
    const beganMs = clusters.world.nowMs;
    try {
      const answer = await ask(clusters);
      judge.check('Obeys', true, () => '');
      return answer;
    } catch (error) {
      const lived = wasRunning && open && this.#isOpen() && processes.lifeOf(meta) === life;
      if (lived && error instanceof RpcError) {
        const tookMs = clusters.world.nowMs - beganMs;
        judge.violated('Obeys', `${what} was not answered within ${tookMs} ms: ${error.message}`);
      } else if (!(error instanceof RpcError)) {
        judge.violated('NoAbort', `${what}: ${error instanceof Error ? error.stack : String(error)}`);
      }
      return null;
    }
  }

  #isOpen(): boolean {
    return (
      this.#wanted.east.length === 0 && this.#options.clusters.source.meta?.gate.policy.rules.length === 0
    );
  }

  #durableStatus(id: number): string | null {
    const { disk } = this.#options.clusters.world;
    for (const [key, { text }] of disk.imageOf(`/${this.#options.clusters.source.name}/meta`).entries) {
      if (key.startsWith('duplication/') && key.endsWith(`/${id}`)) return JSON.parse(text).status;
    }
    return null;
  }

  async #setPolicy(cluster: 'east' | 'west', rules: readonly PolicyRule[]): Promise<boolean> {
    const { clusters } = this.#options;
    const operator = cluster === 'east' ? clusters.operator : clusters.followerOperator;
    while (this.#wanted[cluster] === rules) {
      try {
        const request = { cmd: 'bridle.set-policy', arguments: [JSON.stringify(rules)] };
        const answer = JSON.parse(String(await operator.call('RPC_CLI_CLI_CALL', request)));
        if (answer.error === undefined) return true;
      } catch {
        // The server is down, or its disk is: asked again.
      }
      await new Promise<void>((resolve) => {
        const task = { kind: 'timer', server: 'chaos', label: `policy of ${cluster}`, run: resolve } as const;
        clusters.world.schedule.add(task, TRY_AGAIN_MS);
      });
    }
    return false;
  }
}

function answerOf({ err, hint = '' }: { readonly err: string; readonly hint?: string | undefined }): Answer {
  return { error: err, hint };
}
