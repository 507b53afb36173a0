/**
 * Processes and their actors as rows of a tree. Many alike under one parent (the transfers of hundreds of
 * partitions) are one row that can be opened.
 */
import type { RecordingIndex } from './recording-index.js';
import type { ActorInfo, ActorKey, ActorState, WorldState } from './types.js';

/** Alike siblings beyond this number are put together. */
const MOST_ALIKE = 8;

interface Row {
  /** Unique in the tree, stable from moment to moment. */
  readonly id: string;
  /** 1 is a process. */
  readonly level: number;
  readonly open: boolean;
  readonly hasChildren: boolean;
}

export interface ProcessRow extends Row {
  readonly kind: 'process';
  readonly name: string;
  readonly up: boolean;
  /** Living actors. */
  readonly actors: number;
}

export interface GroupRow extends Row {
  readonly kind: 'group';
  readonly name: string;
  readonly actors: number;
  /** `120 copying, 8 waiting` */
  readonly states: string;
}

export interface ActorRow extends Row {
  readonly kind: 'actor';
  readonly info: ActorInfo;
  readonly state: ActorState;
}

export type TreeRow = ProcessRow | GroupRow | ActorRow;

interface Living {
  readonly info: ActorInfo;
  readonly state: ActorState;
}

/**
 * The rows that are to be seen.
 *
 * @param toggled ids of rows that are not as they are by default: groups closed, everything else open
 */
export function actorRows(
  index: RecordingIndex,
  world: WorldState,
  toggled: ReadonlySet<string>,
): readonly TreeRow[] {
  const children = new Map<string, Living[]>();
  const processes = new Set(world.processes.keys());
  for (const [key, state] of world.actors) {
    const info = index.actor(key);
    if (info === undefined) continue;
    processes.add(info.process);
    const under = info.parent !== null && world.actors.has(info.parent) ? info.parent : info.process;
    const siblings = children.get(under);
    if (siblings === undefined) children.set(under, [{ info, state }]);
    else siblings.push({ info, state });
  }
  const rows: TreeRow[] = [];
  const tree = { children, toggled, rows };
  for (const name of [...processes].sort()) {
    const id = `process ${name}`;
    const open = !toggled.has(id);
    const under = children.get(name) ?? [];
    const up = world.processes.get(name)?.up ?? true;
    const hasChildren = under.length > 0;
    rows.push({ kind: 'process', id, level: 1, open, hasChildren, name, up, actors: livingIn(under) });
    if (open) addAll(tree, under, id, 2);
  }
  return rows;
}

interface Tree {
  readonly children: ReadonlyMap<string, readonly Living[]>;
  readonly toggled: ReadonlySet<string>;
  readonly rows: TreeRow[];
}

function addAll(tree: Tree, siblings: readonly Living[], parent: string, level: number): void {
  const families = new Map<string, Living[]>();
  for (const each of siblings) {
    const family = each.info.chart ?? 'others';
    const members = families.get(family);
    if (members === undefined) families.set(family, [each]);
    else members.push(each);
  }
  for (const [name, members] of families) {
    if (members.length <= MOST_ALIKE) {
      for (const each of members) addActor(tree, each, level);
      continue;
    }
    const id = `group ${parent} ${name}`;
    const open = tree.toggled.has(id);
    tree.rows.push({
      kind: 'group',
      id,
      level,
      open,
      hasChildren: true,
      name,
      actors: livingIn(members),
      states: statesOf(members),
    });
    if (open) for (const each of members) addActor(tree, each, level + 1);
  }
}

function addActor(tree: Tree, { info, state }: Living, level: number): void {
  const under = tree.children.get(info.key) ?? [];
  const open = !tree.toggled.has(info.key);
  tree.rows.push({ kind: 'actor', id: info.key, level, open, hasChildren: under.length > 0, info, state });
  if (open) addAll(tree, under, info.key, level + 1);
}

const livingIn = (all: readonly Living[]): number => all.filter(({ state }) => state.alive).length;

function statesOf(all: readonly Living[]): string {
  const counts = new Map<string, number>();
  for (const { state } of all) {
    const words = stateInWords(state);
    counts.set(words, (counts.get(words) ?? 0) + 1);
  }
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([words, count]) => `${count} ${words}`)
    .join(', ');
}

/** The innermost active states, without the machine's name: `DS_PREPARE.creatingFollower`. */
export function stateInWords({ alive, status, state, active }: ActorState): string {
  if (!alive) return status === 'active' ? 'gone' : status;
  if (state === null) return 'running';
  const leaves = active.filter((id) => !active.some((other) => other.startsWith(`${id}.`)));
  const words = leaves.map((id) => id.slice(id.indexOf('.') + 1));
  return words.length === 0 ? String(state) : words.join(' + ');
}

/** Error name of the trouble that an actor has; null: none. */
export function troubleOf({ alive, context }: ActorState): string | null {
  if (!alive) return null;
  for (const field of ['trouble', 'storageTrouble']) {
    const trouble = context[field];
    if (typeof trouble === 'object' && trouble !== null && 'error' in trouble) return String(trouble.error);
  }
  return null;
}

/** The row that holds an actor's key, or the nearest open row above it. */
export function rowOf(rows: readonly TreeRow[], key: ActorKey | null): number {
  return key === null ? -1 : rows.findIndex(({ id }) => id === key);
}
