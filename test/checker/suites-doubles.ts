/** Ports in memory: as small as a port can be that keeps every promise of its suite. */
import {
  decideCreate,
  type FollowerReply,
  type FollowerRequest,
  formatOwner,
  type TableView,
} from '../../machines/index.js';
import type {
  DurableStatusPort,
  DurableStatusScene,
  FollowerMetaPort,
  FollowerMetaScene,
  LogShipperPort,
  LogShipperScene,
  LogShipperWanted,
  Outcome,
  StatusRecord,
  StoredStatus,
  Trouble,
} from '../../runtime/testing.js';

/** Waits as a request does that nobody answers: until the deadline, or until it is called off. */
export function unanswered(deadlineMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, deadlineMs);
    signal.addEventListener('abort', end);
  });
}

/** A follower cluster that consists of its tables. */
export class MemoryFollower implements FollowerMetaPort, FollowerMetaScene {
  readonly port: FollowerMetaPort = this;
  readonly tables = new Map<string, TableView>();
  readonly #ready = new Map<string, number>();
  readonly #deadlineMs: number;
  #reachable: 'yes' | 'silent' | 'away' = 'yes';
  #loseNext = false;
  #refusal: string | null = null;

  constructor(deadlineMs: number) {
    this.#deadlineMs = deadlineMs;
  }

  async ask(request: FollowerRequest, signal: AbortSignal): Promise<FollowerReply> {
    const base = { type: 'FOLLOWER_REPLY', requestNo: request.requestNo } as const;
    if (this.#reachable === 'away') return { ...base, error: 'ERR_NETWORK_FAILURE' };
    const lost = this.#reachable === 'silent' || this.#loseNext;
    const answer = this.#reachable === 'silent' ? null : this.#answer(request);
    if (!lost && answer !== null) return { ...base, ...answer };
    this.#loseNext = false;
    await unanswered(this.#deadlineMs, signal);
    return { ...base, error: 'ERR_TIMEOUT' };
  }

  async table(name: string): Promise<TableView | null> {
    return this.tables.get(name) ?? null;
  }

  async putTable(
    name: string,
    owner: Parameters<NonNullable<FollowerMetaScene['putTable']>>[1],
  ): Promise<void> {
    this.tables.set(name, {
      ...{ status: 'AS_AVAILABLE', partitionCount: 4, followerStatus: owner && 'created' },
      ...{ owner: owner && formatOwner(owner), masterCluster: owner === null ? null : owner.sourceCluster },
    });
  }

  async makeReady(name: string, partitions: number): Promise<void> {
    this.#ready.set(name, partitions);
  }
  loseNextAnswer(): void {
    this.#loseNext = true;
  }
  silence(): void {
    this.#reachable = 'silent';
  }
  refuse(error: string): void {
    this.#refusal = error;
  }
  goAway(): void {
    this.#reachable = 'away';
  }
  comeBack(): void {
    this.#reachable = 'yes';
  }

  #answer(request: FollowerRequest): Pick<FollowerReply, 'error' | 'table' | 'readiness'> {
    if (this.#refusal !== null) return { error: this.#refusal };
    const table = this.tables.get(request.table);
    if (request.kind === 'CreateTable' || request.kind === 'MarkCreated') return this.#create(request, table);
    if (table === undefined) return { error: 'ERR_APP_NOT_EXIST' };
    if (request.kind === 'LookTable') return { error: 'ERR_OK', table };
    if (request.kind === 'DropTable') {
      if (table.owner !== request.expectedOwner) return { error: 'ERR_INVALID_STATE' };
      this.tables.delete(request.table);
      return { error: 'ERR_OK' };
    }
    const readyPartitions = this.#ready.get(request.table) ?? 0;
    const { partitionCount } = table;
    return { error: 'ERR_OK', table, readiness: { readyPartitions, partitionCount, trouble: null } };
  }

  #create(
    {
      kind,
      table: name,
      owner,
      partitionCount,
    }: Extract<FollowerRequest, { kind: 'CreateTable' | 'MarkCreated' }>,
    table: TableView | undefined,
  ): { error: string } {
    const followerStatus = kind === 'MarkCreated' ? 'created' : 'creating';
    const ours = { owner: formatOwner(owner), masterCluster: owner.sourceCluster, followerStatus } as const;
    if (table === undefined) {
      this.tables.set(name, { ...ours, status: 'AS_AVAILABLE', partitionCount });
      return { error: 'ERR_OK' };
    }
    const { error, markCreated } = decideCreate(ours, table);
    if (markCreated) this.tables.set(name, { ...table, followerStatus });
    return { error };
  }
}

type Applied = Outcome<{ readonly appliedDecree: number }>;
const trouble = (error: string, hint: string): { trouble: Trouble } => ({
  trouble: { error, operation: 'in memory', hint },
});

/** A follower's partition that consists of what was applied to it. */
export class MemoryPartition implements LogShipperPort, LogShipperScene {
  readonly port: LogShipperPort = this;
  readonly appliesOnce?: true;
  readonly #deadlineMs: number;
  readonly #applied: string[] = [];
  #decree: number;
  #batch: { readonly from: number; readonly to: number; readonly texts: readonly string[] } | null = null;
  #reachable: 'yes' | 'silent' | 'away' = 'yes';
  #loseNext = false;
  #ours = true;

