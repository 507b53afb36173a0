/** Lines as a recording has them. */
import type { HeaderLine, RecordingLine } from './lines.js';

/** One line with its line break. @example writeLine({ t: 'lost', at: 12, id: 'a#1', why: 'cut' }) */
export function writeLine(line: HeaderLine | RecordingLine): string {
  return `${JSON.stringify(line)}\n`;
}

/** A whole recording. */
export function writeRecording(header: HeaderLine, lines: readonly RecordingLine[]): string {
  return [header, ...lines].map(writeLine).join('');
}
