/**
 * Remembers for each actor since when it has been where it is, and since when it has had the trouble it
 * has. Charts know no clock, so the times of explanations come from here.
 */
import type { Trouble } from '../../machines/index.js';

export interface TroubleHistory extends Trouble {
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  readonly count: number;
}

export interface ActorHistory {
  /** The active states, e.g. `living.lifecycle.DS_PREPARE.checkpointing`. */
  readonly state: string;
  /** Since when all of them have been active together. */
  readonly sinceMs: number;
  /** Since when each of them has been: one region of a chart must not hide how long another waits. */
  readonly pathsSinceMs: ReadonlyMap<string, number>;
  readonly trouble: TroubleHistory | null;
}

/** What the journal needs of a snapshot; every chart with a `trouble` in its context fits. */
export interface ObservedSnapshot {
  readonly value: unknown;
  readonly context: { readonly trouble?: unknown; readonly attempt?: number };
}

/** Who wants to hear of it when it is noted. */
export interface JournalListener {
  /** Of every failure, also of one that is the same as before. */
  readonly onTrouble?: (actor: string, trouble: Trouble) => void;
  /** The actor has no trouble any more. */
  readonly onOver?: (actor: string) => void;
  readonly onMove?: (actor: string, state: string) => void;
}

/**
 * @example
 * const journal = new Journal(() => 1000);
 * journal.note('followerTable', { value: 'blocked', context: { trouble: null } });
 * journal.of('followerTable')?.sinceMs // 1000
 */
export class Journal {
  readonly #now: () => number;
  readonly #actors = new Map<string, Noted>();
  readonly #listener: JournalListener;

  constructor(now: () => number = Date.now, listener: JournalListener = {}) {
    this.#now = now;
    this.#listener = listener;
  }

  note(actor: string, snapshot: ObservedSnapshot): void {
    const nowMs = this.#now();
    const known = this.#actors.get(actor);
    const state = formatStateValue(snapshot.value);
    const attempt = snapshot.context.attempt ?? 0;
    const trouble = asTrouble(snapshot.context.trouble);
    // Attempts stop counting at their limit; a chart that notes the same trouble again makes it anew.
    const again = trouble !== known?.trouble || attempt > known.attempt;
    const same = known?.history.state === state;
    // As most steps leave it: nothing to say, and nothing to remember anew.
    if (same && trouble === null && known.trouble === null && attempt === known.attempt) return;
    if (!same) this.#listener.onMove?.(actor, state);
    if (trouble !== null && again) this.#listener.onTrouble?.(actor, trouble);
    if (trouble === null && known?.trouble) this.#listener.onOver?.(actor);
    this.#actors.set(actor, {
      attempt,
      trouble,
      history: {
        state,
        sinceMs: same ? known.history.sinceMs : nowMs,
        pathsSinceMs: same ? known.history.pathsSinceMs : pathsSince(known?.history, state, nowMs),
        trouble: continued(known?.history.trouble ?? null, trouble, again, nowMs),
      },
    });
  }

  of(actor: string): ActorHistory | undefined {
    return this.#actors.get(actor)?.history;
  }

  forget(actor: string): void {
    this.#actors.delete(actor);
  }
}

interface Noted {
  readonly history: ActorHistory;
  readonly attempt: number;
  /** As the chart holds it. */
  readonly trouble: Trouble | null;
}

function pathsSince(before: ActorHistory | undefined, state: string, nowMs: number): Map<string, number> {
  return new Map(state.split(' ').map((path) => [path, before?.pathsSinceMs.get(path) ?? nowMs]));
}

function continued(
  before: TroubleHistory | null,
  now: Trouble | null,
  again: boolean,
  nowMs: number,
): TroubleHistory | null {
  if (now === null) return null;
  const same = before?.error === now.error && before.operation === now.operation && before.peer === now.peer;
  // Whoever met the trouble may have tried more often than it was told of here.
  const told = now.attempts ?? 1;
  if (!same || before === null) return { ...now, firstSeenMs: nowMs, lastSeenMs: nowMs, count: told };
  const count = Math.max(before.count + (again ? 1 : 0), told);
  return { ...before, ...now, lastSeenMs: again ? nowMs : before.lastSeenMs, count };
}

function asTrouble(value: unknown): Trouble | null {
  return typeof value === 'object' && value !== null && 'error' in value ? (value as Trouble) : null;
}

/** `{ a: { b: 'c' }, d: 'e' }` → `a.b.c d.e`. */
export function formatStateValue(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  return Object.entries(value)
    .map(([key, inner]) =>
      formatStateValue(inner)
        .split(' ')
        .map((path) => (path === '' ? key : `${key}.${path}`))
        .join(' '),
    )
    .join(' ');
}
