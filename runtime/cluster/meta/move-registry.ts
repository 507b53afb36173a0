/**
 * Moves of partitions from node to node. Each that is under way is a `partitionMove` chart; what a partition's
 * record says, and nothing else, decides who opens it.
 */
import type { PartitionMoveEffects, PartitionMoveTimes, Trouble } from '../../../machines/index.js';
import type { ServerLog } from '../../observe/log.js';
import { StoreError } from '../../store/index.js';
import type { Environment } from '../environment.js';
import type { ArrivalOrder, DropOrder, NodeReport } from '../node-sync.js';
import { HostedMove, type MovePersisted, type MoveSubject } from './hosted-move.js';
import type { MoveEnd, PlaceRecord, TableRecord } from './meta-store.js';
import type { NodeRegistry } from './node-registry.js';
import { masterOf } from './table-envs.js';
import type { TableRegistry } from './table-registry.js';

export interface MoveRegistryOptions {
  readonly tables: TableRegistry;
  readonly nodes: NodeRegistry;
  readonly times: PartitionMoveTimes;
  readonly log: ServerLog;
  readonly onDefect: (error: unknown, effect: string) => void;
  readonly environment: Environment;
}

/** Taken: the number of the attempt, once it is durable. Otherwise why not; nothing is changed then. */
export type MoveAnswer =
  | { readonly ballot: number; readonly from: string; readonly to: string }
  | { readonly error: string; readonly hint: string };

/** Where a partition is, and what is known of its moves. */
export interface PlaceView {
  readonly table: string;
  readonly partition: number;
  readonly node: string;
  readonly alive: boolean;
  /** As its node reported it last. */
  readonly state: string;
  readonly moving: {
    readonly to: string;
    readonly ballot: number;
    readonly sinceMs: number;
    readonly state: string;
    readonly waitingFor: string;
    readonly trouble: Trouble | null;
  } | null;
  readonly lastMove: MoveEnd | null;
}

const keyOf = (appId: number, partition: number): string => `${appId}.${partition}`;

export class MoveRegistry {
  readonly #options: MoveRegistryOptions;
  readonly #moves = new Map<string, HostedMove>();

  constructor(options: MoveRegistryOptions) {
    this.#options = options;
    for (const { name: table, appId, partitions } of options.tables.list()) {
      for (const [partition, { node: from, moving }] of partitions.entries()) {
        if (moving === undefined) continue;
        const { to, ballot } = moving;
        this.#host({ table, appId, partition, from, to, ballot }, true, () => undefined);
      }
    }
  }

