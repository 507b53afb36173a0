/**
 * Which requests of clients a partition takes: the table environment `replica.deny_client_request`, with
 * upstream's words and meaning. What a duplication ships is no request of a client.
 *
 * Closing a partition to writes is not the same as no write being under way any more. Only the second counts
 * for whoever waits for the last decree, so it is what is reported ({@link ClientAdmission.writesClosed}).
 */

/** What is refused, and how. */
export interface Denial {
  readonly reads: boolean;
  readonly writes: boolean;
  /** `reconfig`: ERR_INVALID_STATE, and clients ask the meta server anew; `timeout`: no answer at all. */
  readonly how: 'reconfig' | 'timeout';
}

/** As a message for whoever sets it. */
export const DENIAL_RULE = 'timeout or reconfig, *, then all, write or read, e.g. reconfig*write';

/** Null for text that is no denial. @example parseDenial('reconfig*write') // { writes: true, … } */
export function parseDenial(text: string): Denial | null {
  const [, how, what] = /^(timeout|reconfig)\*(all|write|read)$/.exec(text) ?? [];
  if (how !== 'timeout' && how !== 'reconfig') return null;
  return { how, reads: what !== 'write', writes: what !== 'read' };
}

export class ClientAdmission {
  #denial: Denial | null = null;
  #envVersion = 0;
  #writes = 0;

  /** Orders of an older version than the one in force change nothing. */
  set(denial: string | null, envVersion: number): void {
    if (envVersion < this.#envVersion) return;
    this.#envVersion = envVersion;
    this.#denial = denial === null ? null : parseDenial(denial);
  }

  /** Of the environment that is in force here. */
  get envVersion(): number {
    return this.#envVersion;
  }

  /** No write of a client is taken, and none that was taken is under way. */
  get writesClosed(): boolean {
    return this.#denial?.writes === true && this.#writes === 0;
  }

  /** How a request is refused; null: it is taken. */
  refuses(kind: 'reads' | 'writes'): Denial['how'] | null {
    return this.#denial?.[kind] === true ? this.#denial.how : null;
  }

  /** Runs a write that was taken, and knows of it until it has settled. */
  async during<T>(write: () => Promise<T>): Promise<T> {
    this.#writes++;
    try {
      return await write();
    } finally {
      this.#writes--;
    }
  }
}
