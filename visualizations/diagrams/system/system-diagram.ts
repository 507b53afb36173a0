/** The whole system as data: who is there, who starts whom, and who sends what to whom. */
import { type Child, conversationsOf } from './conversations.js';
import {
  CHARTS_RUN_IN,
  type ChartName,
  EFFECTS,
  OTHER_WAYS,
  PARTS,
  type Place,
  PROCESSES,
  type ProcessName,
  type Way,
} from './table.js';

export interface SystemPart {
  /** `source meta/duplication` */
  readonly id: string;
  readonly process: ProcessName;
  readonly name: string;
  readonly kind: 'chart' | 'actor' | 'store' | 'service' | 'person';
  /** In a few words; empty for charts, which speak for themselves. */
  readonly says: string;
}

/**
 * - `starts`: an actor whose life another one holds
 * - `event`: between actors of one process
 * - `effect`: something done in the process, over a port
 * - `rpc`: a request over the network
 */
export type LinkKind = 'starts' | 'event' | 'effect' | 'rpc';

export interface SystemLink {
  readonly from: string;
  readonly to: string;
  readonly kind: LinkKind;
  /** Events, effects or RPC codes, each once. */
  readonly names: readonly string[];
  /** Effects behind an RPC; events it becomes at the other end; events that come back with the answer. */
  readonly effects: readonly string[];
  readonly tells: readonly string[];
  readonly brings: readonly string[];
  /** When it happens, if only then. */
  readonly when: string | null;
}

export interface SystemDiagram {
  readonly processes: readonly ProcessName[];
  readonly parts: readonly SystemPart[];
  readonly links: readonly SystemLink[];
}

/**
 * Derived from the charts, which are explored for it, and from the table of effects beside this file.
 *
 * @example
 * systemDiagram().links.filter(({ kind }) => kind === 'rpc').map(({ names }) => names);
 */
export function systemDiagram(): SystemDiagram {
  const links = merged([...chartLinks(), ...effectLinks(), ...otherLinks()]);
  const ids = new Set(links.flatMap(({ from, to }) => [from, to]));
  const parts = [...ids].map(partOf);
  const order = (part: SystemPart) =>
    PROCESSES.indexOf(part.process) * 100 + RANKS.indexOf(part.name as never);
  return { processes: PROCESSES, parts: parts.sort((a, b) => order(a) - order(b)), links };
}

/** Order within a process: charts as they start each other, then what they work with. */
const RANKS = [...Object.keys(CHARTS_RUN_IN), ...Object.keys(PARTS)];

function partOf(id: string): SystemPart {
  const [process, name] = id.split('/') as [ProcessName, string];
  if (name in CHARTS_RUN_IN) return { id, process, name, kind: 'chart', says: '' };
  return { id, process, name, ...PARTS[name as keyof typeof PARTS] };
}

const NOTHING = { effects: [], tells: [], brings: [], when: null } as const;

/** What charts start and tell each other, as exploring them has shown. */
function* chartLinks(): Generator<SystemLink> {
  for (const [chart, { children, sends }] of conversationsOf(Object.keys(CHARTS_RUN_IN) as ChartName[])) {
    for (const process of CHARTS_RUN_IN[chart]) {
      const at = (child: Child): string => `${process}/${child}`;
      for (const child of children) {
        yield { ...NOTHING, from: at(chart), to: at(child), kind: 'starts', names: [] };
      }
      for (const { event, to } of sends) {
        yield { ...NOTHING, from: at(chart), to: at(to), kind: 'event', names: [event] };
      }
    }
  }
}

function* effectLinks(): Generator<SystemLink> {
  for (const [chart, rows] of Object.entries(EFFECTS)) {
    for (const process of CHARTS_RUN_IN[chart as ChartName]) {
      for (const [effect, { ways }] of Object.entries(rows)) {
        for (const way of ways) yield linkOf(`${process}/${chart}`, process, way, [effect]);
      }
    }
  }
}

function* otherLinks(): Generator<SystemLink> {
  for (const { from, brings = [], does, ...way } of OTHER_WAYS) {
    const [process] = from.split('/') as [ProcessName];
    const link = linkOf(from, process, way, does === undefined ? [] : [does]);
    if (way.rpcs !== undefined || does !== undefined) yield { ...link, brings };
    else yield { ...link, kind: 'event', names: link.tells, tells: [] };
  }
}

function linkOf(from: string, process: ProcessName, way: Way, effects: readonly string[]): SystemLink {
  const { to, rpcs, tells = [], when = null } = way;
  const shared = { from, to: placeOf(to, process), tells, brings: [], when };
  return rpcs === undefined
    ? { ...shared, kind: 'effect', names: effects, effects: [] }
    : { ...shared, kind: 'rpc', names: rpcs, effects };
}

const placeOf = (place: Place, process: ProcessName): string =>
  place.includes('/') ? place : `${process}/${place}`;

/** One link for each pair and kind, and for each condition. */
function merged(links: readonly SystemLink[]): SystemLink[] {
  const byKey = new Map<string, SystemLink>();
  for (const link of links) {
    const key = [link.from, link.to, link.kind, link.when].join('\n');
    const before = byKey.get(key);
    const union = (field: 'names' | 'effects' | 'tells' | 'brings') => [
      ...new Set([...(before?.[field] ?? []), ...link[field]]),
    ];
    byKey.set(key, {
      ...link,
      names: union('names'),
      effects: union('effects'),
      tells: union('tells'),
      brings: union('brings'),
    });
  }
  return [...byKey.values()];
}
