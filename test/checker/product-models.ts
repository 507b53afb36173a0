/** Small products whose states and verdicts can be worked out by hand. */
import {
  type Assumptions,
  defineProcess,
  type Message,
  type Model,
} from '../../runtime/checker/product/index.js';

export const CALM: Assumptions = {
  name: 'calm',
  loss: 0,
  duplication: 0,
  reorder: false,
  crashes: {},
  roleChanges: 0,
  storageTimeouts: 0,
  operator: {},
  sizes: {},
  lateMessages: 1,
};

const text = (local: unknown): string => JSON.stringify(local);

/** `sides` counters that go from 0 to `top`: (top + 1) ^ sides states. */
export function grid(sides: number, top: number): Model {
  return {
    name: 'grid',
    assumptions: CALM,
    budgets: {},
    processes: Array.from({ length: sides }, (_, side) =>
      defineProcess<number>({
        name: `side${side}`,
        start: () => ({ local: 0 }),
        moves: (count) => (count < top ? [{ label: 'up', kind: 'effect', local: count + 1 }] : []),
        receive: () => [],
        key: text,
        describe: text,
      }),
    ),
    properties: [
      {
        kind: 'state',
        name: 'NotAllAtTop',
        sentence: 'some side is below the top',
        over: Object.fromEntries(
          Array.from({ length: sides }, (_, side) => [`side${side}`, (count: number) => count]),
        ),
        holds: (seen) => Object.values(seen).some((count) => count !== top),
        situation: (seen) => seen.side0 === top,
      },
      {
        kind: 'leadsTo',
        name: 'GetsThere',
        sentence: 'the first side gets to the top',
        over: { side0: (count: number) => count },
        from: () => true,
        to: (seen) => seen.side0 === top,
      },
    ],
  };
}

/** A client asks, a server answers; the client may ask again when nothing is on its way. */
export function handshake(
  overrides: {
    loss?: number;
    duplication?: number;
    reorder?: boolean;
    retries?: boolean;
    reliable?: true;
  } = {},
): Model {
  const { loss = 0, duplication = 0, reorder = false, retries = true, reliable } = overrides;
  const kind = reliable === undefined ? {} : { reliable };
  const ask = { from: 'client', to: 'server', kind: 'ask', body: null, tag: 'asking', ...kind };
  const answer = { from: 'server', to: 'client', kind: 'answer', body: null, tag: 'asking', ...kind };
  return {
    name: 'handshake',
    assumptions: { ...CALM, loss, duplication, reorder },
    budgets: { loss, duplication },
    processes: [
      defineProcess<'idle' | 'asking' | 'done'>({
        name: 'client',
        start: () => ({ local: 'idle' }),
        moves: (local) =>
          local === 'idle'
            ? [{ label: 'ask', kind: 'effect', local: 'asking', sends: [ask] }]
            : local === 'asking' && retries
              ? [{ label: 'timer retry', kind: 'timer', unlessInFlight: 'asking', local, sends: [ask] }]
              : [],
        receive: (local) => [{ local: local === 'asking' ? 'done' : local }],
        key: text,
        describe: (local) => local,
      }),
      defineProcess<number>({
        name: 'server',
        start: () => ({ local: 0 }),
        moves: () => [],
        receive: (served) => [{ local: Math.min(served + 1, 3), sends: [answer] }],
        key: text,
        describe: (served) => `served ${served}`,
      }),
    ],
    properties: [
      {
        kind: 'state',
        name: 'ServedOnce',
        sentence: 'no request is served twice',
        over: { server: (served: number) => served },
        holds: (seen) => (seen.server as number) < 2,
        situation: (seen) => seen.server === 1,
      },
      {
        kind: 'step',
        name: 'DoneByAnswer',
        sentence: 'the client is done only by an answer',
        over: { client: (local: string) => local },
        holds: (before, after, step) =>
          before === after || after !== 'done' || step.cause === 'receive answer',
        situation: (_, after) => after === 'done',
      },
      {
        kind: 'leadsTo',
        name: 'Answered',
        sentence: 'who asks gets an answer',
        over: { client: (local: string) => local },
        from: (seen) => seen.client === 'asking',
        to: (seen) => seen.client === 'done',
      },
      {
        kind: 'staysPossible',
        name: 'CanBeDone',
        sentence: 'the client can get done',
        over: { client: (local: string) => local },
        to: (seen) => seen.client === 'done',
      },
    ],
  };
}

