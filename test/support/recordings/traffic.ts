/** Messages on their way between servers: some get lost, late or repeated, some are refused. */
import type { SendLine, TimedLine } from '../../../runtime/observe/recording/lines.js';

const KINDS = [
  'RPC_BRIDLE_NODE_SYNC',
  'RPC_CM_CREATE_APP',
  'RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX',
  'RPC_CM_ADD_DUPLICATION',
  'RPC_QUERY_LAST_CHECKPOINT_INFO',
  'RPC_NFS_COPY',
  'RPC_RRDB_RRDB_DUPLICATE',
] as const;
const OF_PARTITIONS = new Set<string>(KINDS.slice(4));

interface Due {
  readonly at: number;
  readonly send: SendLine;
  readonly what: 'arrives' | 'copy' | 'lost';
  readonly why?: string;
}

export class Traffic {
  readonly #random: () => number;
  readonly #calm: boolean;
  #due: Due[] = [];
  #sent = 0;

  constructor(random: () => number, calm: boolean) {
    this.#random = random;
    this.#calm = calm;
  }

  /** A request leaves one of the living processes for another. */
  send(at: number, processes: readonly string[], partitions: number): SendLine {
    const from = this.#pick(processes);
    const to = this.#pick(processes.filter((each) => each !== from));
    const kind = this.#pick(KINDS);
    const line: SendLine = {
      t: 'send',
      at,
      id: this.#id(from),
      process: from,
      to,
      kind,
      what: 'request',
      bytes: 64 + Math.floor(this.#random() * 4_000),
      ...(OF_PARTITIONS.has(kind) ? { gpid: `2.${Math.floor(this.#random() * partitions)}` } : {}),
      body: { decree: Math.floor(this.#random() * 1_000) },
    };
    return this.#onItsWay(line);
  }

  /** What arrives up to a time, and the replies that it causes, in order. */
  *until(at: number): Generator<TimedLine> {
    while (this.#due[0] !== undefined && this.#due[0].at <= at) {
      const { send, what, why, at: dueAt } = this.#due.shift() as Due;
      if (what === 'lost') {
        yield { t: 'lost', at: dueAt, id: send.id, why: why ?? 'the connection broke' };
        continue;
      }
      const refused = !this.#calm && send.what === 'request' && this.#random() < 0.02;
      const fate = refused ? this.#pick(['denied', 'dropped'] as const) : undefined;
      yield {
        t: 'receive',
        at: dueAt,
        id: send.id,
        process: send.to,
        ...(what === 'copy' ? { copy: true } : {}),
        ...(fate === undefined ? {} : { fate }),
      };
      if (send.what === 'request' && what === 'arrives' && fate !== 'dropped') {
        yield this.#reply(send, dueAt, fate);
      }
    }
  }

  /** A process has died: what was on its way to it is lost. */
  closed(process: string): void {
    this.#due = this.#due.map((due) =>
      due.send.to === process ? { ...due, what: 'lost', why: `${process} is down` } : due,
    );
  }

  #reply(send: SendLine, at: number, fate: 'denied' | undefined): SendLine {
    const failed = fate === 'denied' ? 'ERR_ACL_DENY' : this.#random() < 0.05 ? 'ERR_BUSY' : undefined;
    return this.#onItsWay({
      t: 'send',
      at,
      id: this.#id(send.to),
      process: send.to,
      to: send.process,
      kind: send.kind,
      what: 'reply',
      answers: send.id,
      ...(failed === undefined ? {} : { error: failed }),
      ...(send.gpid === undefined ? {} : { gpid: send.gpid }),
    });
  }

  #onItsWay(send: SendLine): SendLine {
    const chance = this.#calm ? 1 : this.#random();
    const soon = send.at + 200 + Math.floor(this.#random() * 2_000);
    // Nobody may ever tell: then it stays under way.
    if (chance < 0.005) return send;
    if (chance < 0.02) {
      this.#enter({ at: soon, send, what: 'lost' });
      return { ...send, fate: 'lost' };
    }
    if (chance < 0.04) {
      this.#enter({ at: soon + 20_000, send, what: 'arrives' });
      return { ...send, fate: 'delayed' };
    }
    this.#enter({ at: soon, send, what: 'arrives' });
    if (chance < 0.05) this.#enter({ at: soon + 3_000, send, what: 'copy' });
    return send;
  }

  #enter(due: Due): void {
    const after = this.#due.findIndex(({ at }) => at > due.at);
    if (after === -1) this.#due.push(due);
    else this.#due.splice(after, 0, due);
  }

  #id(from: string): string {
    this.#sent += 1;
    return `${from}#${this.#sent}`;
  }

  #pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#random() * list.length)] as T;
  }
}
