/**
 * What is drawn of the system: one line for each two parts that have to do with each other, and without what
 * a reader does not need at first sight. What is left out is told in words below the picture; the data and
 * the other formats have everything.
 */
import type { LinkKind, SystemDiagram, SystemLink, SystemPart } from './system-diagram.js';

/** All that goes on between two parts. */
export interface Way {
  readonly from: string;
  readonly to: string;
  readonly kind: LinkKind;
  /** Whether something goes from `to` to `from`, too. */
  readonly bothWays: boolean;
  /** Lines of its label. */
  readonly lines: readonly WayLine[];
}

export interface WayLine {
  readonly text: string;
  readonly what: 'name' | 'event' | 'note';
}

export interface SystemPicture {
  readonly parts: readonly SystemPart[];
  readonly ways: readonly Way[];
  /** Sentences without a full stop. */
  readonly leftOut: readonly string[];
}

/** Everybody writes there, and nothing comes of it for anybody else. */
const ASIDE: readonly string[] = ['journal'];
/** A line is drawn as the first of these that is on it. */
const KINDS: readonly LinkKind[] = ['rpc', 'effect', 'event', 'starts'];
/** It points as the first of these on it does. */
const LEADING: readonly LinkKind[] = ['starts', 'rpc', 'effect', 'event'];

/** @example systemPicture(systemDiagram()).ways.length // 25 or so, of 34 links */
export function systemPicture({ parts, links }: SystemDiagram): SystemPicture {
  const aside = new Set(parts.filter(({ name }) => ASIDE.includes(name)).map(({ id }) => id));
  const drawn = links.filter(({ to, when }) => when === null && !aside.has(to));
  const pairs = new Map<string, SystemLink[]>();
  for (const link of drawn) {
    const pair = [link.from, link.to].sort().join('\n');
    pairs.set(pair, [...(pairs.get(pair) ?? []), link]);
  }
  const seen = new Set(drawn.flatMap(({ from, to }) => [from, to]));
  return {
    parts: parts.filter(({ id }) => seen.has(id)),
    ways: [...pairs.values()].map(wayOf),
    leftOut: leftOutOf(links, aside),
  };
}

function wayOf(links: readonly SystemLink[]): Way {
  const first = (order: readonly LinkKind[]): SystemLink =>
    links.toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))[0]!;
  const { from, to } = first(LEADING);
  const back = links.filter((link) => link.from !== from);
  return {
    from,
    to,
    kind: first(KINDS).kind,
    bothWays: back.length > 0,
    lines: [
      ...links.filter((link) => link.from === from).flatMap((link) => linesOf(link)),
      ...back.flatMap((link) => linesOf(link, 'back: ')),
    ],
  };
}

function linesOf({ kind, names, tells, brings }: SystemLink, before = ''): WayLine[] {
  const listed = names.join(', ');
  const own: WayLine[] =
    kind === 'starts'
      ? [{ text: 'starts', what: 'note' }]
      : kind === 'rpc'
        ? names.map((text) => ({ text, what: 'name' }))
        : [{ text: `${before}${listed}`, what: kind === 'event' ? 'event' : 'note' }];
  return [
    ...own,
    ...(tells.length === 0 ? [] : [{ text: `tells ${tells.join(', ')}`, what: 'event' } as const]),
    ...(brings.length === 0 ? [] : [{ text: `brings back ${brings.join(', ')}`, what: 'event' } as const]),
  ];
}

function leftOutOf(links: readonly SystemLink[], aside: ReadonlySet<string>): string[] {
  const rare = links.filter(({ when }) => when !== null);
  const noted = links.filter(({ to }) => aside.has(to));
  const behind = links.some(({ kind, effects }) => kind === 'rpc' && effects.length > 0);
  return [
    ...rare.map(
      ({ names, from, to, when }) => `${names.join(', ')} from ${from} to ${to}, sent when ${when}`,
    ),
    ...noted.map(({ names, from, to }) => `${names.join(', ')} from ${from} to ${to}`),
    ...(behind ? ['the effects of charts that requests carry out'] : []),
  ];
}
