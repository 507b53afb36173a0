/**
 * Recordings of stories that the inspector is tested with: simulated, and found by the checker. The same
 * bytes each time.
 */
import { check } from '../../runtime/checker/product/index.js';
import { counterexampleAsRecording } from '../../runtime/checker/product/render/index.js';
import type { HeaderLine, RecordingLine } from '../../runtime/observe/recording/lines.js';
import { writeRecording } from '../../runtime/observe/recording/write.js';
import { VirtualClusters } from '../../runtime/simulation/index.js';
import { OUR_CHARTS } from '../../visualizations/diagrams/ours.js';
import { readChart } from '../../visualizations/diagrams/read-chart.js';
import { upstreamModels } from '../upstream/index.js';

export interface SampleRecording {
  readonly header: HeaderLine;
  readonly lines: readonly RecordingLine[];
}

const ROWS = 12;
/** How long the data path stays blocked. */
const BLOCKED_MS = 6_000;

/**
 * The story of #2146 with our charts: the reply to the creation is lost, and what comes from the follower's
 * replica servers; then the path is healed, a replica dies and comes back, and the duplication ships.
 */
export async function seedFaultRun({ seed = 2146, partitions = 4 } = {}): Promise<SampleRecording> {
  const clusters = await VirtualClusters.start({ seed, replicas: 2 });
  const recording = clusters.record({
    title: 'the answer to a creation is lost, and the way of the data is shut',
  });
  const lines: RecordingLine[] = Object.values(OUR_CHARTS).map((machine) => ({
    ...{ t: 'chart', chart: machine.id },
    diagram: JSON.parse(JSON.stringify(readChart(machine))),
  }));
  recording.lines$.subscribe((line) => lines.push(line));
  await clusters.createTable('riders', partitions);
  for (let row = 0; row < ROWS; row++) await clusters.put('riders', `rider ${row}`, 'name', `name ${row}`);
  clusters.loseNext({ code: 'RPC_CM_CREATE_APP', from: 'west/meta', to: 'east/meta', what: 'reply' });
  const blocked = clusters.lose({ from: 'west/replica-*', to: 'east/*' });
  await clusters.addDuplication('riders');
  await clusters.until('DS_APP', ({ visible }) => visible?.status === 'DS_APP');
  await clusters.advance(BLOCKED_MS);
  blocked.lift();
  clusters.crash('west/replica-1');
  await clusters.advance(400);
  await clusters.restart('west/replica-1');
  await clusters.until('DS_LOG', ({ visible }) => visible?.status === 'DS_LOG');
  clusters.delayNext({ code: 'RPC_RRDB_RRDB_DUPLICATE', what: 'request' }, 700);
  await clusters.put('riders', 'rider 0', 'name', 'late');
  clusters.repeatNext({ code: 'RPC_RRDB_RRDB_DUPLICATE', what: 'request' }, 300);
  await clusters.put('riders', 'rider 1', 'name', 'twice');
  await clusters.advance(2_000);
  recording.stop();
  return { header: recording.header, lines };
}

/** #2146 as the checker finds it in upstream's protocol before its fix. */
export function upstreamCounterexample(): Promise<SampleRecording> {
  return counterexampleOf('before', 'A1 ');
}

/** The longest loop of upstream's after the fix: removed and added again, it stays in DS_PREPARE for ever. */
export function livenessLasso(): Promise<SampleRecording> {
  return counterexampleOf('after', 'N6 ');
}

async function counterexampleOf(version: 'before' | 'after', entry: string): Promise<SampleRecording> {
  const model = upstreamModels(version).find(({ name }) => name.startsWith(entry))!;
  const result = await check(model);
  return counterexampleAsRecording(result, result.verdicts[0]!, { diagramOf: readChart });
}

/** As a file has it. */
export const asText = ({ header, lines }: SampleRecording): string => writeRecording(header, lines);
