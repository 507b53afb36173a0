/** A recording as lines of text, for a terminal, a log or a mail. */
import type { RecordingIndex } from '../recording-index.js';
import { momentsIn, type Selection, timeInWords } from './selection.js';

/**
 * One row for each moment: number, time, process, actor and what happened.
 *
 * @throws ExportError for moments that there are not
 */
export function exportText(index: RecordingIndex, selection: Selection = {}): string {
  const rows = [...momentsIn(index, selection)].map((at) => {
    const { process, actor, summary, at: time } = index.moment(at);
    const name = actor === null ? '' : actor.slice((process?.length ?? -1) + 1);
    const number = String(at);
    return [
      number,
      timeInWords(index, time),
      oneLine(process ?? ''),
      oneLine(name),
      oneLine(summary),
    ] as const;
  });
  const widths = [0, 1, 2, 3].map((column) =>
    rows.reduce((widest, row) => Math.max(widest, row[column as 0]?.length ?? 0), 0),
  );
  const lines = rows.map(([number, time, process, actor, summary]) =>
    [
      number.padStart(widths[0] ?? 0),
      time.padStart(widths[1] ?? 0),
      process.padEnd(widths[2] ?? 0),
      actor.padEnd(widths[3] ?? 0),
      summary,
    ].join('  '),
  );
  const verdicts = index.verdicts.map(({ property, verdict, why }) => `${property}: ${verdict}. ${why}`);
  const head = [`${index.header.title} · ${index.header.source} · ${index.header.madeBy}`, ...verdicts];
  return `${[...head.map(oneLine), '', ...lines].join('\n')}\n`;
}

/** Also without what a terminal would take for commands: a recording can come from anybody. */
function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}\p{Bidi_Control}]+/gu, ' ');
}
