/**
 * Compares what the engines of both sides are told, change by change, without a look at all rows:
 *
 *   source engine ── decree, rows ──► history of the partition
 *   follower engine ── mark, rows ──► is the partition as the history has it at that decree?
 *
 * A mark that the history has not reached, since logs are shipped before they are applied, is judged when it has.
 */
import type { Engine, EngineBatch, Marks } from '../../../store/index.js';
import type { Judge } from '../properties.js';
import { History, rowInWords, type Stored, sameValue, valueInWords } from './history.js';

const ENGINE = /^\/(east|west)\/(replica-\d+)\/(\d+)\.(\d+)\/engine$/;
const EVERYTHING = { limit: 1_000_000, maxBytes: 1_000_000_000 };
const INSTALLED = 'installed';

interface Copy {
  readonly where: string;
  readonly partition: number;
  rows: Map<string, Buffer>;
  owner: string | null;
  /** Decree of the source that it says it has; −1: none. */
  mark: number;
  /** Up to which decree it has been compared; −1: all of it is to be. */
  comparedUpTo: number;
  /** Rows that were changed since. */
  touched: Set<string>;
}

export class RowBooks {
  readonly #judge: Judge;
  /** By partition of the source's table. */
  readonly #histories = new Map<number, History>();
  /** By directory of the follower's engine. */
  readonly #copies = new Map<string, Copy>();
  /** Who a table of the follower was made for, by its id. */
  readonly #ownerOfTable: (appId: number) => string | null;

  constructor(judge: Judge, ownerOfTable: (appId: number) => string | null) {
    this.#judge = judge;
    this.#ownerOfTable = ownerOfTable;
  }

  /** Highest decree that was applied at the source. */
  appliedAtSource(partition: number): number {
    return this.#histories.get(partition)?.last ?? 0;
  }

  watch(engine: Engine, server: string, directory: string): Engine {
    const [, cluster, , appId, index] = ENGINE.exec(directory) ?? [];
    if (cluster === undefined) return engine;
    const partition = Number(index);
    const watcher =
      cluster === 'east'
        ? this.#source(partition, engine.lastAppliedDecree)
        : this.#follower(directory, Number(appId), partition, engine.marks);
    void engine
      .scan(EVERYTHING)
      .then((rows) => watcher.opened(new Map(rows.map(([k, v]) => [textOf(k), v]))));
    return watched(engine, (batch) => watcher.applied(batch, engine.marks, `${server} ${appId}.${index}`));
  }

  #source(partition: number, openedAt: number) {
    const history = this.#histories.get(partition) ?? new History();
    this.#histories.set(partition, history);
    const judge = this.#judge;
    return {
      opened: (rows: ReadonlyMap<string, Buffer>) => {
        if (!history.isKnown(openedAt)) return;
        for (const key of new Set([...rows.keys(), ...history.keys()])) {
          const [has, had] = [rows.get(key) ?? null, history.at(key, openedAt)];
          judge.check(
            'AcknowledgedKept',
            sameValue(has, had),
            () =>
              `source partition ${partition} is opened at decree ${openedAt} with ${valueInWords(has)} in ${rowInWords(key)}, which was ${valueInWords(had)}`,
          );
        }
      },
      applied: (batch: EngineBatch) => {
        const changes = changesOf(batch);
        if (batch.decree > history.last) {
          history.add(batch.decree, changes);
          for (const copy of this.#copies.values()) if (copy.partition === partition) this.#compare(copy);
          return;
        }
        if (!history.isKnown(batch.decree)) return;
        // Replayed after a restart: the same decrees have to mean the same.
        for (const [key, value] of changes) {
          const had = history.at(key, batch.decree);
          judge.check(
            'AcknowledgedKept',
            sameValue(value, had),
            () =>
              `decree ${batch.decree} of source partition ${partition} now writes ${valueInWords(value)} to ${rowInWords(key)}, where it wrote ${valueInWords(had)}`,
          );
        }
      },
    };
  }

