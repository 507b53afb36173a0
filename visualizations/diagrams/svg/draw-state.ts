/** Boxes of states with their text, and the dots where composite states begin. */
import type { DiagramState } from '../chart-diagram.js';
import type { Box, PlacedState } from '../laid-out-chart.js';
import { roundedPath } from './lines.js';
import type { Paint } from './paint.js';
import { drawLine, drawText, plate, tally } from './shapes.js';
import { stateTooltip } from './tooltip.js';
import { element } from './xml.js';

const RADIUS_PX = 8;
const INSET_PX = 3;

export interface StateContext {
  /** How deep it lies; the machine itself is 0. */
  readonly depth: number;
  readonly composite: boolean;
  readonly region: boolean;
}

export function drawState(
  state: DiagramState,
  place: PlacedState,
  { depth, composite, region }: StateContext,
  paint: Paint,
): string {
  const shade = composite ? ` composite${depth % 2 === 0 ? ' nested' : ''}` : '';
  const shape =
    state.kind === 'history' ? circle(place) : rectangle(place, `${shade}${region ? ' region' : ''}`);
  const count = paint.count === null ? [] : [tally({ x: place.x + place.width, y: place.y }, paint.count)];
  return element(
    'g',
    { class: `state ${state.kind}${paint.classes}`, 'data-id': state.id },
    element('title', {}, stateTooltip(state)),
    shape,
    ...(state.kind === 'final' ? [innerBorder(place)] : []),
    ...(place.headBottom === null ? [] : [rule(place, place.headBottom)]),
    ...(composite ? [] : place.texts.map((text) => drawText(text))),
    ...count,
    ...(place.initial === null ? [] : [drawInitial(place.initial)]),
    ...place.defaults.map((path) => element('g', { class: 'initial' }, drawLine(path))),
  );
}

const rectangle = ({ x, y, width, height }: Box, classes: string): string =>
  element('rect', { class: `box${classes}`, x, y, width, height, rx: RADIUS_PX });

const circle = ({ x, y, width, height }: Box): string =>
  element('circle', { class: 'box', cx: x + width / 2, cy: y + height / 2, r: Math.min(width, height) / 2 });

const innerBorder = ({ x, y, width, height }: Box): string =>
  element('rect', {
    class: 'inner',
    x: x + INSET_PX,
    y: y + INSET_PX,
    width: width - 2 * INSET_PX,
    height: height - 2 * INSET_PX,
    rx: RADIUS_PX - INSET_PX,
  });

/** Between a composite state's own text and what is inside. */
const rule = ({ x, width }: Box, y: number): string =>
  element('path', {
    class: 'rule',
    d: roundedPath(
      [
        { x, y },
        { x: x + width, y },
      ],
      false,
    ),
  });

function drawInitial({ dot, path, label }: NonNullable<PlacedState['initial']>): string {
  return element(
    'g',
    { class: 'initial' },
    element('circle', { class: 'dot', cx: dot.x, cy: dot.y, r: 5 }),
    drawLine(path),
    ...(label === null ? [] : [plate(label), ...label.texts.map((text) => drawText(text))]),
  );
}

/** Above the lines, which may pass behind it. */
export const drawHead = ({ id }: DiagramState, place: PlacedState): string =>
  element('g', { class: 'state head', 'data-id': id }, ...place.texts.map((text) => drawText(text, ' halo')));
