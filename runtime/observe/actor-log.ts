/** What a journal hears, as lines of a log: failures, their end, and for those who want it every move. */
import { describeError, type Trouble } from '../../machines/index.js';
import type { JournalListener } from './journal.js';
import type { RepeatLog } from './repeat-log.js';

export interface ActorLogOptions {
  readonly log: RepeatLog;
  /** Facts of every line, such as table and correlation. */
  readonly facts: object;
  /** How an actor is called; null: its troubles are those of others, which are told themselves. */
  readonly name: (actor: string) => string | null;
  /** Counts it. */
  readonly onTrouble?: (actor: string, trouble: Trouble) => void;
}

/** A failure that waiting does not cure is an error; one that is tried again is a warning. */
export function actorLog({ log, facts, name, onTrouble }: ActorLogOptions): JournalListener {
  return {
    onTrouble: (actor, trouble) => {
      const called = name(actor);
      if (called === null) return;
      onTrouble?.(called, trouble);
      const level = describeError(trouble.error).kind === 'retryable' ? 'warn' : 'error';
      log[level]('a try failed', { ...facts, actor: called, ...trouble });
    },
    onOver: (actor) => {
      const called = name(actor);
      if (called !== null) log.over({ ...facts, actor: called });
    },
    ...(log.debug === undefined
      ? {}
      : {
          onMove: (actor: string, state: string) =>
            log.debug?.('an actor moved', { ...facts, actor: name(actor) ?? actor, state }),
        }),
  };
}
