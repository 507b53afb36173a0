/** The frames of a simulated world as lines: each leaves once, and arrives, is lost, or does both again. */
import type { SendLine } from '../../observe/recording/lines.js';
import type { LineFacts } from '../../observe/recording/recorder.js';
import type { Fate } from '../virtual-network.js';
import type { FrameArrives } from '../watcher.js';
import type { WireMessage } from '../wire-message.js';
import { frameFacts } from './frame-facts.js';
import { processName } from './process-name.js';

/** @param server as the world names it */
type Tell = (server: string, facts: LineFacts) => void;

/** An answer that leaves after so many other requests is not told: nobody knows any more what it answers. */
const ASKED_LIMIT = 10_000;

export class NetworkLines {
  readonly #tell: Tell;
  #count = 0;
  /** Ids of the latest requests, by connection and number: one that was repeated is answered twice. */
  readonly #asked = new Map<string, string>();

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  sent(message: WireMessage, fate: Fate): FrameArrives | undefined {
    const { from, to, code, what, connection, sequence, bytes } = message;
    const facts = frameFacts(message);
    const call = `${connection}#${sequence}`;
    const asked = this.#asked.get(call);
    if (facts === null || (what === 'reply' && asked === undefined)) return undefined;
    this.#count += 1;
    const id = `n${this.#count}`;
    if (what === 'request') this.#remember(call, id);
    this.#tell(from, {
      ...{ t: 'send', id, to: processName(to), kind: code, what, bytes: bytes.length },
      ...(what === 'reply' && asked !== undefined ? { answers: asked } : {}),
      ...facts,
      ...fateOf(fate),
    });
    return this.#arrivals(message, id);
  }

  #remember(call: string, id: string): void {
    if (this.#asked.size >= ASKED_LIMIT) this.#asked.delete(this.#asked.keys().next().value!);
    this.#asked.set(call, id);
  }

  #arrivals({ to }: WireMessage, id: string): FrameArrives {
    let arrived = 0;
    return (how) => {
      if (how === 'taken') this.#tell(to, { t: 'receive', id, ...(arrived > 0 ? { copy: true } : {}) });
      else if (arrived === 0) this.#tell(to, { t: 'lost', id, why: lostBecause(how, to) });
      arrived += 1;
    };
  }
}

function lostBecause(how: 'nobody' | 'dropped', to: string): string {
  return how === 'dropped' ? 'dropped on its way' : `nobody is there at ${processName(to)}`;
}

/** What is lost and has a copy that arrives is late. */
function fateOf({ lost, delayMs, copiesAfterMs = [], kept }: Fate): Pick<SendLine, 'fate'> {
  if (lost === true) return { fate: copiesAfterMs.length === 0 && kept === undefined ? 'lost' : 'delayed' };
  return delayMs === undefined ? {} : { fate: 'delayed' };
}
