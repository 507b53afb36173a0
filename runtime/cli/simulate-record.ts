/** Failures of the simulation as recordings, which `bridle inspect` shows. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BridleError } from '../client/index.js';
import type { RecordingLine } from '../observe/recording/lines.js';
import { writeRecording } from '../observe/recording/write.js';
import { eventInWords, replay, type Simulated } from '../simulation/chaos/index.js';
import type { SimulationRecording } from '../simulation/index.js';

/** Of virtual time before the violation: what led to it, in a file that a browser can show. */
const BEFORE_MS = 30 * 60_000;
const KEEP_LINES = 200_000;

/**
 * Runs the shortest known way to a violation again and writes what happened before it.
 *
 * @returns the file
 * @throws BridleError ERR_FILE_OPERATION_FAILED
 */
export async function recordRun(directory: string, run: Simulated): Promise<string | null> {
  const { seed, hours, faultList, violation, minimised, planned } = run;
  if (violation === null) return null;
  const events = minimised?.events ?? planned;
  const only = events.map(({ id }) => id);
  let recording: SimulationRecording | null = null;
  const lines: RecordingLine[] = [];
  await replay({ seed, hours, faults: faultList, only }, (clusters) => {
    const { schedule } = clusters.world;
    const begin = () => {
      recording = clusters.record({ title: `seed ${seed}: ${violation.property}`, keepLines: 1 });
      recording.note(`${violation.property}: ${violation.seen}`, 'error');
      for (const event of events) recording.note(`trouble ${event.id}: ${eventInWords(event)}`);
      recording.lines$.subscribe((line) => {
        if (lines.length < KEEP_LINES) lines.push(line);
      });
    };
    const task = { kind: 'timer', server: 'chaos', label: 'recording begins', run: begin } as const;
    schedule.add(task, Math.max(0, violation.atMs - BEFORE_MS - schedule.nowMs));
  });
  const recorded = recording as SimulationRecording | null;
  if (recorded === null) return null;
  recorded.stop();
  const { ourChartLines } = await import('../../visualizations/diagrams/our-chart-lines.js');
  const file = join(directory, `seed-${seed}-${violation.property.toLowerCase()}.jsonl`);
  try {
    await mkdir(directory, { recursive: true });
    await writeFile(file, writeRecording(recorded.header, [...ourChartLines(), ...lines]));
  } catch (error) {
    const hint = `${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`;
    throw BridleError.of('ERR_FILE_OPERATION_FAILED', { operation: 'simulate', hint });
  }
  return file;
}

/**
 * The same, but what was found is told also where its recording cannot be written: that can be made again.
 *
 * @param tell why there is no recording
 */
export async function recordIfPossible(
  directory: string,
  run: Simulated,
  tell: (text: string) => void,
): Promise<string | null> {
  try {
    return await recordRun(directory, run);
  } catch (error) {
    const { hint, message } = BridleError.from(error);
    tell(`seed ${run.seed} is not recorded: ${hint ?? message}`);
    return null;
  }
}
