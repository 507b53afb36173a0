/**
 * Makes the planned troubles happen in a world, and ends them. One rule of the network and one of the disks ask
 * all that are in force.
 */
import { type MessagePattern, matches } from '../../message-pattern.js';
import type { VirtualClusters } from '../../virtual-clusters.js';
import type { DiskOperation } from '../../virtual-disk.js';
import type { Fate } from '../../virtual-network.js';
import type { WireMessage } from '../../wire-message.js';
import { Draw } from '../draw.js';
import type { OperatorAtWork } from '../operator-at-work.js';
import type { ChaosTrouble, Ends, PlannedEvent } from '../plan.js';
import type { Processes } from '../processes.js';
import type { Strikes } from '../strikes.js';
import { type DiskFault, failingDisk, fullDisk, isFetchedBlock, rotInRead, slowDisk } from './disk-faults.js';
import { KeptMessages } from './kept-messages.js';
import { isOfOperator, type MessageFault, messageFault, partitionFault } from './message-faults.js';
import { Moments } from './moments.js';
import { tornBy } from './survival.js';

/** What leaves something on a disk that is not synced. */
const CHANGES: ReadonlySet<string> = new Set([
  'write',
  'truncate',
  'rename',
  'link',
  'copy',
  'makeDirectory',
  'remove',
]);

/** How long a trouble waits for its moment, before it strikes without it. */
const MOMENT_MS = 2 * 60_000;
/** How long a server that is to end with one of its disk operations is waited for. */
const AMBUSH_MS = 10 * 60_000;

export interface DeskOptions {
  readonly clusters: VirtualClusters;
  readonly processes: Processes;
  readonly operator: OperatorAtWork;
  readonly strikes: Strikes;
  readonly seed: number;
  /** Hears of every disk operation that is done. */
  readonly onDone: (operation: DiskOperation) => void;
}

type OfKind<Kind extends ChaosTrouble['kind']> = Extract<ChaosTrouble, { readonly kind: Kind }>;

interface Ambush {
  readonly server: string;
  readonly what: NonNullable<Ends['atOperation']>['what'];
  readonly when: 'before' | 'after';
  left: number;
  readonly strike: () => void;
}

function isMeant(what: Ambush['what'], operation: DiskOperation): boolean {
  if (what === 'any') return true;
  if (!CHANGES.has(operation.what)) return false;
  return what === 'change' || operation.path.includes(what === 'log' ? '/log/' : '/checkpoints/');
}

/** What a rule of a policy is about: requests of the other cluster, or its replies. */
function policyPattern(operation: string, cluster: string, other: string): MessagePattern {
  const isReply = /_ACK\*?$/.test(operation);
  const code = operation.replace(/_ACK(?=\*?$)/, '');
  return { from: `${other}/*`, to: `${cluster}/*`, code, ...(isReply ? { what: 'reply' } : {}) };
}

export class FaultDesk {
  readonly #options: DeskOptions;
  readonly #messages = new Map<number, MessageFault>();
  readonly #disks = new Map<number, DiskFault>();
  readonly #ambushes = new Map<number, Ambush>();
  /** Turns bits over in what was written, by event. */
  readonly #rots = new Map<number, (operation: DiskOperation) => void>();
  readonly #ends = new Map<number, () => void>();
  readonly #moments = new Moments();
  readonly #kept: KeptMessages;
  /** Nothing begins any more. */
  #over = false;
  /** When a disk had its latest trouble. */
  readonly #diskTroubleMs = new Map<string, number>();

