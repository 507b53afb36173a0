/** Waits for steps of the servers, and tells whoever waits for one when it has been taken. */
import { fits, matches } from '../../message-pattern.js';
import type { DiskOperation } from '../../virtual-disk.js';
import type { WireMessage } from '../../wire-message.js';
import type { Moment } from '../plan.js';

interface Waiting {
  readonly moment: Moment;
  left: number;
  readonly strike: () => void;
}

export class Moments {
  readonly #waiting = new Map<number, Waiting>();

  /** `strike` is called once, at the step itself; how long after it something happens is for the caller. */
  wait(id: number, moment: Moment, strike: () => void): void {
    this.#waiting.set(id, { moment, left: moment.nth, strike });
  }

  forget(id: number): void {
    this.#waiting.delete(id);
  }

  noteMessage(message: WireMessage): void {
    this.#note((step) => step.of === 'message' && matches(step, message));
  }

  noteDisk({ server, what, path }: DiskOperation): void {
    this.#note(
      (step) =>
        step.of === 'disk' && step.what === what && fits(step.server, server) && fits(step.path, path),
    );
  }

  #note(isStep: (step: Moment['step']) => boolean): void {
    for (const [id, waiting] of this.#waiting) {
      if (!isStep(waiting.moment.step)) continue;
      waiting.left -= 1;
      if (waiting.left > 0) continue;
      this.#waiting.delete(id);
      waiting.strike();
    }
  }
}
