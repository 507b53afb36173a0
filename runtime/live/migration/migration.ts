/** The handle of a migration that runs in this process: watch it, cancel it, wait for its end. */
import { BehaviorSubject, type Observable, Subject } from 'rxjs';
import { ChartHost } from '../../../actors/chartHost.js';
import type { CutOverReason } from '../../../machines/cutOver.js';
import { reasonsAgainstCutOver } from '../../../machines/cutOver.js';
import type { StateMeta } from '../../../machines/effects.js';
import type { Trouble } from '../../../machines/messages.js';
import {
  type MigrationContext,
  type MigrationEffects,
  type MigrationInput,
  type MigrationOutput,
  type MigrationTimes,
  migration,
} from '../../../machines/migration.js';
import type { MigrationView } from '../../../machines/migrationVerdict.js';
import type { Cluster, VerifyProgress, VerifyReport } from '../../client/index.js';
import { statePath } from '../state-path.js';
import type { MigrationJournal } from './journal.js';
import { ClusterMigrationPort } from './port.js';

/** Phases in order; `undoing` can come from any of those before `handingOver`. */
export const MIGRATION_PHASES = [
  'waiting',
  'fencing',
  'draining',
  'verifying',
  'deciding',
  'handingOver',
  'finishing',
  'done',
  'undoing',
  'undone',
] as const;
/** One of them. */
export type MigrationPhase = (typeof MIGRATION_PHASES)[number];

/** Where a migration is, at one moment. */
export interface MigrationStatus {
  readonly phase: MigrationPhase;
  /** The state of the chart, e.g. `fencing.looking`. */
  readonly state: string;
  readonly waitingFor: string;
  readonly from: string;
  /** It does not go on by itself, or only very slowly. */
  readonly blocked: boolean;
  /** The point of no return is behind. */
  readonly decided: boolean;
  /** Since this phase began, in milliseconds since 1970. */
  readonly sinceMs: number;
  /** Both clusters as they were seen last; null before the first look of a phase. */
  readonly view: MigrationView | null;
  /** Why clients cannot move yet. */
  readonly reasons: readonly CutOverReason[];
  readonly trouble: Trouble | null;
  /** Why it is undone. */
  readonly reason: Trouble | null;
}

/** What happens to a migration; each event once, when it happens. */
export type MigrationNews =
  | { readonly type: 'phase'; readonly from: MigrationPhase; readonly to: MigrationPhase }
  | { readonly type: 'trouble'; readonly trouble: Trouble }
  | { readonly type: 'blocked'; readonly trouble: Trouble | null }
  | { readonly type: 'verifying'; readonly progress: VerifyProgress }
  | { readonly type: 'verified'; readonly report: VerifyReport };

/** How it ended. */
export interface MigrationResult extends MigrationOutput {
  /** The comparison, where there was one. */
  readonly verified: VerifyReport | null;
  readonly journal: string;
}

export interface MigrationParts {
  readonly source: Cluster;
  readonly target: Cluster;
  readonly journal: MigrationJournal;
  readonly start: MigrationInput['start'];
  readonly calmLooksWanted: number;
  readonly times: MigrationTimes;
  readonly settleMs: number | undefined;
  /** Closed with the handle. */
  readonly opened: readonly Cluster[];
}

/**
 * A migration at work. Disposing of it stops working on it and leaves everything as it is, a closed source
 * included: the journal knows, and so does the table.
 *
 * @example
 * await using move = await migrate({ source, target, table: 'users', journal: 'users.json' });
 * const { outcome, reason } = await move.result;
 */
export class Migration implements AsyncDisposable {
  /** The latest status first, then each change; completes with the end. */
  readonly status$: Observable<MigrationStatus>;
  readonly events$: Observable<MigrationNews>;
  /** Of the end, whichever it is; never rejects. Pending for ever once this handle is disposed of. */
  readonly result: Promise<MigrationResult>;
  readonly #journal: MigrationJournal;
  readonly #opened: readonly Cluster[];
  readonly #status: BehaviorSubject<MigrationStatus>;
  readonly #events = new Subject<MigrationNews>();
  readonly #host: ChartHost<typeof migration>;
  #verified: VerifyReport | null = null;