  constructor(options: DeskOptions) {
    this.#options = options;
    const { world } = options.clusters;
    this.#kept = new KeptMessages(world);
    world.messageRules.push((message) => this.#fateOf(message));
    world.diskRules.push((operation) => this.#failureOf(operation));
    world.diskTroubles = {
      delayMs: (operation) => {
        let sum = 0;
        for (const { delayMs } of this.#disks.values()) sum += delayMs?.(operation) ?? 0;
        return sum;
      },
      onDone: (operation) => this.#onDone(operation),
      partWritten: () => this.#draw(0).unit(),
      read: (operation, bytes) => {
        let seen = bytes;
        for (const { read } of this.#disks.values()) seen = read?.(operation, seen) ?? seen;
        if (seen !== bytes) this.#noteDiskTrouble(operation.server);
        return seen;
      },
      freeBytes: (server) =>
        [...this.#disks.values()].some(({ isFull }) => isFull?.(server) === true) ? 0 : undefined,
    };
  }

  /** Whether anything is in force, or about to strike. */
  get isCalm(): boolean {
    return this.#ends.size === 0;
  }

  /** When a disk had its latest trouble; null: never. */
  diskTroubleMs(server: string): number | null {
    return this.#diskTroubleMs.get(server) ?? null;
  }

  /** Whether a disk has had trouble lately. */
  isDiskTroubled(server: string): boolean {
    const sinceMs = this.diskTroubleMs(server);
    return sinceMs !== null && this.#options.clusters.world.nowMs - sinceMs < AMBUSH_MS;
  }

  /** Makes it happen, or waits for its moment. */
  begin({ id, trouble, moment }: PlannedEvent): void {
    if (this.#over) return;
    if (moment === null) {
      this.#strike(id, trouble);
      return;
    }
    const { schedule } = this.#options.clusters.world;
    const strikeAfter = (afterMs: number) => {
      const run = () => {
        if (!this.#over) this.#strike(id, trouble);
      };
      schedule.add({ kind: 'timer', server: 'chaos', label: `moment of trouble ${id}`, run }, afterMs);
    };
    let hasCome = false;
    this.#moments.wait(id, moment, () => {
      hasCome = true;
      this.#ends.get(id)?.();
      strikeAfter(moment.afterMs);
    });
    this.#lasts(id, MOMENT_MS, () => {
      this.#moments.forget(id);
      if (!hasCome) strikeAfter(0);
    });
  }

  #strike(id: number, trouble: ChaosTrouble): void {
    const { clusters, strikes, operator } = this.#options;
    const { world } = clusters;
    const draw = this.#draw(id);
    const hit = () => strikes.hit(id);
    switch (trouble.kind) {
      case 'loss':
      case 'delay':
      case 'duplicate':
      case 'reorder':
        this.#network(
          id,
          trouble.forMs,
          messageFault(trouble, draw, () => world.nowMs, this.#kept),
        );
        break;
      case 'partition-one-way':
      case 'partition-two-way':
        this.#network(id, trouble.forMs, partitionFault(trouble));
        break;
      case 'policy':
        this.#policy(id, trouble);
        break;
      case 'kill':
      case 'crash':
      case 'torn-write':
        this.#end(id, trouble, draw);
        break;
      case 'cluster-crash':
        this.#endAll(trouble, draw, hit);
        break;
      case 'failed-write':
        this.#disk(id, trouble.forMs, failingDisk(trouble, draw, hit));
        break;
      case 'full-disk':
        this.#disk(id, trouble.forMs, fullDisk(trouble, hit));
        break;
      case 'slow-disk':
        this.#disk(id, trouble.forMs, slowDisk(trouble, draw, hit));
        break;
      case 'bit-rot':
        this.#rot(id, trouble, draw, hit);
        break;
      case 'clock-jump':
        this.#jump(trouble, hit);
        break;
      case 'foreign-table':
        operator.makeForeignTable(hit);
        break;
      case 'move':
        operator.move(trouble, hit);
        break;
      case 'operator':
        operator.act(trouble.action, hit);
        break;
    }
  }

  /** Ends everything that is in force. Who is down stays so. */
  liftAll(): void {
    this.#over = true;
    for (const end of [...this.#ends.values()]) end();
    this.#options.clusters.world.clockOffsetsMs.clear();
  }

  #draw(id: number): Draw {
    return new Draw(this.#options.seed).fork(`event ${id}`);
  }

  #lasts(id: number, forMs: number, lift: () => void): void {
    const end = () => {
      // Whoever waited for a moment lasts a second time when it has come.
      if (this.#ends.get(id) !== end) return;
      this.#ends.delete(id);
      lift();
    };
    this.#ends.set(id, end);
    const { schedule } = this.#options.clusters.world;
    schedule.add({ kind: 'timer', server: 'chaos', label: `end of trouble ${id}`, run: end }, forMs);
  }

  #network(id: number, forMs: number, fault: MessageFault): void {
    this.#messages.set(id, fault);
    this.#lasts(id, forMs, () => this.#messages.delete(id));
  }

  #disk(id: number, forMs: number, fault: DiskFault): void {
    this.#disks.set(id, fault);
    this.#lasts(id, forMs, () => this.#disks.delete(id));
  }

  #rot(id: number, trouble: OfKind<'bit-rot'>, draw: Draw, hit: () => void): void {
    if (trouble.where === 'served') {
      this.#disk(id, trouble.forMs, rotInRead(trouble, draw, hit));
    } else {
      this.#rots.set(id, this.#rotFetched(trouble.times, draw, hit));
      this.#lasts(id, trouble.forMs, () => this.#rots.delete(id));
    }
  }

  #jump({ server, byMs }: OfKind<'clock-jump'>, hit: () => void): void {
    const { clockOffsetsMs } = this.#options.clusters.world;
    clockOffsetsMs.set(server, (clockOffsetsMs.get(server) ?? 0) + byMs);
    if (this.#options.processes.isUp(server)) hit();
  }

  #endAll({ cluster, downMs, torn }: OfKind<'cluster-crash'>, draw: Draw, hit: () => void): void {
    const { clusters, processes } = this.#options;
    for (const server of (cluster === 'east' ? clusters.source : clusters.follower).servers) {
      const survives = torn ? { survives: tornBy(draw, () => undefined) } : {};
      if (processes.end(server, downMs, survives)) hit();
    }
  }

