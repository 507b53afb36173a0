/** Statuses, decrees and owners: looked at when one of them has changed, on the disk or in memory. */
import { type DuplicationStatus, formatOwner, isLegalSuccessor } from '../../../../machines/index.js';
import {
  type DuplicationRecord,
  duplicationRecordSchema,
  type TableRecord,
  tableRecordSchema,
} from '../../../cluster/meta/meta-store.js';
import type { MemoryMapImage } from '../../../store/index.js';
import type { VirtualClusters } from '../../virtual-clusters.js';
import type { OperatorAtWork } from '../operator-at-work.js';
import type { Judge } from '../properties.js';
import { Drops } from './drops.js';

export interface DurableDuplication {
  readonly record: DuplicationRecord;
  /** By partition; −1: none. */
  readonly confirmed: readonly number[];
}

export interface Released {
  readonly record: DuplicationRecord;
  readonly atMs: number;
}

export class Statuses {
  readonly #clusters: VirtualClusters;
  readonly #judge: Judge;
  readonly #operator: OperatorAtWork;
  #sourceRevision = -1;
  #followerRevision = -1;
  #durable = new Map<number, DurableDuplication>();
  #tables = new Map<number, TableRecord>();
  /** Of these, the ones that are not dropped: asked for at each moment, and most are dropped in a long run. */
  #available: readonly TableRecord[] = [];
  readonly #visible = new Map<
    number,
    { context: object; status: DuplicationStatus; confirmed: readonly number[] }
  >();
  /** How often each was seen to happen on the disk; it may not be more than it was asked for. */
  readonly #left = new Map<string, number>();
  /** When something was last seen to change. */
  changedMs = 0;
  readonly released: Released[] = [];
  /** Owners that are gone, and whose tables were to be dropped. */
  readonly #dropped = new Set<string>();
  readonly #drops: Drops;
  readonly #ours: string;
  readonly #theirs: string;
  readonly #tableOf = new Entries((text) => tableRecordSchema.parse(JSON.parse(text)));
  readonly #duplicationOf = new Entries((text) => duplicationRecordSchema.parse(JSON.parse(text)));

  constructor(clusters: VirtualClusters, judge: Judge, operator: OperatorAtWork) {
    this.#clusters = clusters;
    this.#judge = judge;
    this.#operator = operator;
    this.#ours = `/${clusters.source.name}/meta`;
    this.#theirs = `/${clusters.follower.name}/meta`;
    this.#drops = new Drops(judge, clusters.source.name, () => clusters.world.nowMs);
  }

  /** Duplications on the disk of the source's meta server. */
  durable(): readonly DurableDuplication[] {
    return [...this.#durable.values()];
  }

  /** Tables on the disk of the follower's meta server that are not dropped. */
  followerTables(): readonly TableRecord[] {
    return this.#available;
  }

  /** Who a table of the follower was made for. */
  ownerOf(appId: number): string | null {
    return this.#tables.get(appId)?.envs['duplication.owner'] ?? null;
  }

  /** After each moment. */
  look(): void {
    const { disk } = this.#clusters.world;
    const theirs = disk.imageOf(this.#theirs);
    if (theirs.revision !== this.#followerRevision) {
      this.#followerRevision = theirs.revision;
      this.#noteTables(theirs);
    }
    if (this.#drops.looksAtDropping) this.#drops.noteDropping(this.#dropping());
    const ours = disk.imageOf(this.#ours);
    if (ours.revision !== this.#sourceRevision) {
      this.#sourceRevision = ours.revision;
      this.#noteDurable(this.#readDurable(ours));
    }
    this.#noteVisible();
  }

  /** Ids of the tables that the follower's meta server is dropping. */
  #dropping(): readonly number[] {
    const tables = this.#clusters.follower.meta?.tables;
    if (tables === undefined) return [];
    return this.followerTables().flatMap(({ appId, name }) =>
      tables.statusOf(name) === 'AS_DROPPING' ? [appId] : [],
    );
  }

  #readDurable(image: MemoryMapImage): Map<number, DurableDuplication> {
    const found = new Map<number, DurableDuplication>();
    for (const [key, { text }] of image.entries) {
      if (!key.startsWith('duplication/')) continue;
      const record = this.#duplicationOf.read(key, text);
      const { appId, duplicationId, partitionCount } = record;
      const confirmed = Array.from({ length: partitionCount }, (_, p) =>
        Number(image.entries.get(`progress/${appId}/${duplicationId}/${p}`)?.text ?? -1),
      );
      found.set(duplicationId, { record, confirmed });
    }
    return found;
  }

  #noteTables(image: MemoryMapImage): void {
    for (const [key, { text }] of image.entries) {
      if (!key.startsWith('table/')) continue;
      const record = this.#tableOf.read(key, text);
      const before = this.#tables.get(record.appId);
      const [was, is] = [before?.envs['duplication.owner'], record.envs['duplication.owner']];
      if (before !== undefined) {
        this.#judge.check('OwnTable', was === is, () => `table ${record.name} goes from ${was} to ${is}`);
        this.#drops.noteTable(
          before,
          record,
          this.durable().map((duplication) => duplication.record),
        );
      } else {
        const isLate = is !== undefined && this.#dropped.has(is);
        this.#judge.check('Releases', !isLate, () => `table ${record.name} is made for ${is}, which is gone`);
      }
      this.#tables.set(record.appId, record);
    }
    this.#available = [...this.#tables.values()].filter(({ status }) => status === 'AS_AVAILABLE');
  }

