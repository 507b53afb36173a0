/** Small pieces that every upstream model is made of. */
import type {
  Assumptions,
  Json,
  Message,
  Model,
  Move,
  Process,
} from '../../runtime/checker/product/model.js';
import { defineProcess } from '../../runtime/checker/product/model.js';

/** What differs from a network that does no harm and processes that never fail. */
export function assume(name: string, more: Partial<Assumptions> = {}): Assumptions {
  return {
    name,
    loss: 0,
    duplication: 0,
    reorder: false,
    crashes: {},
    roleChanges: 0,
    storageTimeouts: 0,
    operator: {},
    sizes: {},
    lateMessages: 1,
    ...more,
  };
}

/** A model whose budgets follow from what is assumed; moves name `crash <process>`, the request or the size. */
export function product(model: Omit<Model, 'budgets'>): Model {
  const { loss, duplication, roleChanges, crashes, operator, sizes } = model.assumptions;
  const crashing = model.processes.map(({ name }) => [`crash ${name}`, crashes[name] ?? 0] as const);
  const budgets = {
    loss,
    duplication,
    roleChanges,
    writes: 0,
    ...sizes,
    ...Object.fromEntries(crashing),
    ...operator,
  };
  return { ...model, budgets };
}

/** @example message('node1', 'sourceMeta', 'sync', { prepared: null }, 'node1') */
export function message(from: string, to: string, kind: string, body: Json, tag?: string): Message {
  return { from, to, kind, body, ...(tag === undefined ? {} : { tag }) };
}

/** A process whose state is plain data and charts at rest, both of which JSON can write. */
export function plain<Local>(
  definition: Omit<Process<Local>, 'key' | 'start'> & { readonly initial: Local },
): Process {
  const { initial, ...rest } = definition;
  return defineProcess<Local>({
    ...rest,
    start: () => ({ local: initial }),
    key: (local) => JSON.stringify(local),
  });
}

export function move<Local>(
  kind: Move<Local>['kind'],
  label: string,
  local: Local,
  more: Partial<Move<Local>> = {},
): Move<Local> {
  return { kind, label, local, ...more };
}

/** Lists only what is possible: `false` entries are left out. */
export function possible<Local>(
  ...moves: readonly (Move<Local> | false | null | readonly Move<Local>[])[]
): readonly Move<Local>[] {
  return moves.flatMap((each) => (each === false || each === null ? [] : each)) as readonly Move<Local>[];
}
