/** Places for the picture of the system. */
import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';
import type { Box, PlacedLabel, PlacedText, Point } from '../laid-out-chart.js';
import { runElk } from '../layout/elk.js';
import { arrowOptions, insideOptions, LABEL_OPTIONS, rootOptions, WITHIN } from '../layout/elk-options.js';
import { pathOf } from '../layout/places.js';
import { labelAt } from '../layout/state-box.js';
import { movedBy, type Paragraph, setText, type TextBlock } from '../layout/text-block.js';
import { clusters, PROCESS_TITLES } from './clusters.js';
import { linkLines } from './link-words.js';
import type { SystemDiagram, SystemLink, SystemPart } from './system-diagram.js';
import type { ProcessName } from './table.js';

export interface PlacedPart extends Box {
  readonly part: SystemPart;
  readonly texts: readonly PlacedText[];
}

/** A process, or a cluster of them. */
export interface PlacedFrame extends Box {
  readonly id: string;
  readonly nested: boolean;
  readonly texts: readonly PlacedText[];
}

export interface PlacedLink {
  readonly link: SystemLink;
  readonly path: readonly Point[];
  readonly label: PlacedLabel;
}

export interface LaidOutSystem {
  readonly width: number;
  readonly height: number;
  /** Clusters before their processes. */
  readonly frames: readonly PlacedFrame[];
  readonly parts: readonly PlacedPart[];
  readonly links: readonly PlacedLink[];
}

const DIRECTION = 'DOWN';
const PART_LIMIT_PX = 150;
const LINK_LIMIT_PX = 280;
const PADDING = { part: { x: 12, y: 9 }, link: { x: 5, y: 2 }, frame: { x: 10, y: 6 } } as const;

export async function layOutSystem(system: SystemDiagram): Promise<LaidOutSystem> {
  const { inside, outside } = clusters();
  const parts = new Map(
    system.parts.map((part) => [part.id, setText(partText(part), PART_LIMIT_PX, PADDING.part)]),
  );
  const links = system.links.map((link) => setText(linkText(link), LINK_LIMIT_PX, PADDING.link));
  const frames = new Map<string, TextBlock>();

  const frame = (id: string, title: string, children: ElkNode[]): ElkNode => {
    const text = setText([[{ text: title, role: 'title' }]], LINK_LIMIT_PX, PADDING.frame);
    frames.set(id, text);
    return { id, layoutOptions: insideOptions(text, DIRECTION), children };
  };
  const process = (name: ProcessName): ElkNode => {
    const within = system.parts.filter((part) => part.process === name);
    return frame(
      `process ${name}`,
      PROCESS_TITLES[name],
      within.map((part) => sized(part.id, parts.get(part.id)!)),
    );
  };
  const edges = system.links.map(
    ({ from, to, kind }, i): ElkExtendedEdge => ({
      id: `${i}`,
      sources: [from],
      targets: [to],
      layoutOptions: arrowOptions(kind === 'starts' || from.startsWith('operator') ? 'surely' : 'no'),
      labels: [{ ...sized(`label ${i}`, links[i]!), text: ' ', layoutOptions: LABEL_OPTIONS }],
    }),
  );
  const root = await runElk({
    id: 'system',
    layoutOptions: rootOptions(DIRECTION),
    edges,
    children: [
      ...outside.map(process),
      ...inside.map(({ name, processes }) => frame(`cluster ${name}`, name, processes.map(process))),
    ],
  });

  const places = new Map<string, Box>();
  const ways = new Map<string, ElkExtendedEdge>();
  const visit = ({
    id,
    x = 0,
    y = 0,
    width = 0,
    height = 0,
    edges: own = [],
    children = [],
  }: ElkNode): void => {
    places.set(id, { x, y, width, height });
    for (const edge of own) ways.set(edge.id, edge);
    children.forEach(visit);
  };
  visit(root);
  const placed = (id: string, { texts, width, height }: TextBlock, centred: boolean) => {
    const box = places.get(id)!;
    const x = centred ? box.x + (box.width - width) / 2 : box.x;
    return { ...box, texts: movedBy(texts, x, centred ? box.y + (box.height - height) / 2 : box.y) };
  };
  return {
    width: Math.ceil(root.width ?? 0),
    height: Math.ceil(root.height ?? 0),
    frames: [...frames].map(([id, text]) => ({
      id,
      nested: id.startsWith('process'),
      ...placed(id, text, false),
    })),
    parts: system.parts.map((part) => ({ part, ...placed(part.id, parts.get(part.id)!, true) })),
    links: system.links.map((link, i) => {
      const { x = 0, y = 0 } = ways.get(`${i}`)!.labels![0]!;
      return { link, path: pathOf(ways.get(`${i}`)!), label: labelAt(links[i]!, x, y) };
    }),
  };
}

const sized = (id: string, { width, height }: TextBlock): ElkNode => ({
  id,
  width,
  height,
  layoutOptions: WITHIN,
});

const partText = ({ name, says }: SystemPart): Paragraph[] => [
  [{ text: name, role: 'title' }],
  ...(says === '' ? [] : [[{ text: says, role: 'note' } as const]]),
];

const ROLES = { name: 'event', event: 'action', note: 'note' } as const;
const linkText = (link: SystemLink): Paragraph[] =>
  linkLines(link).map(({ text, what }) => [{ text, role: ROLES[what] }]);
