/** Columns and paragraphs that fit a terminal. */

/** How much room there is, and whether colours may be used. Without colours nothing else changes. */
export interface Look {
  /** Columns; at least 80 are used. */
  readonly width: number;
  readonly colour: boolean;
}

export type Tone = 'good' | 'bad' | 'unsure' | 'strong' | 'quiet';
export type Cell = string | { readonly text: string; readonly tone: Tone };

export const PLAIN: Look = { width: 100, colour: false };
const MIN_WIDTH = 80;
/** A column is not made narrower for the sake of another. */
const MIN_COLUMN = 12;
const GAP = '  ';
const CODES: Readonly<Record<Tone, number>> = { good: 32, bad: 31, unsure: 33, strong: 1, quiet: 2 };

export function paint(text: string, tone: Tone, { colour }: Look): string {
  return colour && text !== '' ? `\u001b[${CODES[tone]}m${text}\u001b[0m` : text;
}

/**
 * Lines of at most `width` characters, broken between words, or within one that is longer. A line break
 * in the text stays.
 *
 * @example wrap('a table is dropped', 8) // ['a table', 'is', 'dropped']
 */
export function wrap(text: string, width: number): string[] {
  return visible(text)
    .split('\n')
    .flatMap((paragraph) => {
      const lines: string[] = [];
      let line = '';
      for (const word of paragraph.split(' ')) {
        const longer = line === '' ? word : `${line} ${word}`;
        if (longer.length <= width) {
          line = longer;
          continue;
        }
        if (line !== '') lines.push(line);
        let rest = word;
        for (; rest.length > width; rest = rest.slice(width)) lines.push(rest.slice(0, width));
        line = rest;
      }
      return [...lines, line];
    });
}

/** Texts come from models of anybody: other control characters than a line break must not reach a terminal. */
export function visible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]+/g, ' ');
}

/** Columns that line up; where they are too wide together, the widest are wrapped. */
export function table(header: readonly string[], rows: readonly (readonly Cell[])[], look: Look): string {
  const titles: readonly Cell[] = header.map((text) => ({ text, tone: 'strong' }));
  const all = [titles, ...rows];
  const widths = shrink(
    header.map((_, at) => Math.max(...all.map((row) => longestLine(textOf(row[at] ?? ''))))),
    Math.max(look.width, MIN_WIDTH) - GAP.length * (header.length - 1),
  );
  return all.map((row) => tableRow(row, widths, look)).join('\n');
}

function tableRow(row: readonly Cell[], widths: readonly number[], look: Look): string {
  const cells = row.map((cell, at) => wrap(textOf(cell), widths[at]!));
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) => {
    const texts = cells.map((lines) => lines[line] ?? '');
    const last = texts.findLastIndex((text) => text !== '');
    return texts
      .slice(0, last + 1)
      .map((text, at) => {
        const cell = row[at]!;
        const painted = typeof cell === 'string' ? text : paint(text, cell.tone, look);
        return at === last ? painted : painted + ' '.repeat(widths[at]! - text.length);
      })
      .join(GAP);
  }).join('\n');
}

/** Takes from the widest columns until all fit, or none can be made narrower. */
function shrink(natural: readonly number[], room: number): number[] {
  const sum = (widths: readonly number[]): number => widths.reduce((total, width) => total + width, 0);
  const capped = (cap: number): number[] => natural.map((width) => Math.min(width, cap));
  let cap = Math.max(...natural);
  while (cap > MIN_COLUMN && sum(capped(cap)) > room) cap--;
  const widths = capped(cap);
  // The narrowed columns share what is left over.
  let left = room - sum(widths);
  for (let at = 0; at < widths.length && left > 0; at++) {
    if (widths[at]! < natural[at]!) {
      widths[at]!++;
      left--;
    }
  }
  return widths;
}

/** Facts with their labels lined up, values wrapped. */
export function facts(rows: readonly (readonly [label: string, value: string])[], look: Look): string {
  const labels = Math.max(...rows.map(([label]) => label.length));
  const room = Math.max(look.width, MIN_WIDTH) - labels - GAP.length;
  return rows
    .flatMap(([label, value]) =>
      wrap(value, room).map((line, at) => `${(at === 0 ? label : '').padEnd(labels)}${GAP}${line}`.trimEnd()),
    )
    .join('\n');
}

const textOf = (cell: Cell): string => (typeof cell === 'string' ? cell : cell.text);
const longestLine = (text: string): number =>
  text.split('\n').reduce((longest, line) => Math.max(longest, line.length), 0);