  constructor({ deadlineMs, installed }: LogShipperWanted, once = true) {
    this.#deadlineMs = deadlineMs;
    this.#decree = installed;
    if (once) this.appliesOnce = true;
  }

  probe(signal: AbortSignal): Promise<Applied> {
    return this.#ask(signal, () => ({ ok: { appliedDecree: this.#decree } }));
  }

  async ship(from: number, to: number, signal: AbortSignal): Promise<Applied> {
    const batch = this.#batch;
    if (batch?.from !== from || batch.to !== to) return trouble('ERR_TRY_AGAIN', 'another batch is loaded');
    return this.#ask(signal, () => {
      if (this.appliesOnce) {
        if (this.#decree < 0) return trouble('ERR_TRY_AGAIN', 'there is no checkpoint');
        if (to <= this.#decree) return { ok: { appliedDecree: this.#decree } };
        if (from !== this.#decree) return trouble('ERR_TRY_AGAIN', `it stands at ${this.#decree}`);
      }
      this.#applied.push(...batch.texts);
      this.#decree = to;
      return { ok: { appliedDecree: to } };
    });
  }

  load(from: number, to: number, texts: readonly string[]): void {
    this.#batch = { from, to, texts };
  }
  async applied(): Promise<readonly string[]> {
    return this.#applied;
  }
  async restart(): Promise<void> {
    this.#reachable = 'yes';
  }
  giveAway(): void {
    this.#ours = false;
  }
  loseNextAnswer(): void {
    this.#loseNext = true;
  }
  silence(): void {
    this.#reachable = 'silent';
  }
  goAway(): void {
    this.#reachable = 'away';
  }
  comeBack(): void {
    this.#reachable = 'yes';
  }

  async #ask(signal: AbortSignal, answer: () => Applied): Promise<Applied> {
    if (this.#reachable === 'away') return trouble('ERR_NETWORK_FAILURE', 'nobody is there');
    const lost = this.#reachable === 'silent' || this.#loseNext;
    if (this.#reachable === 'yes' && !this.#ours) return trouble('BRIDLE_FOREIGN_TABLE', 'not yours');
    const given = this.#reachable === 'yes' ? answer() : null;
    this.#loseNext = false;
    if (!lost && given !== null) return given;
    await unanswered(this.#deadlineMs, signal);
    return trouble('ERR_TIMEOUT', 'no answer');
  }
}

/** The state of one duplication in a variable. */
export class MemoryStatus implements DurableStatusPort, DurableStatusScene {
  readonly port: DurableStatusPort = this;
  #record: StatusRecord | null = null;
  readonly #confirmed = new Map<number, number>();
  #failing = false;

  async saveStatus(record: StatusRecord): Promise<Outcome<null>> {
    return this.#write(() => {
      this.#record = record;
    });
  }

  async saveProgress(partition: number, decree: number): Promise<Outcome<null>> {
    return this.#write(() => {
      if (this.#record === null) return;
      this.#confirmed.set(partition, Math.max(decree, this.#confirmed.get(partition) ?? -1));
    });
  }

  async deleteRecord(): Promise<Outcome<null>> {
    return this.#write(() => {
      this.#record = null;
      this.#confirmed.clear();
    });
  }

  async reopened(): Promise<StoredStatus | null> {
    const confirmed = Array.from({ length: 4 }, (_, partition) => this.#confirmed.get(partition) ?? -1);
    return this.#record === null ? null : { ...this.#record, confirmed };
  }

  failWrites(fail: boolean): void {
    this.#failing = fail;
  }

  #write(change: () => void): Outcome<null> {
    if (this.#failing) return trouble('ERR_DISK_IO_ERROR', 'told to fail');
    change();
    return { ok: null };
  }
}