/** Two that want one lock; with the bug, looking and taking are two steps, and each tries once. */
export function mutualExclusion(bug: boolean): Model {
  const lock = (from: string, kind: string): Message => ({ from, to: 'lock', kind, body: from });
  const names = ['a', 'b'];
  const lockSays = (to: string): Message => ({ from: 'lock', to, kind: 'granted', body: null });
  return {
    name: 'mutual exclusion',
    assumptions: { ...CALM, reorder: true },
    budgets: {},
    processes: [
      ...names.map((name) =>
        defineProcess<string>({
          name,
          start: () => ({ local: 'out' }),
          moves: (local) =>
            local === 'out'
              ? [{ label: 'want', kind: 'environment', local: 'wanting', sends: [lock(name, 'take')] }]
              : local === 'in'
                ? [
                    {
                      label: 'leave',
                      kind: 'effect',
                      local: bug ? 'gone' : 'out',
                      sends: [lock(name, 'free')],
                    },
                  ]
                : [],
          receive: () => [{ local: 'in' }],
          key: text,
          describe: (local) => local,
        }),
      ),
      defineProcess<{ readonly owner: string | null; readonly granting: readonly string[] }>({
        name: 'lock',
        start: () => ({ local: { owner: null, granting: [] } }),
        moves: (local) =>
          local.granting.map((name) => ({
            label: `grant ${name}`,
            kind: 'effect' as const,
            local: { owner: name, granting: local.granting.filter((other) => other !== name) },
            sends: [lockSays(name)],
          })),
        receive: (local, message) => {
          if (message.kind === 'free') return [{ local: { ...local, owner: null } }];
          if (local.owner !== null) return [];
          const body = String(message.body);
          if (bug) return [{ local: { ...local, granting: [...local.granting, body].sort() } }];
          return [{ local: { ...local, owner: body }, sends: [lockSays(body)] }];
        },
        key: text,
        describe: (local) => (local.owner === null ? 'free' : `owned by ${local.owner}`),
      }),
    ],
    symmetry: [
      {
        name: 'exchange a and b',
        processes: { a: 'b', b: 'a' },
        local: (of, local) => (of === 'lock' ? exchangeLock(local as never) : local),
        message: (message) => ({ ...message, body: message.body === null ? null : other(message.body) }),
      },
    ],
    properties: [
      {
        kind: 'state',
        name: 'OneInside',
        sentence: 'at most one is inside',
        over: { a: (local: string) => local === 'in', b: (local: string) => local === 'in' },
        holds: (seen) => !(seen.a && seen.b),
        situation: (seen) => seen.a === true || seen.b === true,
      },
      {
        kind: 'leadsTo',
        name: 'GetsIn',
        sentence: 'who wants to gets in',
        over: { a: (local: string) => local },
        from: (seen) => seen.a === 'wanting',
        to: (seen) => seen.a === 'in',
      },
      {
        kind: 'staysPossible',
        name: 'CanLeave',
        sentence: 'it can become quiet',
        over: { a: (local: string) => local, b: (local: string) => local },
        to: (seen) => seen.a !== 'in' && seen.b !== 'in',
      },
    ],
  };
}

const other = (name: unknown): string => (name === 'a' ? 'b' : 'a');
const exchangeLock = ({ owner, granting }: { owner: string | null; granting: readonly string[] }) => ({
  owner: owner === null ? null : other(owner),
  granting: granting.map(other).sort(),
});

/** A token goes round; a fault, `crashes` times, drops it for good. */
export function tokenRing(size: number, crashes: number): Model {
  const pass = (from: number): Message => {
    const to = (from + 1) % size;
    return { from: `node${from}`, to: `node${to}`, kind: 'token', body: null };
  };
  return {
    name: 'token ring',
    assumptions: { ...CALM, crashes: { node: crashes } },
    budgets: { crash: crashes },
    processes: Array.from({ length: size }, (_, node) =>
      defineProcess<boolean>({
        name: `node${node}`,
        start: () => ({ local: node === 0 }),
        moves: (has) =>
          has
            ? [
                { label: 'pass', kind: 'effect', local: false, sends: [pass(node)] },
                { label: 'crash', kind: 'fault', budget: 'crash', local: false },
              ]
            : [],
        receive: () => [{ local: true }],
        key: text,
        describe: (has) => (has ? 'with token' : 'without token'),
      }),
    ),
    properties: [
      {
        kind: 'leadsTo',
        name: 'ComesBack',
        sentence: 'the token comes to node 0',
        over: { node0: (has: boolean) => has },
        from: () => true,
        to: (seen) => seen.node0 === true,
      },
      {
        kind: 'staysPossible',
        name: 'CanComeBack',
        sentence: 'the token can come to node 0',
        over: { node0: (has: boolean) => has },
        to: (seen) => seen.node0 === true,
      },
    ],
  };
}

/** A sender numbers its messages 0, 1, 2; the receiver remembers the last one. */
export function numbered(reorder: boolean): Model {
  return {
    name: 'numbered',
    assumptions: { ...CALM, reorder },
    budgets: {},
    processes: [
      defineProcess<number>({
        name: 'sender',
        start: () => ({ local: 0 }),
        moves: (next) =>
          next < 3
            ? [
                {
                  label: 'send',
                  kind: 'effect',
                  local: next + 1,
                  sends: [{ from: 'sender', to: 'receiver', kind: 'number', body: next }],
                },
              ]
            : [],
        receive: () => [],
        key: text,
        describe: text,
      }),
      defineProcess<number>({
        name: 'receiver',
        start: () => ({ local: -1 }),
        moves: () => [],
        receive: (_, message) => [{ local: message.body as number }],
        key: text,
        describe: text,
      }),
    ],
    properties: [
      {
        kind: 'step',
        name: 'Rising',
        sentence: 'numbers rise',
        over: { receiver: (last: number) => last },
        holds: (before, after) => (after as number) > (before as number),
        situation: (_, after) => (after as number) >= 0,
      },
    ],
  };
}

