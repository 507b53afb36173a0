/** The handle of a supervisor that runs in this process: watch it, have it look at once, stop it. */
import { BehaviorSubject, type Observable, Subject } from 'rxjs';
import { ChartHost } from '../../../actors/chartHost.js';
import { type Clock, systemClock } from '../../../actors/clock.js';
import type { StateMeta } from '../../../machines/effects.js';
import { nextCommand } from '../../../machines/errors.js';
import type { Trouble } from '../../../machines/messages.js';
import { supervisor } from '../../../machines/supervisor.js';
import type { Heal, SupervisionView } from '../../../machines/supervisorHeals.js';
import type {
  SupervisorEffects,
  SupervisorInput,
  SupervisorOutput,
} from '../../../machines/supervisorSetup.js';
import type { SupervisionMemory, SupervisionRequest } from '../../../machines/supervisorVerdict.js';
import type { DuplicationStatus } from '../../../machines/vocabulary.js';
import type { VerifyProgress, VerifyReport } from '../../client/index.js';
import type { Explanation } from '../../observe/explain.js';
import type { Finding } from '../preflight/index.js';
import { statePath } from '../state-path.js';
import type { SupervisionJournal } from './journal.js';
import type { Watched } from './look.js';
import { ClusterSupervisionPort } from './port.js';

/** Where a supervision is, at one moment. */
export interface SupervisionStatus {
  /** The state of the chart, e.g. `checking.probing`. */
  readonly state: string;
  readonly waitingFor: string;
  readonly from: string;
  /** Somebody has to decide, and it goes on watching meanwhile. */
  readonly blocked: boolean;
  /** Of the duplication, as it was seen last; null before the first look. */
  readonly status: DuplicationStatus | 'none' | null;
  readonly dupid: number;
  readonly view: SupervisionView | null;
  readonly memory: SupervisionMemory;
  readonly trouble: Trouble | null;
  /** Why somebody has to decide. */
  readonly reason: Trouble | null;
  /** The command to type next. */
  readonly next: string;
}

/** What happens; each event once, when it happens. */
export type SupervisionEvent =
  | {
      readonly type: 'status';
      readonly from: DuplicationStatus | 'none' | null;
      readonly to: DuplicationStatus | 'none';
    }
  /** The journal says it; what it says is done next. */
  | {
      readonly type: 'recorded';
      readonly step: SupervisionMemory['step'];
      readonly dupid: number;
      readonly heal: Heal | null;
    }
  /** Asked for, as was allowed and recorded. */
  | { readonly type: 'removing'; readonly dupid: number }
  | { readonly type: 'dropping'; readonly appId: number; readonly owner: string | null }
  /** A way is shut; it is tried again. */
  | { readonly type: 'shut'; readonly findings: readonly Finding[] }
  | { readonly type: 'retrying'; readonly dupid: number }
  /** What the source tells, or what came of a question; it is tried again. */
  | { readonly type: 'trouble'; readonly trouble: Trouble }
  | { readonly type: 'verifying'; readonly progress: VerifyProgress }
  | { readonly type: 'verified'; readonly report: VerifyReport }
  | { readonly type: 'reached'; readonly dupid: number; readonly verified: boolean }
  | { readonly type: 'handedOver'; readonly reason: Trouble; readonly next: string };

/** How it ended. */
export interface SupervisionResult extends SupervisorOutput {
  readonly dupid: number;
  readonly status: DuplicationStatus | 'none' | null;
  /** The comparison, where there was one. */
  readonly verified: VerifyReport | null;
  /** The source's account at the last look. */
  readonly explanation: Explanation | null;
  /** The command to type next. */
  readonly next: string;
  readonly journal: string;
}

export interface SupervisionParts extends Watched {
  readonly replicaCount: number | undefined;
  readonly journal: SupervisionJournal;
  readonly input: SupervisorInput;
  readonly clock?: Clock | undefined;
}

/**
 * A supervisor at work. Stopping it, or disposing of it, leaves both clusters as they are; the journal knows what
 * was begun, and the next one goes on from there.
 *
 * @example
 * await using users = await supervise({ source, target, table: 'users', journal: './users.json', once: true });
 * const { outcome, reason, next } = await users.done;
 */
export class Supervision implements AsyncDisposable {
  /** The latest status first, then each change; completes with the end. */
  readonly status$: Observable<SupervisionStatus>;
  readonly events$: Observable<SupervisionEvent>;
  /** Of the end; never rejects. Pending for ever without `once`, and once it is stopped. */
  readonly done: Promise<SupervisionResult>;
  readonly #parts: SupervisionParts;
  readonly #status: BehaviorSubject<SupervisionStatus>;
  readonly #events = new Subject<SupervisionEvent>();
  readonly #host: ChartHost<typeof supervisor>;
  #explanation: Explanation | null = null;
  #findings: readonly Finding[] = [];
  #verified: VerifyReport | null = null;
  #wasReached = false;
  /** What was told last; found again, it is not told again. */
  #handedOver: Trouble | null = null;

