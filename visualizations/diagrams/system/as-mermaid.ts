/** The system as a Mermaid flowchart, which GitHub draws. */
import { clusters, PROCESS_TITLES } from './clusters.js';
import { linkLines } from './link-words.js';
import type { LinkKind, SystemDiagram, SystemPart } from './system-diagram.js';
import type { ProcessName } from './table.js';

const ARROWS: Readonly<Record<LinkKind, string>> = {
  starts: '-.->',
  event: '-->',
  effect: '-.->',
  rpc: '==>',
};
const SHAPES: Readonly<Record<SystemPart['kind'], readonly [string, string]>> = {
  chart: ['(', ')'],
  actor: ['([', '])'],
  store: ['[(', ')]'],
  service: ['[', ']'],
  person: ['((', '))'],
};

/** @example systemAsMermaid(systemDiagram()) // 'flowchart TB\n…' */
export function systemAsMermaid(system: SystemDiagram): string {
  const { inside, outside } = clusters();
  const process = (name: ProcessName, indent: string): string[] => [
    `${indent}subgraph ${idOf(name)}["${PROCESS_TITLES[name]}"]`,
    ...system.parts.filter((part) => part.process === name).map((part) => `${indent}  ${node(part)}`),
    `${indent}end`,
  ];
  return [
    'flowchart TB',
    ...outside.flatMap((name) => process(name, '  ')),
    ...inside.flatMap(({ name, processes }) => [
      `  subgraph ${idOf(name)}["${name}"]`,
      ...processes.flatMap((each) => process(each, '    ')),
      '  end',
    ]),
    ...system.links.map((link) => {
      const label = linkLines(link)
        .map(({ text }) => quoted(text))
        .join('<br>');
      return `  ${idOf(link.from)} ${ARROWS[link.kind]}|"${label}"| ${idOf(link.to)}`;
    }),
    '',
  ].join('\n');
}

function node({ id, name, kind, says }: SystemPart): string {
  const [open, close] = SHAPES[kind];
  return `${idOf(id)}${open}"${quoted(says === '' ? name : `${name}<br>${says}`)}"${close}`;
}

const idOf = (id: string): string => id.replace(/\W+/g, '_');
const quoted = (text: string): string => text.replaceAll('"', '#quot;');