  #follower(directory: string, appId: number, partition: number, marks: Marks) {
    const copy: Copy = {
      where: directory,
      partition,
      rows: new Map(),
      ...placeOf(marks),
      comparedUpTo: -1,
      touched: new Set<string>(),
    };
    this.#copies.set(directory, copy);
    return {
      opened: (rows: Map<string, Buffer>) => {
        copy.rows = rows;
        this.#compare(copy);
      },
      applied: (batch: EngineBatch, marksNow: Marks, where: string) => {
        this.#checkOrder(copy, batch);
        for (const [key, value] of changesOf(batch)) {
          if (value === null) copy.rows.delete(key);
          else copy.rows.set(key, value);
          copy.touched.add(key);
        }
        const { owner, mark } = placeOf(marksNow);
        if (batch.marks === undefined || mark < 0) return;
        if (owner !== null) {
          const made = this.#ownerOfTable(appId);
          this.#judge.check(
            'OwnTable',
            made === null || made === owner,
            () => `${where} of ${made} takes what ${owner} ships`,
          );
        }
        const before = copy.mark;
        this.#judge.check('Monotone', mark >= before, () => `${where} says decree ${mark} after ${before}`);
        copy.owner = owner ?? copy.owner;
        copy.mark = mark;
        this.#compare(copy);
      },
    };
  }

  #checkOrder(copy: Copy, { puts }: EngineBatch): void {
    const history = this.#histories.get(copy.partition);
    if (history === undefined || copy.mark < 0) return;
    for (const [raw, value] of puts) {
      const key = textOf(raw);
      const before = copy.rows.get(key);
      if (before === undefined) continue;
      const [was, is] = [history.versionOf(key, before), history.versionOf(key, value)];
      // Shipped before it was applied at the source: compared when it has been.
      if (is < 0) continue;
      this.#judge.check(
        'PerKeyOrder',
        is >= was,
        () => `${rowInWords(key)} at ${copy.where} goes from version ${was} back to ${is}`,
      );
    }
  }

  #compare(copy: Copy): void {
    const history = this.#histories.get(copy.partition);
    const { mark } = copy;
    if (history === undefined || mark < 0 || mark > history.last || !history.isKnown(mark)) return;
    // Copies that were left behind are as they were, however much the source writes.
    if (mark === copy.comparedUpTo && copy.touched.size === 0) {
      this.#judge.check('NoGap', true, () => '');
      return;
    }
    const keys = new Set(copy.comparedUpTo < 0 ? [...copy.rows.keys(), ...history.keys()] : copy.touched);
    if (copy.comparedUpTo >= 0) for (const key of history.changedIn(copy.comparedUpTo, mark)) keys.add(key);
    for (const key of keys) {
      const [has, had] = [copy.rows.get(key) ?? null, history.at(key, mark)];
      if (sameValue(has, had)) continue;
      this.#judge.violated(
        'NoGap',
        `${copy.where} says that it has decree ${mark}, and has ${valueInWords(has)} in ${rowInWords(key)} where the source had ${valueInWords(had)}`,
      );
    }
    this.#judge.check('NoGap', true, () => '');
    copy.comparedUpTo = mark;
    copy.touched.clear();
  }
}

const textOf = (key: Buffer): string => key.toString('latin1');

function placeOf(marks: Marks): { owner: string | null; mark: number } {
  const [name, decree] = Object.entries(marks).find(([name]) => name.startsWith('source:')) ?? [];
  if (name !== undefined && decree !== undefined)
    return { owner: name.slice('source:'.length), mark: decree };
  return { owner: null, mark: marks[INSTALLED] ?? -1 };
}

function changesOf({ puts, deletes }: EngineBatch): Map<string, Stored> {
  const changes = new Map<string, Stored>();
  for (const key of deletes) changes.set(textOf(key), null);
  for (const [key, value] of puts) changes.set(textOf(key), value);
  return changes;
}

/** The same engine, and somebody who hears of every batch that it has applied. */
function watched(engine: Engine, onApplied: (batch: EngineBatch) => void): Engine {
  return {
    get lastAppliedDecree() {
      return engine.lastAppliedDecree;
    },
    get marks() {
      return engine.marks;
    },
    apply: async (batch) => {
      await engine.apply(batch);
      onApplied(batch);
    },
    get: (key) => engine.get(key),
    scan: (range) => engine.scan(range),
    snapshot: () => engine.snapshot(),
    checkpoint: (directory) => engine.checkpoint(directory),
    close: () => engine.close(),
  };
}