interface Disk {
  readonly memory: number;
  readonly disk: number;
  readonly shown: number;
}

/** Writes to memory, then disk, then shows; with the bug it shows what is in memory only. A crash keeps the disk. */
export function durable(bug: boolean): Model {
  return {
    name: 'durable',
    assumptions: { ...CALM, crashes: { server: 1 } },
    budgets: { crash: 1 },
    processes: [
      defineProcess<Disk>({
        name: 'server',
        start: () => ({ local: { memory: 0, disk: 0, shown: 0 } }),
        moves: (at) => [
          ...(at.memory < 2 && at.memory === at.disk
            ? [{ label: 'write', kind: 'environment' as const, local: { ...at, memory: at.memory + 1 } }]
            : []),
          ...(at.disk < at.memory
            ? [{ label: 'flush', kind: 'effect' as const, local: { ...at, disk: at.memory } }]
            : []),
          ...(at.shown < (bug ? at.memory : at.disk)
            ? [{ label: 'show', kind: 'effect' as const, local: { ...at, shown: bug ? at.memory : at.disk } }]
            : []),
          { label: 'crash', kind: 'fault', budget: 'crash', local: { ...at, memory: at.disk } },
        ],
        receive: () => [],
        key: text,
        describe: text,
      }),
      defineProcess<boolean>({
        name: 'light',
        start: () => ({ local: false }),
        moves: (on) => [{ label: 'blink', kind: 'timer', local: !on }],
        receive: () => [],
        key: text,
        describe: (on) => (on ? 'on' : 'off'),
      }),
    ],
    properties: [
      {
        kind: 'state',
        name: 'ShownIsDurable',
        sentence: 'what was shown is on disk, or in memory',
        over: { server: (at: Disk) => ({ ...at }) },
        holds: ({ server }) => (server as unknown as Disk).shown <= (server as unknown as Disk).memory,
        situation: ({ server }) => (server as unknown as Disk).shown > 0,
      },
      {
        kind: 'leadsTo',
        name: 'Written',
        sentence: 'what is in memory gets to disk',
        over: { server: (at: Disk) => ({ ...at }) },
        from: ({ server }) => (server as unknown as Disk).memory === 2,
        to: ({ server }) => (server as unknown as Disk).disk === 2 || (server as unknown as Disk).memory < 2,
      },
    ],
  };
}

/** Workers that think, alike, before they count: thinking commutes with everything, unless it lies. */
export function workers(size: number, options: { liar?: boolean } = {}): Model {
  const names = Array.from({ length: size }, (_, index) => `worker${index}`);
  const swap = (a: string, b: string) => ({
    name: `exchange ${a} and ${b}`,
    processes: { [a]: b, [b]: a },
    local: (_: string, local: unknown) => local,
    message: (message: Message) => message,
  });
  return {
    name: 'workers',
    assumptions: { ...CALM, reorder: true },
    budgets: {},
    processes: names.map((name, index) =>
      defineProcess<{ readonly thought: boolean; readonly poked: number }>({
        name,
        start: () => ({ local: { thought: false, poked: 0 } }),
        moves: (at) => [
          ...(at.thought
            ? []
            : [
                {
                  label: 'think',
                  kind: 'effect' as const,
                  commutes: true as const,
                  local: { ...at, thought: true, ...(options.liar ? { poked: 0 } : {}) },
                },
              ]),
          ...(at.poked === 0
            ? [
                {
                  label: 'poke',
                  kind: 'effect' as const,
                  local: { ...at, poked: 1 },
                  sends: [{ from: name, to: names[(index + 1) % size]!, kind: 'poke', body: null }],
                },
              ]
            : []),
        ],
        receive: (at) => [{ local: { ...at, poked: Math.min(at.poked + 1, 3) } }],
        key: text,
        describe: text,
      }),
    ),
    ...(size === 2 ? { symmetry: [swap(names[0]!, names[1]!)] } : {}),
    properties: [
      {
        kind: 'state',
        name: 'PokedTwiceAtMost',
        sentence: 'nobody is poked more than twice',
        over: Object.fromEntries(names.map((name) => [name, (at: { poked: number }) => at.poked])),
        holds: (seen) => Object.values(seen).every((poked) => (poked as number) <= 2),
        situation: (seen) => Object.values(seen).some((poked) => poked === 2),
      },
      {
        kind: 'state',
        name: 'NotAllPoked',
        sentence: 'somebody is not poked twice',
        over: Object.fromEntries(names.map((name) => [name, (at: { poked: number }) => at.poked])),
        holds: (seen) => Object.values(seen).some((poked) => (poked as number) < 2),
        situation: () => true,
      },
    ],
  };
}
