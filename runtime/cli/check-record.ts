/** `bridle check --record`: counterexamples as recordings, which `bridle inspect` shows. */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { CheckResult, Verdict } from '../checker/product/index.js';
import {
  type CounterexampleRecordingOptions,
  counterexampleAsRecording,
} from '../checker/product/render/index.js';
import { BridleError } from '../client/index.js';
import { writeRecording } from '../observe/recording/write.js';

export interface RecordedFile {
  readonly model: string;
  readonly property: string;
  readonly file: string;
}

export interface Recorded {
  readonly files: readonly RecordedFile[];
  /** For people: what was not written, and why. */
  readonly notes: readonly string[];
}

interface Found {
  readonly result: CheckResult;
  readonly verdict: Verdict;
}

/**
 * Writes the first counterexample; all of them, each into a file of its own, if the place is a directory or
 * ends with a slash.
 *
 * @throws BridleError ERR_FILE_OPERATION_FAILED
 */
export async function recordCounterexamples(
  place: string,
  results: readonly CheckResult[],
): Promise<Recorded> {
  const found = results.flatMap((result) =>
    result.verdicts.flatMap((verdict) => (verdict.counterexample === null ? [] : [{ result, verdict }])),
  );
  const [first, ...others] = found;
  if (first === undefined) {
    return { files: [], notes: [`nothing was found that violates: no recording at ${place}`] };
  }
  const all = await isDirectory(place);
  const notes = new Set<string>();
  const files: RecordedFile[] = [];
  const names = new Set<string>();
  for (const each of all ? found : [first]) {
    const { model } = each.result;
    const { property } = each.verdict;
    const file = all ? join(place, unlike(names, fileName(model, property))) : place;
    await write(file, await recordingOf(each, (note) => notes.add(note)));
    files.push({ model, property, file });
  }
  if (!all && others.length > 0) {
    const rest =
      others.length === 1 ? '1 further counterexample' : `${others.length} further counterexamples`;
    notes.add(`${rest} not recorded: with --record DIR/ every one is`);
  }
  return { files, notes: [...notes] };
}

const MODEL_CHARACTERS = 100;

/** @example fileName('A1 stuck in DS_PREPARE', 'PrepareLeadsToLog') // 'a1-stuck-in-ds_prepare-prepareleadstolog' */
function fileName(model: string, property: string): string {
  return `${plain(model).slice(0, MODEL_CHARACTERS)}-${plain(property)}`;
}

const plain = (words: string): string =>
  words
    .toLowerCase()
    .replaceAll(/[^\w]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');

/** Long names that are alike in the beginning must not become one file. */
function unlike(names: Set<string>, name: string): string {
  let file = `${name}.jsonl`;
  for (let number = 2; names.has(file); number++) file = `${name}-${number}.jsonl`;
  names.add(file);
  return file;
}

async function recordingOf({ result, verdict }: Found, note: (text: string) => void): Promise<string> {
  const { readChart, DiagramError } = await import('../../visualizations/diagrams/index.js');
  const diagramOf: CounterexampleRecordingOptions['diagramOf'] = (machine) => {
    try {
      return readChart(machine);
    } catch (error) {
      if (!(error instanceof DiagramError)) throw error;
      note(`recorded without a picture of chart ${machine.id}: ${error.message}`);
      return undefined;
    }
  };
  const { header, lines } = counterexampleAsRecording(result, verdict, { diagramOf });
  return writeRecording(header, lines);
}

async function isDirectory(place: string): Promise<boolean> {
  if (/[\\/]$/.test(place)) return true;
  return (await stat(place).catch(() => null))?.isDirectory() ?? false;
}

async function write(file: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(resolve(file)), { recursive: true });
    await writeFile(file, text);
  } catch (error) {
    const hint = `${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`;
    const next = 'bridle check --record ANOTHER_FILE';
    throw BridleError.of('ERR_FILE_OPERATION_FAILED', { operation: 'check', hint, next });
  }
}