  /** @internal Use `supervise`. */
  constructor(parts: SupervisionParts) {
    this.#parts = parts;
    const { clock = systemClock, input, journal, table } = parts;
    const port = new ClusterSupervisionPort({
      ...parts,
      // The port's own deadline passes first, so that its reason is told.
      timeoutMs: Math.max(1, Math.floor(input.times.requestDeadlineMs * 0.8)),
      epochMs: () => clock.epochMs(),
      onExplanation: (explanation) => {
        this.#explanation = explanation;
      },
      onFindings: (findings) => {
        this.#findings = findings;
      },
      onVerify: (progress) => this.#events.next({ type: 'verifying', progress }),
      onVerified: (report) => {
        this.#verified = report;
        this.#events.next({ type: 'verified', report });
      },
    });
    this.#host = new ChartHost({
      name: `supervisor/${table}`,
      machine: supervisor,
      input,
      clock,
      handlers: {
        askSupervision: ({ request }: SupervisorEffects['askSupervision'], { signal }) => {
          this.#tell(request);
          return port.ask(request, signal);
        },
      },
      onSnapshot: () => this.#note(),
    });
    this.#status = new BehaviorSubject(this.#read());
    this.status$ = this.#status.asObservable();
    this.events$ = this.#events.asObservable();
    this.done = new Promise((resolve) => {
      this.#status.subscribe({
        complete: () => {
          const { dupid, status, next } = this.status;
          const output = this.#host.snapshot.output as SupervisorOutput;
          const seen = { verified: this.#verified, explanation: this.#explanation };
          resolve({ ...output, dupid, status, ...seen, next, journal: journal.path });
        },
      });
    });
  }

  /** Nothing is asked for before. */
  start(): this {
    this.#host.start();
    return this;
  }

  get status(): SupervisionStatus {
    return this.#status.value;
  }

  /** Where the journal is. */
  get journal(): string {
    return this.#parts.journal.path;
  }

  /** Looks at once, for when somebody has seen to it. */
  retry(): void {
    this.#host.send({ type: 'RETRY_NOW' });
  }

  /** Ends the watching; resolves when nothing is being written any more. The duplication goes on. */
  async stop(): Promise<void> {
    this.#host.stop();
    this.#events.complete();
    await this.#parts.journal.settled();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #tell(request: SupervisionRequest): void {
    if (request.kind === 'Remove') this.#events.next({ type: 'removing', dupid: request.dupid });
    if (request.kind === 'Retry') this.#events.next({ type: 'retrying', dupid: request.dupid });
    if (request.kind !== 'Drop') return;
    this.#events.next({ type: 'dropping', appId: request.appId, owner: request.owner });
  }

  #note(): void {
    // The chart's first step is taken while this object is being made.
    const before = this.#status?.value;
    if (before === undefined) return;
    const now = this.#read();
    this.#status.next(now);
    for (const event of this.#changes(before, now)) this.#events.next(event);
    if (this.#host.snapshot.status !== 'done') return;
    this.#status.complete();
    this.#events.complete();
  }

  *#changes(before: SupervisionStatus, now: SupervisionStatus): Generator<SupervisionEvent> {
    const { memory, trouble, reason, state, next } = now;
    if (now.status !== null && now.status !== before.status) {
      yield { type: 'status', from: before.status, to: now.status };
    }
    if (memory !== before.memory) {
      yield { type: 'recorded', step: memory.step, dupid: memory.dupid, heal: memory.heal };
    }
    const told = now.view?.trouble ?? null;
    if (told !== null && !sameTrouble(told, before.view?.trouble ?? null))
      yield { type: 'trouble', trouble: told };
    if (trouble !== null && !sameTrouble(trouble, before.trouble)) {
      if (trouble.error === 'BRIDLE_PREFLIGHT') yield { type: 'shut', findings: this.#findings };
      else yield { type: 'trouble', trouble };
    }
    if (isOver(state) && !isOver(before.state) && reason === null && !this.#wasReached) {
      this.#wasReached = true;
      yield { type: 'reached', dupid: memory.dupid, verified: this.#host.snapshot.context.verified };
    }
    if (now.status !== 'DS_LOG' || reason !== null) this.#wasReached = false;
    if (reason !== null && !sameTrouble(reason, this.#handedOver)) {
      yield { type: 'handedOver', reason, next };
    }
    if (reason !== null || this.#wasReached) this.#handedOver = reason;
  }

  #read(): SupervisionStatus {
    const { snapshot } = this.#host;
    const { view, memory, trouble, reason } = snapshot.context;
    const [meta] = Object.values(snapshot.getMeta() as Record<string, StateMeta | undefined>).reverse();
    return {
      state: statePath(snapshot.value),
      waitingFor: meta?.waitingFor ?? '',
      from: meta?.from ?? '',
      blocked: snapshot.hasTag('blocked'),
      status: view?.status ?? null,
      dupid: view?.dupid ?? memory.dupid,
      view,
      memory,
      trouble,
      reason,
      next: this.#next(reason ?? (trouble?.error === 'BRIDLE_PREFLIGHT' ? trouble : null)),
    };
  }

  /** Of the reason, or of a way that is shut; without one, what is worth typing while all is well. */
  #next(reason: Trouble | null): string {
    const { table, target, remoteTable } = this.#parts;
    if (reason === null) return `bridle status ${table} --watch`;
    if (reason.error === 'BRIDLE_PREFLIGHT') {
      const found = this.#findings.find(({ next }) => next !== null)?.next;
      return found ?? `bridle preflight ${table} --to ${target.name}`;
    }
    const values = { table, remoteTable, cluster: target.name, operation: reason.operation };
    return nextCommand(reason.error, {
      ...values,
      heal: reason.operation,
      ...(reason.peer === undefined ? {} : { peer: reason.peer }),
    });
  }
}

const isOver = (state: string): boolean => state === 'keeping' || state === 'done';

const sameTrouble = (a: Trouble | null, b: Trouble | null): boolean =>
  a?.error === b?.error && a?.operation === b?.operation && a?.hint === b?.hint;