  #end(id: number, trouble: OfKind<'kill' | 'crash' | 'torn-write'>, draw: Draw): void {
    const { operator, processes, strikes } = this.#options;
    const { kind, downMs, atOperation } = trouble;
    const server = operator.serverMeant(trouble.server);
    if (server === null) return;
    const hit = () => strikes.hit(id);
    const strike = () => {
      const survives = kind === 'torn-write' ? { survives: tornBy(draw, hit) } : {};
      const ended = processes.end(server, downMs, { processOnly: kind === 'kill', ...survives });
      if (ended && kind !== 'torn-write') hit();
    };
    if (atOperation === null) {
      strike();
      return;
    }
    const { nth, ...which } = atOperation;
    this.#ambushes.set(id, { ...which, server, left: nth, strike });
    this.#lasts(id, AMBUSH_MS, () => this.#ambushes.delete(id));
  }

  #ambush(operation: DiskOperation, when: 'before' | 'after'): void {
    for (const [id, ambush] of this.#ambushes) {
      if (ambush.server !== operation.server || ambush.when !== when) continue;
      if (!isMeant(ambush.what, operation)) continue;
      ambush.left -= 1;
      if (ambush.left > 0) continue;
      this.#ends.get(id)?.();
      ambush.strike();
    }
  }

  #policy(id: number, { cluster, rules, forMs }: OfKind<'policy'>): void {
    const { operator, strikes } = this.#options;
    const other = cluster === 'east' ? 'west' : 'east';
    const hits = rules.map(({ operation }) => policyPattern(operation, cluster, other));
    const inForce = () =>
      this.#messages.set(id, (message) => {
        if (hits.some((pattern) => matches(pattern, message))) strikes.hit(id);
        return undefined;
      });
    operator.setPolicy(cluster, rules, inForce);
    this.#lasts(id, forMs, () => {
      this.#messages.delete(id);
      operator.setPolicy(cluster, []);
    });
  }

  #rotFetched(times: number, draw: Draw, hit: () => void): (operation: DiskOperation) => void {
    let left = times;
    return ({ path }) => {
      const [, file] = this.#options.clusters.world.disk.files(path)[0] ?? [];
      if (left === 0 || file === undefined || file.sizeBytes === 0) return;
      left -= 1;
      file.rot(draw.int(0, file.sizeBytes - 1), 1 << draw.int(0, 7));
      hit();
    };
  }

  #onDone(operation: DiskOperation): void {
    this.#options.onDone(operation);
    if (isFetchedBlock(operation)) for (const rot of this.#rots.values()) rot(operation);
    if (this.#ambushes.size > 0) this.#ambush(operation, 'after');
    this.#moments.noteDisk(operation);
  }

  #failureOf(operation: DiskOperation): string | undefined {
    if (this.#ambushes.size > 0) this.#ambush(operation, 'before');
    for (const { failure } of this.#disks.values()) {
      const errno = failure?.(operation);
      if (errno === undefined) continue;
      this.#noteDiskTrouble(operation.server);
      return errno;
    }
    return undefined;
  }

  #noteDiskTrouble(server: string): void {
    this.#diskTroubleMs.set(server, this.#options.clusters.world.nowMs);
  }

  #fateOf(message: WireMessage): Fate | undefined {
    this.#moments.noteMessage(message);
    this.#kept.pass(message);
    if (this.#messages.size === 0 || isOfOperator(message)) return undefined;
    for (const [id, fault] of this.#messages) {
      const fate = fault(message);
      if (fate === undefined) continue;
      this.#options.strikes.hit(id);
      return fate;
    }
    return undefined;
  }
}
