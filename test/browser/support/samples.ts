/**
 * Recordings that several files open in a browser, and the pages that show them offline: made once, before
 * the first test, in a directory that goes with the last. Their paths are injected as `samples`.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import type { RecordingLine } from '../../../runtime/observe/recording/lines.js';
import { VirtualClusters } from '../../../runtime/simulation/index.js';
import type { ChartDiagram } from '../../../visualizations/diagrams/chart-diagram.js';
import type { LaidOutChart } from '../../../visualizations/diagrams/laid-out-chart.js';
import { layOut } from '../../../visualizations/diagrams/layout/index.js';
import { OUR_CHARTS } from '../../../visualizations/diagrams/ours.js';
import { readChart } from '../../../visualizations/diagrams/read-chart.js';
import { writeOfflinePage } from '../../../visualizations/inspector/offline.js';
import { syntheticRecording } from '../../support/recordings.js';
import {
  asText,
  livenessLasso,
  type SampleRecording,
  seedFaultRun,
  upstreamCounterexample,
} from '../../support/sample-recordings.js';

export const SAMPLES = [
  'story',
  'counterexample',
  'lasso',
  'calm',
  'oneLost',
  'long',
  'huge',
  'crowd',
] as const;
export type SampleName = (typeof SAMPLES)[number];

/** Paths. */
export interface Sample {
  readonly jsonl: string;
  readonly html: string;
}
export type Samples = Readonly<Record<SampleName, Sample>>;

declare module 'vitest' {
  export interface ProvidedContext {
    samples: Samples;
    /** Where screenshots go; it stays. */
    pictures: string;
  }
}

export const LONG_MOMENTS = 10_000;
export const HUGE_MOMENTS = 100_000;
/** Partitions of the table in `crowd`. */
export const CROWD_PARTITIONS = 512;

const MAKERS: Readonly<Record<SampleName, () => SampleRecording | Promise<SampleRecording>>> = {
  // #2146 as our charts live through it.
  story: () => seedFaultRun(),
  // #2146 as the checker finds it in upstream's protocol.
  counterexample: upstreamCounterexample,
  lasso: livenessLasso,
  // The same run twice, but for the one message.
  calm: () => shortRun('nothing is lost', false),
  oneLost: () => shortRun('the reply to the creation is lost', true),
  long: () => syntheticRecording({ moments: LONG_MOMENTS, seed: 7, partitions: 8 }),
  huge: () => syntheticRecording({ moments: HUGE_MOMENTS, seed: 11, partitions: 8 }),
  crowd: () => syntheticRecording({ moments: 6_000, seed: 3, partitions: CROWD_PARTITIONS, replicas: 3 }),
};

export default async function makeSamples(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'bridle-browser-'));
  const pictures = process.env.BRIDLE_PICTURES ?? (await mkdtemp(join(tmpdir(), 'bridle-pictures-')));
  await mkdir(pictures, { recursive: true });
  const drawn = new Map<string, Promise<LaidOutChart>>();
  const samples: Partial<Record<SampleName, Sample>> = {};
  for (const name of SAMPLES) {
    const recording = await MAKERS[name]();
    const sample = { jsonl: join(directory, `${name}.jsonl`), html: join(directory, `${name}.html`) };
    const charts = await Promise.all(diagramsOf(recording.lines).map((diagram) => drawOnce(drawn, diagram)));
    await writeFile(sample.jsonl, asText(recording));
    await writeFile(sample.html, writeOfflinePage({ ...recording, charts }));
    samples[name] = sample;
  }
  project.provide('samples', samples as Samples);
  project.provide('pictures', pictures);
  console.log(`pictures of what the tests saw: ${pictures}`);
  return () => rm(directory, { recursive: true, force: true });
}

async function shortRun(title: string, loses: boolean): Promise<SampleRecording> {
  const clusters = await VirtualClusters.start({ seed: 11, replicas: 1 });
  const recording = clusters.record({ title });
  const lines: RecordingLine[] = Object.values(OUR_CHARTS).map((machine) => ({
    t: 'chart',
    chart: machine.id,
    diagram: JSON.parse(JSON.stringify(readChart(machine))),
  }));
  recording.lines$.subscribe((line) => lines.push(line));
  await clusters.createTable('riders', 2);
  if (loses) {
    clusters.loseNext({ code: 'RPC_CM_CREATE_APP', from: 'west/meta', to: 'east/meta', what: 'reply' });
  }
  await clusters.addDuplication('riders');
  await clusters.until('DS_LOG', ({ visible }) => visible?.status === 'DS_LOG');
  recording.stop();
  return { header: recording.header, lines };
}

function diagramsOf(lines: readonly RecordingLine[]): ChartDiagram[] {
  return lines.flatMap((line) => (line.t === 'chart' ? [line.diagram as unknown as ChartDiagram] : []));
}

/** The same charts occur in most recordings, and a layout takes seconds. */
function drawOnce(drawn: Map<string, Promise<LaidOutChart>>, diagram: ChartDiagram): Promise<LaidOutChart> {
  const text = JSON.stringify(diagram);
  const chart = drawn.get(text) ?? layOut(diagram);
  drawn.set(text, chart);
  return chart;
}