  #noteDurable(found: Map<number, DurableDuplication>): void {
    const judge = this.#judge;
    this.changedMs = this.#clusters.world.nowMs;
    for (const { record } of [...this.#durable.values(), ...found.values()])
      this.#drops.noteDuplication(record);
    for (const [id, now] of found) {
      const before = this.#durable.get(id);
      const { status, failMode } = now.record;
      if (before === undefined) {
        const holds = status !== 'DS_INIT' && isLegalSuccessor('DS_INIT', status);
        judge.check('LegalSuccessor', holds, () => `duplication ${id} is written as ${status} first`);
        continue;
      }
      const was = before.record.status;
      if (status !== was) this.#noteMove(was, now);
      if (failMode !== before.record.failMode) this.#noteAsked(failMode, `the fail mode becomes ${failMode}`);
      for (const [p, decree] of now.confirmed.entries()) {
        const stored = before.confirmed[p] ?? -1;
        if (decree === stored) continue;
        judge.check(
          'Monotone',
          decree > stored,
          () => `partition ${p} of ${id} goes from decree ${stored} to ${decree}`,
        );
      }
    }
    for (const [id, { record }] of this.#durable) {
      if (found.has(id)) continue;
      judge.check(
        'LegalSuccessor',
        record.status === 'DS_REMOVED',
        () => `duplication ${id} is gone, and was ${record.status}`,
      );
      this.released.push({ record, atMs: this.#clusters.world.nowMs });
      this.#checkDropped(record);
    }
    this.#durable = found;
  }

  #noteMove(was: DuplicationStatus, { record }: DurableDuplication): void {
    const { status, duplicationId: id } = record;
    this.#judge.check(
      'LegalSuccessor',
      isLegalSuccessor(was, status),
      () => `duplication ${id} goes from ${was} to ${status}`,
    );
    if (was === 'DS_PAUSE') this.#noteAsked(status, `a pause ends with ${status}`);
    if (status === 'DS_APP') this.#checkOwner(record);
  }

  /** A move that only an operator may make has been made. */
  #noteAsked(what: Parameters<OperatorAtWork['asked']>[0], words: string): void {
    const times = (this.#left.get(what) ?? 0) + 1;
    this.#left.set(what, times);
    const asked = this.#operator.asked(what);
    this.#judge.check(
      'PauseSticky',
      times <= asked,
      () => `${words} for the ${times}th time, asked for ${asked} times`,
    );
  }

  /** What goes on to DS_APP has a table, and it is its own. */
  #checkOwner(record: DuplicationRecord): void {
    const table = this.followerTables().find(({ name }) => name === record.remoteTable);
    const own = this.#ownerOf(record);
    const owner = table?.envs['duplication.owner'] ?? 'nobody';
    this.#judge.check('OwnTable', owner === own, () => `${own} goes on with a table of ${owner}`);
  }

  /** What was to be dropped is, and a creation that was under way finds that it comes too late. */
  #checkDropped(record: DuplicationRecord): void {
    if (record.onRemove !== 'drop') return;
    const own = this.#ownerOf(record);
    this.#dropped.add(own);
    const left = this.followerTables().find(({ envs }) => envs['duplication.owner'] === own);
    this.#judge.check(
      'Releases',
      left === undefined,
      () => `${own} is gone, and its table ${left?.name}, which was to be dropped, is there`,
    );
  }

  #ownerOf({ duplicationId, appName: sourceTable }: DuplicationRecord): string {
    return formatOwner({ sourceCluster: this.#clusters.source.name, sourceTable, duplicationId });
  }

  #noteVisible(): void {
    for (const { context, record } of this.#clusters.source.meta?.duplications.all() ?? []) {
      const id = record.duplicationId;
      const before = this.#visible.get(id);
      if (before?.context === context) continue;
      const { status, confirmed, failMode } = context;
      this.#visible.set(id, { context, status, confirmed });
      if (status === 'DS_INIT') continue;
      this.changedMs = this.#clusters.world.nowMs;
      const stored = this.#durable.get(id);
      // Removed, and the record is deleted: its chart is about to end.
      if (stored === undefined && status === 'DS_REMOVED') continue;
      const same = stored?.record.status === status && stored.record.failMode === failMode;
      // What is on the disk may be a step ahead of what is shown: the one that is being written, never behind it.
      const isAhead = stored !== undefined && context.next?.status === stored.record.status;
      this.#judge.check(
        'DurableFirst',
        same || isAhead,
        () =>
          `${id} shows ${status} ${failMode}, and durable is ${stored?.record.status ?? 'nothing'} ${stored?.record.failMode ?? ''}`,
      );
      for (const [p, decree] of confirmed.entries()) {
        const durable = stored?.confirmed[p] ?? -1;
        if (decree > durable)
          this.#judge.violated(
            'DurableFirst',
            `partition ${p} of ${id} shows decree ${decree}, durable is ${durable}`,
          );
        const shown = before?.confirmed[p] ?? -1;
        if (decree < shown)
          this.#judge.violated('Monotone', `partition ${p} of ${id} shows decree ${decree} after ${shown}`);
      }
    }
  }
}

/** What entries of a map on a disk say: read anew only where the text is another one. */
class Entries<Value> {
  readonly #known = new Map<string, { readonly text: string; readonly value: Value }>();
  readonly #read: (text: string) => Value;

  constructor(read: (text: string) => Value) {
    this.#read = read;
  }

  read(key: string, text: string): Value {
    const known = this.#known.get(key);
    if (known?.text === text) return known.value;
    const value = this.#read(text);
    this.#known.set(key, { text, value });
    return value;
  }
}
