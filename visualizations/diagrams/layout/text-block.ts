/** Pieces of text set in lines of limited width. */
import type { PlacedText } from '../laid-out-chart.js';
import { ASCENT_PX, LINE_HEIGHT_PX } from './text-style.js';
import { textWidth } from './text-width.js';

export interface Piece {
  readonly text: string;
  readonly role: PlacedText['role'];
}

/** What goes on together: a new line begins with each paragraph, and its further lines are set in. */
export type Paragraph = readonly Piece[];

/** Set text; places count from its top left. */
export interface TextBlock {
  readonly width: number;
  readonly height: number;
  readonly texts: readonly PlacedText[];
}

const SET_IN_PX = 10;

/**
 * @example
 * setText([[{ text: 'LOOK', role: 'event' }, { text: '[absent]', role: 'guard' }]], 200).height // 15
 */
export function setText(
  paragraphs: readonly Paragraph[],
  limitPx: number,
  padding = { x: 0, y: 0 },
): TextBlock {
  const texts: PlacedText[] = [];
  let line = 0;
  for (const paragraph of paragraphs) {
    let x = 0;
    for (const { text, role } of wordsOf(paragraph)) {
      const space = x === 0 ? 0 : textWidth(' ', role);
      const width = textWidth(text, role);
      if (x > SET_IN_PX && x + space + width > limitPx) {
        line += 1;
        texts.push(placed(text, role, SET_IN_PX, line, width));
        x = SET_IN_PX + width;
        continue;
      }
      const before = texts.at(-1);
      if (x > 0 && before?.role === role) {
        const joined = `${before.text} ${text}`;
        texts[texts.length - 1] = placed(joined, role, before.x, line, textWidth(joined, role));
      } else {
        texts.push(placed(text, role, x + space, line, width));
      }
      x += space + width;
    }
    line += 1;
  }
  const width = Math.max(0, ...texts.map((text) => text.x + text.width));
  return {
    width: Math.ceil(width) + 2 * padding.x,
    height: line * LINE_HEIGHT_PX + 2 * padding.y,
    texts: movedBy(texts, padding.x, padding.y),
  };
}

export function movedBy<Text extends PlacedText>(texts: readonly Text[], x: number, y: number): Text[] {
  return texts.map((text) => ({ ...text, x: text.x + x, y: text.y + y }));
}

/** Closing brackets stay with what they close, a value with its name, a slash or an arrow with what it leads to. */
const BREAKS = /(?<![:{[(/→])\s+(?![)}\]])/;

const wordsOf = (paragraph: Paragraph): Piece[] =>
  paragraph.flatMap(({ text, role }) =>
    text
      .trim()
      .split(BREAKS)
      .map((word) => ({ text: word, role })),
  );

const placed = (
  text: string,
  role: PlacedText['role'],
  x: number,
  line: number,
  width: number,
): PlacedText => ({ text, role, x, y: line * LINE_HEIGHT_PX + ASCENT_PX, width });
