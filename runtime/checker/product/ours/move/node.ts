/** A node: the copy on its disk, what it fetches, whether clients may write to it. */
import { defineProcess, type Message, type Move, type Outcome, type Process } from '../../model.js';
import { SLOW_BUDGET } from '../options.js';
import { answerTo, seenAs, textOf, view } from '../plain.js';
import {
  crashBudgetOf,
  fetchOf,
  META,
  type MoveModelOptions,
  type NodeName,
  type Orders,
  otherOf,
  type Report,
  syncOf,
  WRITE_BUDGET,
} from './options.js';

interface Copy {
  readonly ballot: number;
  readonly decree: number;
}

export interface NodeState {
  readonly up: boolean;
  /** On disk: the partition, and what was fetched and noted as whole. */
  readonly copy: Copy | null;
  readonly arrived: Copy | null;
  /** The last decree that a client has heard to be written here; nobody's state, for the properties. */
  readonly acknowledged: number;
  /** What it was ordered last, of what it shall have. */
  readonly mine: Orders['mine'];
  readonly open: boolean;
  /** Closed for the move that it was ordered to leave for. */
  readonly left: boolean;
  readonly fetching: number | null;
}

const DOWN = { up: false, mine: null, open: false, left: false, fetching: null } as const;

export function node(options: MoveModelOptions, name: NodeName): Process {
  return defineProcess<NodeState>(new Node(options, name));
}

class Node implements Process<NodeState> {
  readonly name: NodeName;
  readonly #options: MoveModelOptions;

  constructor(options: MoveModelOptions, name: NodeName) {
    this.#options = options;
    this.name = name;
  }

  start(): Outcome<NodeState> {
    const copy = this.name === 'a' ? { ballot: 0, decree: 0 } : null;
    return { local: { ...DOWN, up: true, copy, arrived: null, acknowledged: 0 } };
  }

  moves(local: NodeState): readonly Move<NodeState>[] {
    const { up, copy, mine, open, left, fetching, arrived } = local;
    if (!up) return [{ label: 'restart', kind: 'effect', local: { ...local, up: true } }];
    const sync = syncOf(this.name);
    const report: Message = {
      from: this.name,
      to: META,
      kind: 'Report',
      body: view(reportOf(local)),
      tag: sync,
    };
    const moves: Move<NodeState>[] = [
      {
        ...{ label: 'crash', kind: 'fault', budget: crashBudgetOf('node') },
        ...{ local: { ...local, ...DOWN }, retires: [sync, fetchOf(this.name)] },
      },
      { label: 'reports', kind: 'effect', unlessInFlight: sync, local, sends: [report] },
      {
        ...{ label: 'reports again', kind: 'fault', budget: SLOW_BUDGET, local },
        ...{ sends: [report], retires: [sync] },
      },
    ];
    if (open && copy !== null) {
      const decree = copy.decree + 1;
      const written = { ...local, copy: { ...copy, decree }, acknowledged: decree };
      moves.push({ label: 'write', kind: 'environment', budget: WRITE_BUDGET, local: written });
    }
    if (mine !== null && mine.leaving !== null && !left) {
      moves.push({ label: 'closes', kind: 'effect', local: { ...local, open: false, left: true } });
    }
    if (fetching !== null && arrived?.ballot !== fetching) {
      const body = view({ ballot: fetching });
      const tag = fetchOf(this.name);
      const sends: Message[] = [{ from: this.name, to: otherOf(this.name), kind: 'Fetch', body, tag }];
      moves.push({ label: 'fetches', kind: 'effect', unlessInFlight: tag, local, sends });
    }
    return moves;
  }

  receive(local: NodeState, message: Message): readonly Outcome<NodeState>[] {
    if (!local.up) return [{ local }];
    const { kind, body, late } = message;
    if (kind === 'Fetch') {
      const { ballot } = seenAs<{ ballot: number }>(body);
      const { mine, left, copy } = local;
      const offered = left && mine?.leaving === ballot ? copy : null;
      const answer = view({ ballot, decree: offered?.decree ?? null });
      return [{ local, sends: [answerTo(message, 'Content', answer)] }];
    }
    // An answer to a question that was given up.
    if (late === true) return [{ local }];
    if (kind === 'Orders') return [{ local: this.#follow(local, seenAs<Orders>(body)) }];
    const { ballot, decree } = seenAs<{ ballot: number; decree: number | null }>(body);
    if (decree === null || ballot !== local.fetching) return [{ local }];
    return [{ local: { ...local, arrived: { ballot, decree } } }];
  }

  key(local: NodeState): string {
    return textOf(local);
  }

  describe({ up, copy, arrived, open, left, fetching }: NodeState): string {
    const held = copy === null ? 'no copy' : `copy ${copy.ballot} up to ${copy.decree}`;
    const state = !up ? 'down' : open ? 'open' : left ? 'left' : 'closed';
    const more = fetching === null ? '' : `, fetches ${fetching}`;
    return `${state}, ${held}${arrived === null ? '' : `, arrived ${arrived.ballot} up to ${arrived.decree}`}${more}`;
  }

  #follow(local: NodeState, { mine, arrival, dropBelow, dropArrival }: Orders): NodeState {
    let { copy, arrived } = local;
    let next = local;
    if (mine !== null) {
      // What was fetched for the move that brought it here takes the place of what was there.
      const isOther = this.#options.keepsOldCopy ? copy === null : copy?.ballot !== mine.ballot;
      const comes = isOther && arrived?.ballot === mine.ballot;
      if (comes) [copy, arrived] = [arrived, null];
      const counts = copy !== null && (copy.ballot === mine.ballot || this.#options.keepsOldCopy);
      const leaves = mine.leaving !== null;
      // It stays closed for as long as it is told to leave, and open until it has closed.
      const open = leaves ? local.open && !local.left : counts;
      next = { ...next, copy, arrived, mine, open, left: leaves && local.left, fetching: null };
    }
    if (arrival !== null) {
      const kept = arrived?.ballot === arrival ? arrived : null;
      next = { ...next, arrived: kept, fetching: arrival };
    }
    if (dropBelow !== null && copy !== null && copy.ballot < dropBelow) {
      next = { ...next, copy: null, mine: null, open: false, left: false };
    }
    return dropArrival ? { ...next, arrived: null, fetching: null } : next;
  }
}

function reportOf({ copy, open, left, mine, arrived }: NodeState): Report {
  const ballot = left ? (mine?.leaving ?? null) : null;
  return {
    copy: copy === null ? null : { ballot: copy.ballot },
    open,
    left: ballot === null ? null : { ballot, holds: copy !== null, decree: copy?.decree ?? -1 },
    arrived,
  };
}
