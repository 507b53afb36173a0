/** The system for Graphviz. */
import { clusters, PROCESS_TITLES } from './clusters.js';
import { linkLines } from './link-words.js';
import type { LinkKind, SystemDiagram, SystemPart } from './system-diagram.js';
import type { ProcessName } from './table.js';

const EDGES: Readonly<Record<LinkKind, string>> = {
  starts: 'style=dotted, arrowhead=empty',
  event: 'style=solid',
  effect: 'style=dashed',
  rpc: 'style=bold',
};
const SHAPES: Readonly<Record<SystemPart['kind'], string>> = {
  chart: 'shape=box, style=rounded',
  actor: 'shape=box, style="rounded,dashed"',
  store: 'shape=cylinder',
  service: 'shape=box',
  person: 'shape=ellipse',
};

/** @example systemAsDot(systemDiagram()) // 'digraph system {\n…' */
export function systemAsDot(system: SystemDiagram): string {
  const { inside, outside } = clusters();
  const process = (name: ProcessName, indent: string): string[] => [
    `${indent}subgraph ${quoted(`cluster ${name}`)} {`,
    `${indent}  label=${quoted(PROCESS_TITLES[name])};`,
    ...system.parts.filter((part) => part.process === name).map((part) => `${indent}  ${node(part)}`),
    `${indent}}`,
  ];
  return [
    'digraph system {',
    '  graph [fontname="Helvetica", rankdir=TB, compound=true];',
    '  node [fontname="Helvetica", fontsize=11];',
    '  edge [fontname="Helvetica", fontsize=9];',
    ...outside.flatMap((name) => process(name, '  ')),
    ...inside.flatMap(({ name, processes }) => [
      `  subgraph ${quoted(`cluster ${name}`)} {`,
      `    label=${quoted(name)};`,
      ...processes.flatMap((each) => process(each, '    ')),
      '  }',
    ]),
    ...system.links.map((link) => {
      const label = linkLines(link)
        .map(({ text }) => text)
        .join('\n');
      return `  ${quoted(link.from)} -> ${quoted(link.to)} [label=${quoted(label)}, ${EDGES[link.kind]}];`;
    }),
    '}',
    '',
  ].join('\n');
}

const node = ({ id, name, kind, says }: SystemPart): string =>
  `${quoted(id)} [label=${quoted(says === '' ? name : `${name}\n${says}`)}, ${SHAPES[kind]}];`;

const quoted = (text: string): string =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
