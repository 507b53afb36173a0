/**
 * Both tables, each with one partition: the environment at the meta server, the replica that applies it with its
 * next sync, what it reports, and the mutations that are shipped. A look passes both, one after the other.
 */
import type { MigrationView } from '../../../../../machines/index.js';
import {
  defineProcess,
  type Json,
  type Message,
  type Move,
  type Outcome,
  type Process,
} from '../../model.js';
import { answerTo, textOf, view } from '../plain.js';
import { ASK, FOLLOWER, MIGRATOR, type MigrationModelOptions, SOURCE, WRITE_BUDGET } from './options.js';

export interface SourceState {
  /** Run that has closed it, 0: open. Durable at the meta server. */
  readonly fence: number;
  /** Fences of this run and of earlier ones are over. */
  readonly lifted: number;
  readonly duplicated: boolean;
  readonly confirmed: number;
  /** The replica server: whether the present environment is in force, writes under way, decrees committed. */
  readonly node: {
    readonly current: boolean;
    readonly closed: boolean;
    readonly underWay: number;
    readonly committed: number;
  };
  /** What it has told its meta server last. */
  readonly report: { readonly current: boolean; readonly writesClosed: boolean; readonly committed: number };
  readonly shipping: boolean;
}

export interface FollowerState {
  readonly applied: number;
  /** A table of its own, which takes writes of clients. */
  readonly ordinary: boolean;
}

/** What is asked of a table, by a run of the migration. */
interface Asked {
  readonly asked: string;
  readonly run: number;
}

const SHIP = 'ship';

export function source(options: MigrationModelOptions): Process {
  return defineProcess<SourceState>({
    name: SOURCE,
    start: () => ({
      local: {
        fence: 0,
        lifted: 0,
        duplicated: true,
        confirmed: 0,
        node: { current: true, closed: false, underWay: 0, committed: 0 },
        report: { current: true, writesClosed: false, committed: 0 },
        shipping: false,
      },
    }),
    moves: (local) => sourceMoves(local, options),
    receive: (local, message) => [sourceReceives(local, message)],
    key: textOf,
    describe: ({ fence, node, duplicated, confirmed }) =>
      `${fence === 0 ? 'open' : `closed by run ${fence}`}, replica ${node.closed ? 'closed' : 'open'}, ${node.underWay} under way, ${node.committed} committed, ${duplicated ? `${confirmed} confirmed` : 'not duplicated'}`,
  });
}

function sourceMoves(local: SourceState, { closedTooEarly }: MigrationModelOptions): Move<SourceState>[] {
  const { node, report, fence, duplicated, confirmed, shipping } = local;
  const moves: Move<SourceState>[] = [];
  const does = (label: string, kind: Move<SourceState>['kind'], next: Partial<SourceState>, more = {}) =>
    moves.push({ label, kind, local: { ...local, ...next }, ...more });
  if (!node.closed) {
    const taken = { ...node, underWay: node.underWay + 1 };
    does('a client writes', 'environment', { node: taken }, { budget: WRITE_BUDGET });
  }
  if (node.underWay > 0) {
    const done = { ...node, underWay: node.underWay - 1, committed: node.committed + 1 };
    does('the write is acknowledged', 'effect', { node: done });
  }
  if (!node.current) {
    does('the replica gets the environment', 'effect', {
      node: { ...node, current: true, closed: fence > 0 },
    });
  }
  const told = {
    current: node.current,
    writesClosed: node.closed && (closedTooEarly || node.underWay === 0),
    committed: node.committed,
  };
  if (textOf(told) !== textOf(report)) does('the replica reports', 'effect', { report: told });
  if (duplicated && !shipping && confirmed < node.committed) {
    const batch: Message = {
      from: SOURCE,
      to: FOLLOWER,
      kind: 'Ship',
      body: { decree: node.committed },
      tag: SHIP,
      reliable: true,
    };
    does('the log is shipped', 'effect', { shipping: true }, { sends: [batch] });
  }
  return moves;
}

