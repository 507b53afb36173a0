/** Inputs that once broke something, or that a run should begin with: one file for each target. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** One line of `test/fixtures/fuzz/<target>.jsonl`. */
export interface CorpusEntry {
  /** What it broke, or what is odd about it. */
  readonly why: string;
  readonly base64: string;
}

const fileOf = (target: string): URL => new URL(`../fixtures/fuzz/${target}.jsonl`, import.meta.url);

export function readCorpus(target: string): CorpusEntry[] {
  const file = fileOf(target);
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as CorpusEntry);
}

/** Adds an entry unless it is there; returns whether it was added. */
export function keepInCorpus(target: string, entry: CorpusEntry): boolean {
  const known = readCorpus(target);
  if (known.some(({ base64 }) => base64 === entry.base64)) return false;
  const lines = [...known, entry].map((line) => JSON.stringify(line));
  writeFileSync(fileOf(target), `${lines.join('\n')}\n`);
  return true;
}
