/** The text of one state, set: its head, and below it the transitions that do not leave it. */
import type { DiagramEdge, DiagramState } from '../chart-diagram.js';
import type { PlacedLabel, PlacedText } from '../laid-out-chart.js';
import { movedBy, setText, type TextBlock } from './text-block.js';
import { edgeParagraph, stateParagraphs } from './words.js';

/** Places count from the top left of the state's box. */
export interface StateBox {
  /** Smallest size that holds the text. */
  readonly width: number;
  readonly height: number;
  /** Whether there are states inside, below the text. */
  readonly composite: boolean;
  readonly texts: readonly PlacedText[];
  /** Labels of transitions without a target, by edge id. */
  readonly internal: ReadonlyMap<string, PlacedLabel>;
}

export const PADDING_PX = { x: 10, y: 6 } as const;
const TEXT_LIMIT_PX = 270;
/** Composite states are wide anyway. */
const WIDE_TEXT_LIMIT_PX = 420;
const SMALLEST = { width: 56, height: 30 } as const;
const HISTORY_PX = 28;

export function stateBox(
  state: DiagramState,
  internal: readonly DiagramEdge[],
  hasChildren: boolean,
): StateBox {
  if (state.kind === 'history') return historyBox(state);
  const limitPx = hasChildren ? WIDE_TEXT_LIMIT_PX : TEXT_LIMIT_PX;
  const head = setText(stateParagraphs(state), limitPx);
  const labels = internal.map((edge) => ({ edge, block: setText([edgeParagraph(edge)], limitPx) }));
  const textWidth = Math.max(head.width, ...labels.map(({ block }) => block.width));
  const width = Math.max(SMALLEST.width, textWidth + 2 * PADDING_PX.x);
  const height = PADDING_PX.y * 2 + head.height + labels.reduce((sum, { block }) => sum + block.height, 0);
  const onlyTitle = !hasChildren && labels.length === 0 && head.texts.every(({ role }) => role === 'title');
  const placed = new Map<string, PlacedLabel>();
  let y = PADDING_PX.y + head.height;
  for (const { edge, block } of labels) {
    placed.set(edge.id, labelAt(block, PADDING_PX.x, y));
    y += block.height;
  }
  return {
    width,
    height: Math.max(SMALLEST.height, height),
    composite: hasChildren,
    texts: onlyTitle
      ? movedBy(head.texts, (width - head.width) / 2, (Math.max(SMALLEST.height, height) - head.height) / 2)
      : movedBy(head.texts, PADDING_PX.x, PADDING_PX.y),
    internal: placed,
  };
}

export const labelAt = (block: TextBlock, x: number, y: number): PlacedLabel => ({
  x,
  y,
  width: block.width,
  height: block.height,
  texts: movedBy(block.texts, x, y),
});

export const movedLabel = (label: PlacedLabel, x: number, y: number): PlacedLabel => ({
  ...label,
  x: label.x + x,
  y: label.y + y,
  texts: movedBy(label.texts, x, y),
});

function historyBox(state: DiagramState): StateBox {
  const { texts, width, height } = setText(
    [[{ text: state.history === 'deep' ? 'H*' : 'H', role: 'title' }]],
    HISTORY_PX,
  );
  return {
    width: HISTORY_PX,
    height: HISTORY_PX,
    composite: false,
    texts: movedBy(texts, (HISTORY_PX - width) / 2, (HISTORY_PX - height) / 2),
    internal: new Map(),
  };
}