function sourceReceives(local: SourceState, message: Message): Outcome<SourceState> {
  if (message.kind === 'Shipped') {
    const { decree } = message.body as { decree: number };
    return { local: { ...local, shipping: false, confirmed: local.duplicated ? decree : local.confirmed } };
  }
  const { asked, run } = message.body as unknown as Asked;
  const done = { ...answerTo(message, 'Answer', { asked, error: 'ERR_OK' }) };
  const refused = { ...answerTo(message, 'Answer', { asked, error: 'ERR_INVALID_STATE' }) };
  switch (message.kind) {
    case 'CloseWrites': {
      if (run <= local.lifted || run < local.fence) return { local, sends: [refused] };
      if (run === local.fence) return { local, sends: [done] };
      return { local: { ...changed(local), fence: run }, sends: [done] };
    }
    case 'OpenWrites': {
      if (run < local.fence) return { local, sends: [refused] };
      const lifted = Math.max(local.lifted, run);
      if (local.fence === 0) return { local: { ...local, lifted }, sends: [done] };
      return { local: { ...changed(local), lifted, fence: 0 }, sends: [done] };
    }
    case 'EndDuplication':
      return { local: { ...local, duplicated: false, shipping: false }, retires: [SHIP], sends: [done] };
    default: {
      // A fence of an earlier run may be lifted by what that run still has on its way.
      // A look, or a comparison: the source tells what it knows, and the follower adds the rest.
      const body = { asked, run, seen: seenOf(local, run), committed: local.node.committed };
      const late = message.late === undefined ? {} : { late: message.late };
      return { local, sends: [{ from: SOURCE, to: FOLLOWER, kind: 'Look', body, tag: ASK, ...late }] };
    }
  }
}

/** The environment has a new version; nobody has it yet. */
const changed = (local: SourceState): SourceState => ({
  ...local,
  node: { ...local.node, current: false },
  report: { ...local.report, current: false },
});

function seenOf({ fence, duplicated, confirmed, report }: SourceState, run: number): Json {
  const { current } = report;
  const closed = current && report.writesClosed;
  const seen: Omit<MigrationView, 'follower'> = {
    status: duplicated ? 'DS_LOG' : 'gone',
    blocked: false,
    lagDecrees: 0,
    skippedMutations: 0,
    fence:
      fence === 0 ? (current ? 'open' : 'asked') : fence < run ? 'earlier' : closed ? 'in-force' : 'asked',
    drained: duplicated && fence === run && closed && confirmed >= report.committed,
  };
  return view(seen);
}

export function follower(): Process {
  return defineProcess<FollowerState>({
    name: FOLLOWER,
    start: () => ({ local: { applied: 0, ordinary: false } }),
    moves: () => [],
    receive: (local, message) => [followerReceives(local, message)],
    key: textOf,
    describe: ({ applied, ordinary }) =>
      `${ordinary ? 'a table of its own' : 'follower'}, ${applied} applied`,
  });
}

function followerReceives(local: FollowerState, message: Message): Outcome<FollowerState> {
  if (message.kind === 'Ship') {
    const { decree } = message.body as { decree: number };
    // Nobody ships into a table of its own: the owner that a batch names is gone.
    if (local.ordinary) return { local };
    const shipped: Message = {
      from: FOLLOWER,
      to: SOURCE,
      kind: 'Shipped',
      body: { decree },
      tag: SHIP,
      reliable: true,
    };
    return { local: { ...local, applied: decree }, sends: [shipped] };
  }
  const { asked, seen, committed } = message.body as unknown as Asked & { seen: object; committed: number };
  const late = message.late === undefined ? {} : { late: message.late };
  const answer = (body: object): Message => ({
    from: FOLLOWER,
    to: MIGRATOR,
    kind: 'Answer',
    body: view({ asked, error: 'ERR_OK', ...body }),
    tag: ASK,
    ...late,
  });
  if (message.kind === 'OpenFollower') return { local: { ...local, ordinary: true }, sends: [answer({})] };
  if (asked === 'Verify') return { local, sends: [answer({ equal: local.applied === committed })] };
  const role = local.ordinary ? 'ordinary' : 'follower';
  return { local, sends: [answer({ view: { ...seen, follower: role } })] };
}