  /** @internal Use `migrate`, `resumeMigration` or `undoMigration`. */
  constructor(parts: MigrationParts) {
    const { source, target, journal, start, calmLooksWanted, times, settleMs } = parts;
    const { verify, thresholdDecrees } = journal.record;
    this.#journal = journal;
    this.#opened = parts.opened;
    const port = new ClusterMigrationPort({
      source,
      target,
      journal,
      // The port's own deadline passes first, so that its reason is told.
      timeoutMs: Math.max(1, Math.floor(times.requestDeadlineMs * 0.8)),
      settleMs,
      reason: () => this.#context.reason?.hint ?? this.#context.reason?.error ?? null,
      onVerify: (progress) => this.#events.next({ type: 'verifying', progress }),
      onVerified: (report) => {
        this.#verified = report;
        this.#events.next({ type: 'verified', report });
      },
    });
    this.#host = new ChartHost({
      name: `migration/${journal.record.table}`,
      machine: migration,
      input: { start, verify, thresholdDecrees, calmLooksWanted, times },
      handlers: {
        askMigration: ({ request }: MigrationEffects['askMigration'], { signal }) =>
          port.ask(request, signal),
      },
      onSnapshot: () => this.#note(),
    });
    this.#status = new BehaviorSubject(this.#read(null));
    this.status$ = this.#status.asObservable();
    this.events$ = this.#events.asObservable();
    this.result = new Promise((resolve) => {
      this.#status.subscribe({
        complete: () => {
          const { outcome, reason } = this.#host.snapshot.output as MigrationOutput;
          resolve({ outcome, reason, verified: this.#verified, journal: journal.path });
        },
      });
    });
    this.#host.start();
  }

  get status(): MigrationStatus {
    return this.#status.value;
  }

  /** Where the journal is. */
  get journal(): string {
    return this.#journal.path;
  }

  /** Opens the source again and leaves the duplication as it was; does nothing after the decision. */
  cancel(): void {
    this.#host.send({ type: 'CANCEL' });
  }

  /** Tries again at once what is blocked. */
  retry(): void {
    this.#host.send({ type: 'RETRY_NOW' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#host.stop();
    this.#events.complete();
    await this.#journal.settled();
    await Promise.all(this.#opened.map((cluster) => cluster.close()));
  }

  get #context(): MigrationContext {
    return this.#host.snapshot.context;
  }

  #note(): void {
    // The chart's first step is taken while this object is being made.
    const before = this.#status?.value;
    if (before === undefined) return;
    const now = this.#read(before);
    this.#status.next(now);
    if (now.phase !== before.phase) this.#events.next({ type: 'phase', from: before.phase, to: now.phase });
    if (now.trouble !== null && now.trouble !== before.trouble) {
      this.#events.next({ type: 'trouble', trouble: now.trouble });
    }
    if (now.blocked && !before.blocked) this.#events.next({ type: 'blocked', trouble: now.trouble });
    if (this.#host.snapshot.status !== 'done') return;
    this.#status.complete();
    this.#events.complete();
  }

  #read(before: MigrationStatus | null): MigrationStatus {
    const { snapshot } = this.#host;
    const { view, trouble, reason, decided, thresholdDecrees } = snapshot.context;
    const state = statePath(snapshot.value);
    const phase = phaseOf(state);
    const [meta] = Object.values(snapshot.getMeta() as Record<string, StateMeta | undefined>).reverse();
    return {
      phase,
      state,
      waitingFor: meta?.waitingFor ?? '',
      from: meta?.from ?? '',
      blocked: snapshot.hasTag('blocked'),
      decided,
      sinceMs: before?.phase === phase ? before.sinceMs : Date.now(),
      view,
      reasons: view === null ? [] : reasonsAgainstCutOver(view, thresholdDecrees),
      trouble,
      reason,
    };
  }
}

function phaseOf(state: string): MigrationPhase {
  const first = state.split('.')[0];
  return MIGRATION_PHASES.find((phase) => phase === first) ?? 'waiting';
}
