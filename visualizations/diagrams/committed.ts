/** The diagrams that are kept beside the code, and whether they still show it. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AnyStateMachine } from 'xstate';
import type { ChartDiagram } from './chart-diagram.js';
import { OUR_CHARTS } from './ours.js';
import { isTooLargeForOnePicture, overviewOf, partsOf } from './parts.js';
import { readChart } from './read-chart.js';
import { renderChart } from './render-chart.js';
import { systemAsMermaid, systemAsSvg, systemDiagram } from './system/index.js';

/** Text by file name. */
export type DiagramFiles = ReadonlyMap<string, string>;

export interface Drift {
  /** Files that show what the charts are. */
  readonly current: readonly string[];
  readonly drifted: readonly string[];
  readonly missing: readonly string[];
  /** Diagrams of charts that are gone. */
  readonly leftOver: readonly string[];
}

/** What we write, and so what we may call left over. */
const WRITTEN = /\.(svg|mmd)$|^README\.md$/;

let ours: Promise<DiagramFiles> | undefined;

/**
 * Everything that belongs into `docs/diagrams`: SVG and Mermaid of each chart and of the system, and a page.
 * Laid out once; the charts do not change while a process lives.
 */
export function ourDiagramFiles(): Promise<DiagramFiles> {
  ours ??= makeOurs();
  return ours;
}

async function makeOurs(): Promise<DiagramFiles> {
  const system = systemDiagram();
  const files = await diagramFiles(OUR_CHARTS);
  files.set('system.svg', withBreak(await systemAsSvg(system)));
  files.set('system.mmd', withBreak(systemAsMermaid(system)));
  files.set('README.md', page(Object.values(OUR_CHARTS).map(readChart)));
  return files;
}

/** SVG and Mermaid of machines of anybody's; a large one gets several pictures, `door.svg` and `door.open.svg`. */
export async function diagramFiles(
  machines: Readonly<Record<string, AnyStateMachine>>,
): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const [name, machine] of Object.entries(machines)) {
    const chart = readChart(machine);
    for (const [file, picture] of picturesOf(name, chart)) {
      files.set(file, withBreak(await renderChart(picture, 'svg')));
    }
    files.set(`${name}.mmd`, await renderChart(chart, 'mermaid'));
  }
  return files;
}

/** What is too large for a page is an overview, and a picture of each part. */
function picturesOf(name: string, chart: ChartDiagram): readonly [file: string, picture: ChartDiagram][] {
  if (!isTooLargeForOnePicture(chart)) return [[`${name}.svg`, chart]];
  const parts = partsOf(chart).map((part): [string, ChartDiagram] => [
    `${name}.${part.states[0]!.key}.svg`,
    part,
  ]);
  return [[`${name}.svg`, overviewOf(chart)], ...parts];
}

/** Compares without writing. */
export async function driftOf(files: DiagramFiles, dir: string): Promise<Drift> {
  const there = new Set((await namesIn(dir)).filter((name) => WRITTEN.test(name)));
  const drift = { current: [] as string[], drifted: [] as string[], missing: [] as string[] };
  for (const [name, text] of files) {
    if (!there.has(name)) drift.missing.push(name);
    else if ((await readFile(join(dir, name), 'utf8')).replaceAll('\r\n', '\n') === text)
      drift.current.push(name);
    else drift.drifted.push(name);
  }
  return { ...drift, leftOver: [...there].filter((name) => !files.has(name)).sort() };
}

/** Writes what is not current and removes what is left over; returns what it found before. */
export async function writeDiagrams(files: DiagramFiles, dir: string): Promise<Drift> {
  const drift = await driftOf(files, dir);
  await mkdir(dir, { recursive: true });
  for (const name of [...drift.drifted, ...drift.missing]) await writeFile(join(dir, name), files.get(name)!);
  for (const name of drift.leftOver) await rm(join(dir, name));
  return drift;
}

async function namesIn(dir: string): Promise<readonly string[]> {
  try {
    return await readdir(dir);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

const withBreak = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`);

function page(charts: readonly ChartDiagram[]): string {
  const sections = charts.flatMap((chart) => {
    const { id, states, edges } = chart;
    const [whole, ...parts] = picturesOf(id, chart);
    return [
      `## ${id}`,
      '',
      `${states.length} states, ${edges.length} transitions. Source: [machines/](../../machines/), as text: [${id}.mmd](${id}.mmd).`,
      ...(parts.length === 0
        ? []
        : ['', 'Its phases; what is inside of each is in a picture of its own below.']),
      '',
      `![State chart of ${id}](${whole![0]})`,
      '',
      ...parts.flatMap(([file, part]) => [`### ${part.id}`, '', `![Inside of ${part.id}](${file})`, '']),
    ];
  });
  return [
    '# Diagrams',
    '',
    'Written by `npx bridle diagram --write` from the charts themselves; `npx bridle diagram --check` fails when one of them no longer shows its chart. [How to read and make them](../diagrams.md).',
    '',
    '## The system',
    '',
    'Who starts whom, and who sends what to whom. As text: [system.mmd](system.mmd).',
    '',
    '![The actors of two clusters and their messages](system.svg)',
    '',
    ...sections,
  ].join('\n');
}