  /** Begins a move; answered as soon as the attempt is durable. How it ends is in the partition's record. */
  async begin(name: string, partition: number, to: string): Promise<MoveAnswer> {
    const refused = this.#whyNot(name, partition, to);
    if (refused !== null) return refused;
    const record = this.#options.tables.available(name) as TableRecord;
    const place = record.partitions[partition] as PlaceRecord;
    const ballot = Math.max(place.ballot ?? 0, place.lastMove?.ballot ?? 0) + 1;
    const subject = { table: name, appId: record.appId, partition, from: place.node, to, ballot };
    const begun = await new Promise<MovePersisted>((resolve) => this.#host(subject, false, resolve));
    if (begun.type === 'MOVE_PERSISTED') return { ballot, from: place.node, to };
    if (begun.type === 'TABLE_GONE') return { error: 'ERR_APP_NOT_EXIST', hint: `table ${name} is dropped` };
    return { error: begun.error, hint: 'the meta server could not write that the move begins' };
  }

  of(appId: number, partition: number): HostedMove | undefined {
    return this.#moves.get(keyOf(appId, partition));
  }

  /** Of one table, or of all. */
  places(name?: string): PlaceView[] {
    const { tables, nodes } = this.#options;
    const wanted = tables.list().filter((table) => name === undefined || table.name === name);
    return wanted.flatMap(({ name: table, appId, partitions }) =>
      partitions.map(({ node, moving, lastMove }, partition) => {
        const view = this.of(appId, partition)?.view();
        return {
          table,
          partition,
          node,
          alive: nodes.isAlive(node),
          state: nodes.partition(node, appId, partition)?.state ?? 'unknown',
          moving:
            moving === undefined
              ? null
              : {
                  ...moving,
                  state: view?.state ?? '',
                  waitingFor: view?.meta?.waitingFor ?? '',
                  trouble: view?.trouble ?? null,
                },
          lastMove: lastMove ?? null,
        };
      }),
    );
  }

  noteReport({ node, partitions, arrivals = [] }: NodeReport): void {
    for (const move of [...this.#moves.values()]) {
      const { appId, partition, from, to } = move.subject;
      if (this.#options.tables.byId(appId) === undefined) {
        move.tableGone();
        continue;
      }
      const isIt = (each: { appId: number; partitionIndex: number }) =>
        each.appId === appId && each.partitionIndex === partition;
      if (node === from) move.noteOld(partitions.find(isIt));
      if (node === to) move.noteNew(arrivals.find(isIt));
    }
  }

  /** What a node shall fetch. */
  arrivalsAt(node: string): ArrivalOrder[] {
    return [...this.#moves.values()]
      .filter(({ subject, fetches }) => subject.to === node && fetches)
      .map(({ subject: { appId, table, partition, ballot, from } }) => ({
        appId,
        appName: table,
        partitionIndex: partition,
        ballot,
        from,
      }));
  }

  /**
   * What moves have left at a node: files of attempts that are over, and copies of partitions that live elsewhere
   * now. The latter only once the new one is open: until then nobody can be worse off for its being there.
   */
  leftAt({ node, partitions, leftovers, arrivals = [] }: NodeReport): DropOrder[] {
    const drops: DropOrder[] = [];
    const { tables, nodes } = this.#options;
    // Asked for each partition at each sync.
    const records = new Map(tables.list().map((record) => [record.appId, record]));
    const placeOf = (appId: number, partitionIndex: number) => {
      const record = records.get(appId);
      return record?.status === 'AS_AVAILABLE' ? record.partitions[partitionIndex] : undefined;
    };
    for (const { appId, partitionIndex } of [...arrivals, ...leftovers.filter((left) => left.arrival)]) {
      const place = placeOf(appId, partitionIndex);
      if (place === undefined || place.node === node || place.moving?.to === node) continue;
      drops.push({ appId, partitionIndex, arrival: true });
    }
    for (const { appId, partitionIndex, ballot = 0 } of [
      ...partitions,
      ...leftovers.filter((left) => !left.arrival),
    ]) {
      const place = placeOf(appId, partitionIndex);
      const below = place?.ballot ?? 0;
      if (place === undefined || place.node === node || ballot >= below) continue;
      const now = nodes.partition(place.node, appId, partitionIndex);
      if (now?.state === 'serving' && now.ballot === below) drops.push({ appId, partitionIndex, below });
    }
    return drops;
  }

  stop(): void {
    for (const move of this.#moves.values()) move.stop();
    this.#moves.clear();
  }

  #whyNot(name: string, partition: number, to: string): { error: string; hint: string } | null {
    const { tables, nodes } = this.#options;
    const status = tables.statusOf(name);
    if (status === 'AS_CREATING')
      return { error: 'ERR_BUSY_CREATING', hint: `table ${name} is being created` };
    if (status === 'AS_DROPPING')
      return { error: 'ERR_BUSY_DROPPING', hint: `table ${name} is being dropped` };
    const record = tables.available(name);
    if (record === undefined)
      return { error: 'ERR_APP_NOT_EXIST', hint: `there is no table named "${name}"` };
    const place = record.partitions[partition];
    if (place === undefined) {
      const hint = `table ${name} has partitions 0 to ${record.partitionCount - 1}`;
      return { error: 'ERR_INVALID_PARAMETERS', hint };
    }
    const { node, moving } = place;
    const what = `partition ${partition} of ${name}`;
    const known = nodes.all().map((each) => each.node);
    if (!known.includes(to)) {
      return { error: 'BRIDLE_UNKNOWN_NODE', hint: `${to}; known here: ${known.join(', ') || 'none yet'}` };
    }
    if (moving !== undefined || this.of(record.appId, partition) !== undefined) {
      return { error: 'BRIDLE_MOVING', hint: `${what} is on its way to ${moving?.to ?? 'another node'}` };
    }
    if (node === to) return { error: 'BRIDLE_ALREADY_THERE', hint: `${what} is at ${to}` };
    for (const each of [to, node]) {
      if (nodes.isAlive(each)) continue;
      const role = each === to ? 'would come to' : 'is at';
      return { error: 'BRIDLE_NODE_DEAD', hint: `${what} ${role} ${each}, which does not report` };
    }
    const state = nodes.partition(node, record.appId, partition)?.state ?? 'unknown';
    if (state !== 'missing' && state !== 'failed') return null;
    return {
      error: 'ERR_INACTIVE_STATE',
      hint: `${what} is ${state} at ${node}: there is nothing to hand over`,
    };
  }

  #host(subject: MoveSubject, recorded: boolean, onBegun: (outcome: MovePersisted) => void): void {
    const { times, onDefect, environment, log } = this.#options;
    const key = keyOf(subject.appId, subject.partition);
    const facts = { ...subject };
    const move = new HostedMove({
      subject,
      recorded,
      mayBeEmpty: () => this.#mayBeEmpty(subject),
      times,
      persist: async (effect) => {
        const outcome = await this.#persist(subject, effect);
        if (effect.step === 'begin') onBegun(outcome);
        return outcome;
      },
      onEnd: (trouble) => {
        this.#moves.delete(key);
        if (trouble === null) log.info('a partition has moved', facts);
        else log.warn('a move of a partition was undone', { ...facts, trouble });
      },
      onDefect,
      environment,
    });
    this.#moves.set(key, move);
    log.info('a partition is being moved', facts);
    move.start();
  }

  /** Without data there is nothing to lose where there never was any, or where the source has it all. */
  #mayBeEmpty({ appId, partition }: MoveSubject): boolean {
    const record = this.#options.tables.byId(appId);
    return record !== undefined && (!record.partitions[partition]?.existed || masterOf(record) !== null);
  }

  async #persist(
    { appId, partition, from, to, ballot }: MoveSubject,
    { step, holds, trouble }: PartitionMoveEffects['persistMove'],
  ): Promise<MovePersisted> {
    const atMs = this.#options.environment.clock.epochMs();
    const end = { ballot, from, to, atMs };
    try {
      const changed = await this.#options.tables.changePlace(appId, partition, (place) => {
        if (step === 'begin') return { ...place, moving: { to, ballot, sinceMs: atMs } };
        const { moving: _over, ...rest } = place;
        if (step === 'undo') {
          const { error = 'ERR_UNKNOWN', operation, peer, hint } = trouble ?? {};
          return { ...rest, lastMove: { ...end, outcome: 'undone', error, operation, peer, hint } };
        }
        const existed = place.existed || holds;
        return { ...rest, node: to, existed, ballot, lastMove: { ...end, outcome: 'moved' } };
      });
      return { type: changed ? 'MOVE_PERSISTED' : 'TABLE_GONE' };
    } catch (error) {
      const code = error instanceof StoreError ? error.code : 'ERR_UNKNOWN';
      return { type: 'MOVE_PERSIST_FAILED', error: code };
    }
  }
}
